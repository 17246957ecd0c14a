// What the shop sells. The words are the contract that the shop's agents already know.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace shop {

inline constexpr std::array<std::string_view, 5> kSizes = {"S", "M", "L", "XL", "XXL"};

/// The inventory as a JSON text: `{title, products: [{label, description, sizes, price}]}`.
std::string inventory_json();
/// Its JSON Schema.
std::string inventory_schema();

}  // namespace shop
