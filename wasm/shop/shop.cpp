#include "shop/shop.h"

#include "shop/orders.h"
#include "shop/outbox.h"
#include "shop/tools/tools.h"

namespace shop {

mcp::Offer offer() {
  return {
      .info =
          {.name = "mcp-shop",
           .title = "MCP Shop on Cloudflare",
           .version = "1.0.0",
           .instructions =
               "A T-shirt shop. You act as the deputy of the human who allowed you, in their name and within "
               "their bounds: look at the inventory, order a shirt when they ask for one, list their orders. "
               "A refusal says what stopped it; only the human can change that."},
      .tools = {list_inventory_tool(), buy_item_tool(), list_orders_tool(), user_info_tool(),
                set_demo_mode_tool(), clear_demo_mode_tool(), pretty_please_tool()}};
}

std::string_view refusal_when_banned(std::string_view name) {
  if (name == "buyMcpShopItem") return "ABSOLUTELY NOT. GO AWAY 👋";
  if (name == "listMcpShopInventory") {
    return "You again, we're not letting you get a shirt after what happened at MCP Night.";
  }
  if (name == "listMcpShopOrders")
    return "You are banned from the shop, and that goes for its order book too.";
  if (name == "getUserInfo") return "You are banned from the shop. We know who you are.";
  return "You are banned from the shop.";
}

void create_schema(core::Storage& storage) {
  create_orders_schema(storage);
  create_outbox_schema(storage);
}

}  // namespace shop
