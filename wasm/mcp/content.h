// Content blocks of tool results and prompts, and the contents of resources (MCP 2026-07-28, server/tools,
// "Tool Result"; server/prompts, "Data Types"; server/resources, "Data Types").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/time.h"
#include "mcp/revision.h"

namespace mcp {

/// An icon for people's eyes (`Icon`; since 2025-11-25).
struct Icon {
  std::string_view src;  // https: or data: URI
  std::string_view mime_type = {};
  std::string_view sizes = {};  // "48x48", or "any" for a drawing
};

/// Whom a piece of content is for and how much it matters (`Annotations`).
struct ContentHints {
  enum class Audience { unsaid, user, assistant, both };
  Audience audience = Audience::unsaid;
  /// 0 (optional) to 1 (required).
  std::optional<double> priority = {};
  std::optional<core::Instant> last_modified = {};
};

/// What a resource holds: text, or bytes in base64 (RFC 4648 section 4).
struct ResourceContents {
  std::string uri;
  std::string mime_type = {};
  std::string text = {};
  std::string base64 = {};  // instead of text
};

/// One block. A revision that has no such block gets text that says the same; in a tool's result nothing
/// where there is no such text.
struct Content {
  std::string json;
  Revision since = Revision::v2024_11_05;
  std::string instead = {};

  static Content text(std::string_view text, const ContentHints& hints = {});
  /// `base64`: RFC 4648 section 4.
  static Content image(std::string_view base64, std::string_view mime_type, const ContentHints& hints = {});
  static Content audio(std::string_view base64, std::string_view mime_type, const ContentHints& hints = {});
  static Content resource(const ResourceContents& contents, const ContentHints& hints = {});
  static Content resource_link(std::string_view uri, std::string_view name, std::string_view mime_type,
                               const ContentHints& hints = {});
};

/// The block as a revision knows it.
std::string content_json(const Content& content, Revision revision);
std::string contents_json(const ResourceContents& contents);
/// `,"annotations":{...}`; empty where nothing is said.
std::string hints_member(const ContentHints& hints);
/// `,"icons":[...]`; empty where there are none or the revision has none.
std::string icons_member(const std::vector<Icon>& icons, Revision revision);

}  // namespace mcp
