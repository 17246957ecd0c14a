// What a tool is to the protocol: a name, its schemas, and code that answers one call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/call.h"
#include "mcp/content.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// The result of a call (MCP 2025-11-25 and 2026-07-28, server/tools, "Tool Result").
struct ToolResult {
  enum class Kind { success, error };
  Kind kind = Kind::success;
  std::vector<Content> content;
  /// `structuredContent` as JSON text; empty where there is none (always for errors).
  std::string structured = {};

  /// A success whose text is the JSON itself, as clients without structured content expect it.
  static ToolResult json(std::string text) { return {Kind::success, {Content::text(text)}, text}; }
  static ToolResult text(std::string_view text) { return {Kind::success, {Content::text(text)}}; }
  /// A failure that the agent can read and act on (`isError`).
  static ToolResult error(std::string_view text) { return {Kind::error, {Content::text(text)}}; }
};

/// What a run gives. `Error` is for what is wrong with the protocol, not with the call: the model never sees
/// it.
using ToolOutcome = std::variant<ToolResult, Waiting, UrlRequired, Error>;

/// What to return where a charge does not let the call go on (`Call::charge`).
ToolOutcome stopped(Obstacle obstacle);

/// Hints for clients (MCP server/tools, "annotations"). Not a security boundary.
struct Annotations {
  enum class Effect { read_only, additive, destructive };
  enum class Repeat { idempotent, not_idempotent };
  enum class World { closed, open };
  Effect effect = Effect::destructive;
  Repeat repeat = Repeat::not_idempotent;
  /// Open: it deals with things that this server does not own, such as the web.
  World world = World::closed;
};

/// Things that exist under DEMO_MODE only.
enum class Availability { always, demo };

/// May the audit trail keep the arguments of a call, for its human to read? Of private ones it has a digest.
enum class Privacy { shown, hidden };

struct Tool {
  std::string_view name;         // 1 to 128 of [A-Za-z0-9_.-]
  std::string_view title;        // for people
  std::string_view description;  // for models
  std::string_view scope;        // the OAuth scope that a caller needs
  /// JSON Schema 2020-12, an object schema, as JSON text: what a call must follow, checked before `run`. A
  /// property with `x-mcp-header` is repeated by clients in a header (2026-07-28, basic/transports).
  std::string input_schema;
  std::string output_schema = {};  // the same for `structuredContent`; empty where there is none
  Annotations annotations = {};
  std::vector<Icon> icons = {};
  TaskSupport tasks = TaskSupport::none;
  Availability availability = Availability::always;
  Privacy privacy = Privacy::shown;
  ToolOutcome (*run)(Call&);
};

}  // namespace mcp
