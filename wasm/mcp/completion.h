// Values for what a person is typing (MCP 2026-07-28, server/utilities/completion).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "mcp/call.h"

namespace mcp {

struct CompletionQuestion {
  std::string_view argument;  // the name of a prompt's argument or of a template's variable
  std::string_view value;     // what is typed so far
  /// The value of another argument that is filled already; empty where there is none.
  std::string_view other(std::string_view name) const;
  std::optional<core::JsonView> context;
  const Caller& caller;
  core::Context& step;
};

/// The most values of one completion (server/utilities/completion, "Completion Results").
inline constexpr size_t kMaxCompletions = 100;

/// What fits, the best first. More than `kMaxCompletions` say that there is more; the rest is left out.
using Completer = std::vector<std::string> (*)(const CompletionQuestion&);

/// Those of `words` that begin with `start`, without regard to ASCII case.
std::vector<std::string> words_with_prefix(std::span<const std::string_view> words, std::string_view start);

}  // namespace mcp
