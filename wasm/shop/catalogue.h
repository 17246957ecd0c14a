// What the shop sells. The words are the contract that the shop's agents already know.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

inline constexpr std::array<std::string_view, 5> kSizes = {"S", "M", "L", "XL", "XXL"};
/// What people read for each.
inline constexpr std::array<std::string_view, 5> kSizeTitles = {
    "S (small)", "M (medium)", "L (large)", "XL (extra large)", "XXL (double extra large)"};

/// ISO 4217; prices are in its minor units.
inline constexpr std::string_view kCurrency = "EUR";

struct Item {
  std::string_view id;
  std::string_view label;
  std::string_view description;
  /// For people.
  std::string_view price;
  int64_t minor_units;
};
/// The first is what is bought where nothing else is named.
inline constexpr std::array<Item, 3> kItems = {{
    {"mcp-tshirt", "MCP T-Shirt", "A comfortable shirt featuring the MCP logo", "Free with MCP Server", 0},
    {"mcp-longsleeve", "MCP Long Sleeve", "The same shirt with long sleeves, for server rooms", "19.00 EUR",
     1900},
    {"mcp-hoodie", "MCP Hoodie", "A warm hoodie with the MCP logo on its back", "45.00 EUR", 4500},
}};
inline constexpr std::array<std::string_view, 3> kItemIds = {kItems[0].id, kItems[1].id, kItems[2].id};
/// Null where nothing of that id is sold.
const Item* find_item(std::string_view id);

/// "90.00 EUR", or "free".
std::string price_in_words(int64_t minor_units);

/// Without regard to case.
std::vector<std::string> sizes_beginning_with(std::string_view start);
std::string sizes_in_words();

/// The inventory as a JSON text: `{title, products: [{label, description, sizes, price, item, minorUnits,
/// currency}]}`.
const std::string& inventory_json();
/// Its JSON Schema.
std::string inventory_schema();

}  // namespace shop
