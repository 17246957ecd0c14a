#include <array>

#include "core/json.h"
#include "mcp/arguments.h"
#include "shop/icons.h"
#include "shop/order_schema.h"
#include "shop/orders.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

using Parameter = mcp::Parameter;

constexpr std::string_view kName = "listMcpShopOrders";
constexpr int64_t kMaxLimit = 200;

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::whole,
              .name = "limit",
              .description = "How many orders to list at most; 50 where it is left out.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = kMaxLimit},
    Parameter{.type = Parameter::Type::line,
              .name = "cursor",
              .description = "The nextCursor of the last answer, to go on from there.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 100},
};

mcp::ToolOutcome run(mcp::Call& call) {
  const int64_t limit = mcp::optional_whole_argument(call.arguments, "limit").value_or(kUsualPage);
  const std::optional<OrderPage> page =
      list_orders(call.storage(), mcp::optional_text_argument(call.arguments, "cursor"), limit);
  if (!page) {
    return mcp::ToolResult::error(
        "The cursor is not valid: pass the nextCursor of the last answer unchanged, or leave it out to start "
        "anew.");
  }
  return mcp::ToolResult::json(order_list_json(*page));
}

}  // namespace

mcp::Tool list_orders_tool() {
  return {.name = kName,
          .title = "List orders",
          .description =
              "Lists the orders of the person you act for, newest first, by pages: as long as the answer has "
              "a nextCursor, there are more.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = order_list_schema(),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .icons = {kOrdersIcon},
          .run = run};
}

}  // namespace shop
