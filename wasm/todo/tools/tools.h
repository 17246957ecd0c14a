// The tools of the to-do list, one file each (the two that show tokens share one).
#pragma once

#include "mcp/tool.h"

namespace todo {

mcp::Tool who_am_i_tool();
mcp::Tool peek_api_token_tool();
mcp::Tool get_list_tool();
mcp::Tool create_todo_tool();
mcp::Tool toggle_todo_tool();
mcp::Tool delete_todo_tool();

}  // namespace todo
