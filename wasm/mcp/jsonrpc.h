// JSON-RPC 2.0 messages as MCP uses them: what came in as values, what goes out as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/json.h"

namespace mcp {

/// JSON-RPC 2.0 section 5.1, and what MCP 2026-07-28 (basic/index, "Error Codes") adds to it.
enum class ErrorCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  /// Legacy only (2025-11-25, server/resources, "Error Handling"; client/elicitation, "URL Elicitation
  /// Required Error").
  resource_not_found = -32002,
  url_elicitation_required = -32042,
  header_mismatch = -32020,
  missing_client_capability = -32021,
  unsupported_protocol_version = -32022,
  /// Our own, outside of the range that JSON-RPC and MCP keep for themselves. Not allowed: where a scope is
  /// missing, clients act on the 403 and its challenge.
  forbidden = 403,
};

struct Error {
  ErrorCode code;
  std::string message;
  /// JSON text; empty where there is none.
  std::string data;
};

/// The id of a request, written anew: a JSON string or an integer.
struct RequestId {
  std::string json;
};

struct Message {
  enum class Kind { request, notification, response };
  Kind kind = Kind::request;
  /// Requests always have one, responses nearly always, notifications never.
  std::optional<RequestId> id;
  /// Empty for responses.
  std::string_view method;
  /// An object where it is there.
  std::optional<core::JsonView> params;
  /// Of a response: the object that came, unless it is an error.
  std::optional<core::JsonView> result;
};

/// Why a JSON value is no message, with its id where that could be read.
struct NoMessage {
  std::string reason;
  std::optional<RequestId> id;
};

/// Reads one message. Strings and `params` are views into the gate's memory. MCP narrows JSON-RPC: an id is a
/// string or an integer and never null, and `params` is an object (MCP 2025-11-25 and 2026-07-28,
/// basic/index, "Messages"). Members that JSON-RPC does not know are passed over.
std::variant<Message, NoMessage> read_message(core::JsonView value);

/// A member of the message's params; nothing where there are no params or no such member.
std::optional<core::JsonView> parameter(const Message& message, std::string_view name);

/// The response with a result. `result` is the text of a JSON object.
std::string result_text(const RequestId& id, std::string_view result);
/// A notification; `params` is the text of a JSON object.
std::string notification_text(std::string_view method, std::string_view params);
/// A request of this server; `id` is a JSON string.
std::string request_text(std::string_view id, std::string_view method, std::string_view params);
/// The response with an error. Without an id the member is left out: `id: null` is not valid in MCP.
std::string error_text(const std::optional<RequestId>& id, const Error& error);

}  // namespace mcp
