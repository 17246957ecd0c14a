#include "shop/resources.h"

#include "shop/catalogue.h"
#include "shop/icons.h"
#include "shop/orders.h"
#include "shop/shop.h"

namespace shop {

namespace {

constexpr std::string_view kInventoryUri = "shop://inventory";
constexpr std::string_view kOrderTemplate = "shop://orders/{id}";
constexpr std::string_view kJson = "application/json";
/// The inventory changes when the shop is deployed anew; orders change at any time.
constexpr core::Duration kInventoryLifetime = core::minutes(5);

mcp::ContentHints hints(double priority) {
  return {.audience = mcp::ContentHints::Audience::both, .priority = priority};
}

mcp::ReadOutcome read_inventory(mcp::Call&) {
  return mcp::ReadResult{{inventory_contents()}};
}

mcp::ReadOutcome read_orders(mcp::Call& call) {
  return mcp::ReadResult{{orders_contents(call.storage())}};
}

mcp::ReadOutcome read_order(mcp::Call& call, const mcp::Variables& variables) {
  const std::string& id = variables.find("id")->second;
  std::optional<std::string> document = find_order(call.storage(), id);
  if (!document) return mcp::NotFound{};
  return mcp::ReadResult{
      {{.uri = order_uri(id), .mime_type = std::string(kJson), .text = *std::move(document)}}};
}

std::vector<std::string> complete_order_id(const mcp::CompletionQuestion& question) {
  return order_ids(*question.step.storage, question.value, mcp::kMaxCompletions + 1);
}

}  // namespace

std::string order_uri(std::string_view id) {
  return std::string(kOrdersUri) + '/' + std::string(id);
}

mcp::ResourceContents inventory_contents() {
  return {.uri = std::string(kInventoryUri), .mime_type = std::string(kJson), .text = inventory_json()};
}

mcp::ResourceContents orders_contents(core::Storage& storage) {
  const std::optional<OrderPage> newest = list_orders(storage, {}, kUsualPage);
  return {.uri = std::string(kOrdersUri),
          .mime_type = std::string(kJson),
          .text = order_list_json(newest.value_or(OrderPage()))};
}

mcp::Resource inventory_resource() {
  return {.uri = kInventoryUri,
          .name = "inventory",
          .title = "Inventory",
          .description = "What the MCP Shop sells: each product's label, description, sizes and price.",
          .mime_type = kJson,
          .scope = kScopeRead,
          .icons = {kShirtIcon},
          .hints = hints(0.8),
          .lifetime = kInventoryLifetime,
          .read = read_inventory};
}

mcp::Resource orders_resource() {
  return {.uri = kOrdersUri,
          .name = "orders",
          .title = "Your orders",
          .description =
              "The newest 50 orders of the person you act for, newest first. Subscribe to hear of new ones; "
              "the tool listMcpShopOrders goes on from nextCursor.",
          .mime_type = kJson,
          .scope = kScopeRead,
          .icons = {kOrdersIcon},
          .hints = hints(0.6),
          .read = read_orders};
}

mcp::ResourceTemplate order_template() {
  return {.uri_template = kOrderTemplate,
          .name = "order",
          .title = "One of your orders",
          .description = "An order of the person you act for, by its id.",
          .mime_type = kJson,
          .scope = kScopeRead,
          .icons = {kOrdersIcon},
          .hints = hints(0.4),
          .read = read_order,
          .complete = complete_order_id};
}

}  // namespace shop
