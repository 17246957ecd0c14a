// What a tool is to the protocol: a name, its schemas, and code that answers one call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/json.h"
#include "core/step.h"

namespace mcp {

/// Whose deputy calls: established by the authorization layer before the protocol sees the request.
struct Caller {
  /// The grant behind the token; sessions belong to it.
  std::string grant_id;
  /// The human's id at the identity provider, their e-mail address and display name (either may be empty).
  std::string subject;
  std::string email;
  std::string name;
  /// Permissions that the identity provider vouched for, as long as they may still be relied on.
  std::vector<std::string> permissions;
  /// The OAuth client that acts.
  std::string client_id;
  std::string client_name;
};

/// The result of a call (MCP 2025-11-25 and 2026-07-28, server/tools, "Tool Result").
struct ToolResult {
  enum class Kind { success, error };
  Kind kind = Kind::success;
  /// Text content, for the model.
  std::string text;
  /// `structuredContent` as JSON text; empty where there is none (always for errors).
  std::string structured;

  /// A success whose text is the JSON itself, as clients without structured content expect it.
  static ToolResult json(std::string text) { return {Kind::success, text, text}; }
  /// A failure that the agent can read and act on (`isError`).
  static ToolResult error(std::string text) { return {Kind::error, std::move(text), {}}; }
};

struct ToolCall {
  core::JsonView arguments;  // always an object
  const Caller& caller;
  const core::Config& config;
  core::Context& step;
  core::Storage& storage() const { return *step.storage; }
};

/// Hints for clients (MCP server/tools, "annotations"). Not a security boundary.
struct Annotations {
  enum class Effect { read_only, additive, destructive };
  enum class Repeat { idempotent, not_idempotent };
  Effect effect = Effect::destructive;
  Repeat repeat = Repeat::not_idempotent;
};

struct Tool {
  std::string_view name;         // 1 to 128 of [A-Za-z0-9_.-]
  std::string_view title;        // for people
  std::string_view description;  // for models
  std::string_view scope;        // the OAuth scope that a caller needs
  std::string input_schema;      // JSON Schema 2020-12, an object schema, as JSON text
  std::string output_schema;     // the same for `structuredContent`; empty where there is none
  Annotations annotations;
  /// Tools that exist under DEMO_MODE only.
  enum class Availability { always, demo } availability = Availability::always;
  ToolResult (*run)(const ToolCall&);
};

/// The authorization layer's word on one call.
struct Permission {
  enum class Kind {
    allowed,
    refused,        // a tool result with isError and `message`
    scope_missing,  // 403 with `challenge` as the WWW-Authenticate value (RFC 6750 section 3.1)
  };
  Kind kind = Kind::allowed;
  std::string message;
  std::string challenge;
};

class Gate {
 public:
  virtual ~Gate() = default;
  virtual Permission permit(const Tool& tool, const Caller& caller, core::Context& step) = 0;
};

}  // namespace mcp
