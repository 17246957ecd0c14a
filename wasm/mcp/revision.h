// The revisions of MCP that this server speaks, oldest first, so that "since 2025-06-18" is a comparison.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace mcp {

enum class Revision { v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28 };

inline constexpr std::array<std::string_view, 5> kRevisionNames = {"2024-11-05", "2025-03-26", "2025-06-18",
                                                                   "2025-11-25", "2026-07-28"};
/// What `initialize` is answered with where the client asks for anything else (2025-11-25, basic/lifecycle,
/// "Version Negotiation").
inline constexpr Revision kNewestLegacy = Revision::v2025_11_25;
inline constexpr Revision kModern = Revision::v2026_07_28;

constexpr std::string_view name(Revision revision) {
  return kRevisionNames[static_cast<size_t>(revision)];
}

/// A revision of the era with `initialize` and sessions; nothing for any other text.
constexpr std::optional<Revision> legacy_revision(std::string_view text) {
  for (size_t i = 0; i <= static_cast<size_t>(kNewestLegacy); ++i) {
    if (kRevisionNames[i] == text) return static_cast<Revision>(i);
  }
  return std::nullopt;
}

/// True for the first modern revision and whatever sorts after it: revisions are dates, so a text that is
/// later belongs to a future (or to nobody), and never to the legacy era.
constexpr bool names_modern(std::string_view text) {
  return text >= name(kModern);
}

}  // namespace mcp
