// The HTTP side of Streamable HTTP: media types, header values, and the responses that both eras share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// How a client wants its answers.
enum class AnswerForm { json, event_stream, neither };
/// JSON wherever it is welcome: an answer whose every word is known needs no stream. A request without Accept
/// takes anything (RFC 9110 section 12.5.1).
AnswerForm answer_form(const core::Headers& headers);

/// True where Content-Type is application/json, with or without parameters.
bool has_json_content(const core::Headers& headers);

/// What a header value stands for: `=?base64?...?=` wraps UTF-8 (MCP 2026-07-28, basic/transports, "Value
/// Encoding"), anything else is literal. Nothing where the wrapped text is no canonical base64 of UTF-8.
std::optional<std::string> decode_header_value(std::string_view value);

/// A JSON text with its status.
core::Response json_response(int status, std::string text);
/// 200 in the form that the client takes.
core::Response answer(AnswerForm form, std::string text);
core::Response error_response(int status, const std::optional<RequestId>& id, const Error& error);
/// 202 without a body: a notification or a posted response was taken.
core::Response accepted();

}  // namespace mcp
