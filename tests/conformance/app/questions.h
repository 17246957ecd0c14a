// Asking the client's side, and reading what it answered.
#pragma once

#include <string>
#include <string_view>

#include "mcp/call.h"

namespace conformance {

/// One message for the client's model.
mcp::Sampling question_for_model(std::string_view text, int max_tokens);
/// A form with one text in it.
mcp::FormElicitation question_for_text(std::string_view message, std::string_view field);

/// A field of an accepted form; empty where there is none.
std::string field(const mcp::Answer& answer, std::string_view name);
/// What the client's model said: all its text.
std::string said(const mcp::Answer& answer);
/// The folders that the client works in, as a list of URIs.
std::string folders(const mcp::Answer& answer);
/// The whole answer: `action=accept, content={...}`.
std::string whole(const mcp::Answer& answer);

}  // namespace conformance
