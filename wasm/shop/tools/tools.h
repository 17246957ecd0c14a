// The shop's tools, one file each (the three demo tools share one).
#pragma once

#include <string_view>

#include "mcp/tool.h"

namespace shop {

mcp::Tool list_inventory_tool();
mcp::Tool buy_item_tool();
mcp::Tool list_orders_tool();
mcp::Tool user_info_tool();
mcp::Tool set_demo_mode_tool();
mcp::Tool clear_demo_mode_tool();
mcp::Tool pretty_please_tool();

}  // namespace shop
