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

/// The text of an entry in the API's list; nothing where it is not in it.
std::optional<std::string> text_of(std::string_view list, std::string_view id) {
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(list);
  const auto todos = json.ok() ? core::member(json.root, "todos") : std::nullopt;
  if (!todos || !todos->is_array()) return std::nullopt;
  for (const core::JsonView entry : core::JsonArray(todos->get_array().value_unsafe())) {
    if (core::string_member(entry, "id") != id) continue;
    return std::string(core::string_member(entry, "text").value_or(""));
  }
  return std::nullopt;
}

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string id(mcp::text_argument(call.arguments, "todoId"));
  // Who is asked whether it may go must see what goes.
  Outcome list = ask(call, "list", {.method = "GET", .path = "/api/todos", .scope = kScopeRead});
  const Answered* answered = std::get_if<Answered>(&list);
  if (!answered) return conclude(std::move(list));
  const std::optional<std::string> text = text_of(answered->json, id);
  if (!text) return mcp::ToolResult::error("There is no entry with this id. Read the list for the ids.");

  const mcp::Charge charge{.costs = {{kChanges, 1}, {kDeletions, 1}},
                           .what = {{"Delete", *text}, {"Entry", id}}};
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
