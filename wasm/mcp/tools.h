// tools/list and tools/call, the same for both eras but for what a revision has words for.
#pragma once

#include "mcp/exchange.h"
#include "mcp/revision.h"

namespace mcp {

/// The tools in the order of registration, always the same. One page: any cursor is an error.
Answer list_tools(const Exchange& exchange, const Message& message, Revision revision);

/// Asks the gate, then runs the tool. What goes wrong inside of a tool is a result with `isError`; an error
/// is for calls that reach no tool.
Answer call_tool(const Exchange& exchange, const Message& message, Revision revision);

}  // namespace mcp
