#include <array>

#include "core/json.h"
#include "mcp/arguments.h"
#include "todo/api.h"
#include "todo/todo.h"
#include "todo/tools/tools.h"

namespace todo {

namespace {

using Parameter = mcp::Parameter;

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::line,
              .name = "todoId",
              .description = "The id of the entry, from the list.",
              .minimum = 1,
              .maximum = 100},
};

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string id(mcp::text_argument(call.arguments, "todoId"));
  std::variant<std::string, mcp::ToolOutcome> text = text_of_entry(call, id);
  if (auto* stopped = std::get_if<mcp::ToolOutcome>(&text)) return *std::move(stopped);
  const mcp::Charge charge{.costs = {{kChanges, 1}, {kDeletions, 1}},
                           .what = {{"Delete", std::get<std::string>(text)}, {"Entry", id}}};
  if (auto obstacle = call.charge(charge)) return mcp::stopped(*std::move(obstacle));
  return conclude(ask(call, "delete",
                      {.method = "DELETE",
                       .path = "/api/todos/" + core::percent_encode(id),
                       .scope = kScopeWrite,
                       .repeats = Request::Repeats::until_gone}));
}

}  // namespace

mcp::Tool delete_todo_tool() {
  return {.name = "delete_todo",
          .title = "Delete from the to-do list",
          .description =
              "Deletes an entry of the to-do list for good. The person you act for is asked before, unless "
              "they decided otherwise. Gives the whole list.",
          .scope = kScopeWrite,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = list_schema(),
          .annotations = {mcp::Annotations::Effect::destructive, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace todo
