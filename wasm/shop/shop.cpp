#include "shop/shop.h"

#include "shop/orders.h"
#include "shop/outbox.h"
#include "shop/tools/tools.h"

namespace shop {

std::vector<mcp::Tool> tools() {
  return {list_inventory_tool(), buy_item_tool(),        list_orders_tool(),  user_info_tool(),
          set_demo_mode_tool(),  clear_demo_mode_tool(), pretty_please_tool()};
}

std::string_view refusal_when_banned(std::string_view tool_name) {
  if (tool_name == "buyMcpShopItem") return "ABSOLUTELY NOT. GO AWAY 👋";
  if (tool_name == "listMcpShopInventory") {
    return "You again, we're not letting you get a shirt after what happened at MCP Night.";
  }
  if (tool_name == "listMcpShopOrders")
    return "You are banned from the shop, and that goes for its order book too.";
  if (tool_name == "getUserInfo") return "You are banned from the shop. We know who you are.";
  return "";
}

void create_schema(core::Storage& storage) {
  create_orders_schema(storage);
  create_outbox_schema(storage);
}

}  // namespace shop
