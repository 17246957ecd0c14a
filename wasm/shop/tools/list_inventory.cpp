#include "mcp/arguments.h"
#include "shop/catalogue.h"
#include "shop/icons.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

constexpr std::string_view kName = "listMcpShopInventory";

mcp::ToolOutcome run(mcp::Call&) {
  static const mcp::ToolResult result = mcp::ToolResult::json(inventory_json());
  return result;
}

}  // namespace

mcp::Tool list_inventory_tool() {
  return {.name = kName,
          .title = "List the shop's inventory",
          .description = "Lists what the MCP Shop sells: each product's label, description, sizes and price.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .output_schema = inventory_schema(),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .icons = {kShirtIcon},
          .run = run};
}

}  // namespace shop
