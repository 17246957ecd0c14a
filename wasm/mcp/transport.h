// The HTTP side of Streamable HTTP: media types, header values, and the responses that both eras share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// What a client takes as the body of an answer.
struct AcceptedForms {
  bool json = true;
  bool event_stream = false;
  bool none() const { return !json && !event_stream; }
};
/// A request without Accept takes anything (RFC 9110 section 12.5.1), but nobody gets a stream who has not
/// asked for one.
AcceptedForms accepted_forms(const core::Headers& headers);

/// True where Content-Type is application/json, with or without parameters.
bool has_json_content(const core::Headers& headers);

/// What a header value stands for: `=?base64?...?=` wraps UTF-8 (MCP 2026-07-28, basic/transports, "Value
/// Encoding"), anything else is literal. Nothing where the wrapped text is no canonical base64 of UTF-8.
std::optional<std::string> decode_header_value(std::string_view value);

/// A JSON text with its status.
core::Response json_response(int status, std::string text);
/// 200 with messages whose every word is known. JSON wherever that is welcome and the last message, the
/// answer, is the only one; else a stream, where the client takes one. What comes before the answer is
/// dropped where it does not.
core::Response answer(AcceptedForms accepted, const std::vector<std::string>& before, std::string text);
/// The head of an answer whose body is a stream.
core::Response stream_head();
core::Response error_response(int status, const std::optional<RequestId>& id, const Error& error);
/// 202 without a body: a notification or a posted response was taken.
core::Response accepted_response();

}  // namespace mcp
