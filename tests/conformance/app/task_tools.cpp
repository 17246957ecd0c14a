#include "fixtures.h"
#include "questions.h"

namespace conformance {

namespace {

using mcp::Answer;
using mcp::Call;
using mcp::FormElicitation;
using mcp::TaskSupport;
using mcp::ToolOutcome;
using mcp::ToolResult;

constexpr std::string_view kGreeting = R"({
  "type": "object",
  "properties": { "name": { "type": "string", "description": "Who is greeted." } },
  "required": ["name"],
  "additionalProperties": false
})";

ToolOutcome greet(Call& call) {
  return ToolResult::text("Hello, " + std::string(core::string_member(call.arguments, "name").value_or("")) +
                          "!");
}

constexpr std::string_view kComputation = R"({
  "type": "object",
  "properties": {
    "seconds": { "type": "integer", "description": "How long it takes.", "minimum": 0, "maximum": 600 },
    "label": { "type": "string", "description": "A name for the computation." }
  },
  "required": ["seconds"],
  "additionalProperties": false
})";

ToolOutcome slow_compute(Call& call) {
  const int64_t seconds = core::integer_member(call.arguments, "seconds").value_or(0);
  const std::string label(core::string_member(call.arguments, "label").value_or("unnamed"));
  // What takes no time needs no task.
  if (seconds > 0) {
    if (!call.as_task()) return call.wait();
    if (!call.sleep("computation", core::seconds(seconds))) return call.wait();
  }
  return ToolResult::text("Computed " + label + " in " + std::to_string(seconds) + " seconds.");
}

ToolOutcome failing_job(Call& call) {
  if (!call.as_task() || !call.sleep("work", core::seconds(1))) return call.wait();
  return ToolResult::error("The job has failed, as it always does.");
}

ToolOutcome protocol_error_job(Call& call) {
  if (!call.as_task() || !call.sleep("work", core::milliseconds(200))) return call.wait();
  return mcp::Error{mcp::ErrorCode::internal_error, "The job broke, as it always does.", {}};
}

constexpr std::string_view kFile = R"({
  "type": "object",
  "properties": { "filename": { "type": "string", "description": "What would be deleted." } },
  "required": ["filename"],
  "additionalProperties": false
})";

constexpr std::string_view kConfirm =
    R"({"type":"object","properties":{"confirm":{"type":"boolean","title":"Delete it"}},"required":["confirm"]})";

ToolOutcome confirm_delete(Call& call) {
  const std::string file(core::string_member(call.arguments, "filename").value_or(""));
  if (!call.as_task()) return call.wait();
  const Answer* answer = call.ask("confirm", FormElicitation{"Delete " + file + "?", std::string(kConfirm)});
  if (!answer) return call.wait();
  const bool confirmed = answer->content && core::boolean_member(*answer->content, "confirm").value_or(false);
  return ToolResult::text((confirmed ? "Deleted " : "Kept ") + file + ".");
}

ToolOutcome multi_input(Call& call) {
  if (!call.as_task()) return call.wait();
  const Answer* name = call.ask("name", question_for_text("What is it called?", "name"));
  const Answer* confirmation = call.ask("confirm", FormElicitation{"Is that so?", std::string(kConfirm)});
  if (!name || !confirmation) return call.wait();
  return ToolResult::text(whole(*name) + "; " + whole(*confirmation));
}

/// Asks first, as any call does, and becomes a task for the work that follows.
ToolOutcome asks_then_works(Call& call) {
  const Answer* user = call.ask("user_name", question_for_text("What is your name?", "name"));
  if (!user) return call.wait();
  if (!call.as_task() || !call.sleep("work", core::milliseconds(200))) return call.wait();
  return ToolResult::text("Worked for " + field(*user, "name") + ".");
}

}  // namespace

std::vector<mcp::Tool> task_tools() {
  return {
      tool("greet", "Greeting", "Greets somebody, at once.", greet, kGreeting),
      tool("slow_compute", "Slow computation", "Takes as long as it is told.", slow_compute, kComputation,
           TaskSupport::optional),
      tool("failing_job", "Failing job", "Fails after a second. Only as a task.", failing_job, kNoArguments,
           TaskSupport::required),
      tool("protocol_error_job", "Broken job", "Ends with an error of the protocol.", protocol_error_job,
           kNoArguments, TaskSupport::optional),
      tool("confirm_delete", "Deletion", "Asks the human before it would delete a file.", confirm_delete,
           kFile, TaskSupport::optional),
      tool("multi_input", "Two questions", "Asks the human two things at once.", multi_input, kNoArguments,
           TaskSupport::optional),
      tool("test_tool_with_task", "Question, then a task",
           "Asks the human for their name and goes on as a task.", asks_then_works, kNoArguments,
           TaskSupport::required),
  };
}

}  // namespace conformance
