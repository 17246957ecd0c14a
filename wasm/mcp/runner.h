// One run of a call: finds what it is for, asks the gate, checks the arguments, and runs the author's code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/exchange.h"

namespace mcp {

struct Run {
  /// Nothing where the call waits for what follows.
  std::optional<Answered> answered;
  std::vector<Call::Deed> deeds;
  /// Asked anew when the deeds are done, where there are both.
  std::vector<Call::Question> questions;
  bool wants_task = false;
  std::vector<Call::Told> told;
  Ending ending = Ending::done;
};

/// `params` are the params of the request, wherever they are kept.
Run run_call(const Exchange& exchange, CallRecord& record, core::JsonView params);

/// Which tool a call is for; null for prompts, resources and unknown names.
const Tool* called_tool(const Exchange& exchange, std::string_view method, core::JsonView params);

/// A question as a request to the client: method and params (JSON text).
struct QuestionText {
  std::string_view method;
  std::string params;
};
QuestionText question_text(const InputRequest& request, Revision revision);
/// `InputRequests` of 2026-07-28 (basic/utilities/mrtr): an object of the questions by their keys.
std::string input_requests(const std::vector<Call::Question>& questions);
/// The keys alone.
std::vector<std::string> keys_of(const std::vector<Call::Question>& questions);

}  // namespace mcp
