#include "core/json.h"
#include "mcp/arguments.h"
#include "todo/api.h"
#include "todo/todo.h"
#include "todo/tools/tools.h"

namespace todo {

namespace {

constexpr std::string_view kInput =
    R"({"type":"object","properties":{"todoId":{"type":"string","minLength":1,"maxLength":100,)"
    R"("description":"The id of the entry, from the list."},"completed":{"type":"boolean",)"
    R"("description":"True where it is done."}},"required":["todoId","completed"],"additionalProperties":false})";

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string id(mcp::text_argument(call.arguments, "todoId"));
  const bool completed = core::boolean_member(call.arguments, "completed").value_or(false);
  std::variant<std::string, mcp::ToolOutcome> text = text_of_entry(call, id);
  if (auto* stopped = std::get_if<mcp::ToolOutcome>(&text)) return *std::move(stopped);
  const mcp::Charge charge{
      .costs = {{kChanges, 1}},
      .what = {
          {"Mark", std::get<std::string>(text)}, {"Becomes", completed ? "done" : "open"}, {"Entry", id}}};
  if (auto obstacle = call.charge(charge)) return mcp::stopped(*std::move(obstacle));
  return conclude(ask(call, "toggle",
                      {.method = "PATCH",
                       .path = "/api/todos/" + core::percent_encode(id),
                       .body = core::json_text(core::Json{{"completed", completed}}),
                       .scope = kScopeWrite}));
}

}  // namespace

mcp::Tool toggle_todo_tool() {
  return {.name = "toggle_todo_status",
          .title = "Mark as done or open",
          .description = "Marks an entry of the to-do list as done, or as open again. Gives the whole list.",
          .scope = kScopeWrite,
          .input_schema = std::string(kInput),
          .output_schema = list_schema(),
          .annotations = {mcp::Annotations::Effect::additive, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace todo
