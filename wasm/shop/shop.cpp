#include "shop/shop.h"

#include "core/outbox.h"
#include "shop/icons.h"
#include "shop/orders.h"
#include "shop/prompts.h"
#include "shop/resources.h"
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
               "The same is there to read as resources: shop://inventory, shop://orders (subscribe to it to "
               "hear of new orders) and shop://orders/{id}. The prompts order_tshirt and review_orders are "
               "for the human to pick. Never guess what an order needs: what you leave out, the shop asks "
               "the human for where the client can show a form, and elsewhere it says what is missing. A "
               "refusal says what stopped it; only the human can change that.",
           .icons = {kShirtIcon}},
      .tools = {list_inventory_tool(), buy_item_tool(), list_orders_tool(), user_info_tool(),
                set_demo_mode_tool(), clear_demo_mode_tool(), pretty_please_tool()},
      .resources = {inventory_resource(), orders_resource()},
      .templates = {order_template()},
      .prompts = {order_prompt(), review_prompt()}};
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
  core::adopt_old_outbox(storage, kCopies);
  create_orders_schema(storage);
}

int64_t erase_personal_details(core::Context& step) {
  return erase_details_of_orders(step);
}

}  // namespace shop
