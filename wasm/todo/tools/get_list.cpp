#include "mcp/arguments.h"
#include "todo/api.h"
#include "todo/todo.h"
#include "todo/tools/tools.h"

namespace todo {

namespace {

mcp::ToolOutcome run(mcp::Call& call) {
  return conclude(ask(call, "list", {.method = "GET", .path = "/api/todos", .scope = kScopeRead}));
}

}  // namespace

mcp::Tool get_list_tool() {
  return {.name = "get_my_todo_list",
          .title = "Read the to-do list",
          .description = "The to-do list of the person you act for: open entries first, each with its id.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .output_schema = list_schema(),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace todo
