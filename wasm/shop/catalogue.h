// What the shop sells. The words are the contract that the shop's agents already know.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

inline constexpr std::array<std::string_view, 5> kSizes = {"S", "M", "L", "XL", "XXL"};
/// What people read for each.
inline constexpr std::array<std::string_view, 5> kSizeTitles = {
    "S (small)", "M (medium)", "L (large)", "XL (extra large)", "XXL (double extra large)"};

/// Without regard to case.
std::vector<std::string> sizes_beginning_with(std::string_view start);
std::string sizes_in_words();

/// The inventory as a JSON text: `{title, products: [{label, description, sizes, price}]}`.
std::string inventory_json();
/// Its JSON Schema.
std::string inventory_schema();

}  // namespace shop
