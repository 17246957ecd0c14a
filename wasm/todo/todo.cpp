#include "todo/todo.h"

#include "todo/tools/tools.h"

namespace todo {

mcp::Offer offer() {
  return {
      .info =
          {.name = "mcp-todo",
           .title = "To-do list",
           .version = "1.0.0",
           .instructions =
               "The to-do list of the human for whom you act. You act in their name and within their bounds: "
               "read the list first, and refer to entries by their ids. A refusal says what stopped it and "
               "where the human can change that; only they can."},
      .tools = {who_am_i_tool(), peek_api_token_tool(), get_list_tool(), create_todo_tool(),
                toggle_todo_tool(), delete_todo_tool()}};
}

void create_schema(core::Storage&) {}

int64_t erase_personal_details(core::Context&) {
  return 0;
}

std::string_view refusal_when_banned(std::string_view) {
  return "This is paused.";
}

}  // namespace todo
