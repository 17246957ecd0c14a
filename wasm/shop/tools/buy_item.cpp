#include <array>

#include "core/json.h"
#include "mcp/arguments.h"
#include "shop/catalogue.h"
#include "shop/order_schema.h"
#include "shop/orders.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

using Parameter = mcp::Parameter;

constexpr std::string_view kName = "buyMcpShopItem";

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::line,
              .name = "company",
              .description = "The company that the person works for.",
              .minimum = 1,
              .maximum = 200},
    Parameter{.type = Parameter::Type::lines,
              .name = "mailingAddress",
              .description = "Where the shirt is sent: the full postal address, on one or more lines.",
              .minimum = 1,
              .maximum = 500},
    Parameter{.type = Parameter::Type::choice,
              .name = "tshirtSize",
              .description = "The size of the T-shirt.",
              .choices = kSizes},
    Parameter{.type = Parameter::Type::line,
              .name = "idempotencyKey",
              .description =
                  "A text of your choice that stands for this one purchase. A call that is repeated with the "
                  "same key and the same arguments buys nothing more and answers with the first order.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 128},
};

mcp::ToolResult success(std::string_view message, const std::string& order) {
  return mcp::ToolResult::json(R"({"status":"success","message":)" + core::json_quote(message) +
                               R"(,"order":)" + order + '}');
}

mcp::ToolOutcome run(mcp::Call& call) {
  Purchase purchase{.company = mcp::text_argument(call.arguments, "company"),
                    .mailing_address = mcp::text_argument(call.arguments, "mailingAddress"),
                    .size = mcp::text_argument(call.arguments, "tshirtSize"),
                    .idempotency_key = {}};
  if (std::optional<std::string_view> key = mcp::optional_text_argument(call.arguments, "idempotencyKey")) {
    purchase.idempotency_key = std::string(*key);
  }

  const Placement placement = place_order(call.step, {call.caller.subject, call.caller.email}, purchase);
  return std::visit(
      core::Overloaded{
          [](const Placed& placed) { return success("Order placed successfully!", placed.document); },
          [](const PlacedBefore& placed) {
            return success("This order was already placed; nothing new was bought.", placed.document);
          },
          [&](const KeyInUse&) {
            return mcp::ToolResult::error(
                "The idempotencyKey " + core::json_quote(*purchase.idempotency_key) +
                " belongs to an earlier order with other arguments. Nothing was bought. Use a "
                "new key for a new order, or repeat the first call unchanged.");
          },
      },
      placement);
}

}  // namespace

mcp::Tool buy_item_tool() {
  return {.name = kName,
          .title = "Buy a T-shirt",
          .description =
              "Orders one MCP T-shirt for the person you act for. Ask them for company, address and size; do "
              "not guess. Send an idempotencyKey, so that a repeated call does not buy twice.",
          .scope = kScopeBuy,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = purchase_schema(),
          .annotations = {mcp::Annotations::Effect::additive, mcp::Annotations::Repeat::not_idempotent},
          .run = run};
}

}  // namespace shop
