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
              .name = "text",
              .description = "What is to be done.",
              .minimum = 1,
              .maximum = 500},
};

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string text(mcp::text_argument(call.arguments, "text"));
  if (auto obstacle = call.charge({.costs = {{kChanges, 1}}, .what = {{"New entry", text}}})) {
    return mcp::stopped(*std::move(obstacle));
  }
  return conclude(ask(call, "add",
                      {.method = "POST",
                       .path = "/api/todos",
                       .body = core::json_text(core::Json{{"todoText", text}}),
                       .scope = kScopeWrite,
                       .repeats = Request::Repeats::by_key}));
}

}  // namespace

mcp::Tool create_todo_tool() {
  return {.name = "create_new_todo",
          .title = "Add to the to-do list",
          .description = "Adds an entry to the to-do list of the person you act for. Gives the whole list.",
          .scope = kScopeWrite,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = list_schema(),
          .annotations = {mcp::Annotations::Effect::additive, mcp::Annotations::Repeat::not_idempotent},
          .run = run};
}

}  // namespace todo
