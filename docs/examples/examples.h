// The tools of docs/ADDING_A_TOOL.md, one file each. The native tests compile and call them; no Worker offers
// them.
#pragma once

#include <string_view>

#include "core/storage.h"
#include "mcp/tool.h"

namespace examples {

/// The scopes that the tools need, by the names that the shop gives its own.
inline constexpr std::string_view kScopeRead = "examples:read";
inline constexpr std::string_view kScopeBuy = "examples:write";

mcp::Tool split_bill_tool();
mcp::Tool exchange_rate_tool();
mcp::Tool report_problem_tool();
mcp::Tool rate_history_tool();

/// Creates what report_problem keeps. Safe to repeat.
void create_problems_schema(core::Storage& storage);

}  // namespace examples
