#include "shop/catalogue.h"

#include <algorithm>

#include "core/json.h"
#include "mcp/completion.h"

namespace shop {

namespace {

std::string make_inventory() {
  core::Json products = core::Json::array();
  for (const Item& item : kItems) {
    products.push_back({{"label", item.label},
                        {"description", item.description},
                        {"sizes", kSizes},
                        {"price", item.price},
                        {"item", item.id},
                        {"minorUnits", item.minor_units},
                        {"currency", kCurrency}});
  }
  return core::json_text(core::Json{{"title", "mcp.shop inventory"}, {"products", products}});
}

}  // namespace

std::vector<std::string> sizes_beginning_with(std::string_view start) {
  return mcp::words_with_prefix(kSizes, start);
}

std::string sizes_in_words() {
  std::string words;
  for (std::string_view size : kSizes) words.append(words.empty() ? "" : ", ").append(size);
  return words;
}

const Item* find_item(std::string_view id) {
  const auto found =
      std::find_if(kItems.begin(), kItems.end(), [&](const Item& item) { return item.id == id; });
  return found == kItems.end() ? nullptr : found;
}

std::string price_in_words(int64_t minor_units) {
  if (minor_units == 0) return "free";
  const std::string cents = std::to_string(minor_units % 100);
  return std::to_string(minor_units / 100) + (cents.size() == 1 ? ".0" : ".") + cents + ' ' +
         std::string(kCurrency);
}

const std::string& inventory_json() {
  static const std::string json = make_inventory();
  return json;
}

std::string inventory_schema() {
  return R"({"type":"object","properties":{"title":{"type":"string"},"products":{"type":"array","items":)"
         R"({"type":"object","properties":{"label":{"type":"string"},"description":{"type":"string"},)"
         R"("sizes":{"type":"array","items":{"type":"string"}},"price":{"type":"string"},)"
         R"("item":{"type":"string"},"minorUnits":{"type":"integer"},"currency":{"type":"string"}},)"
         R"("required":["label","description","sizes","price","item","minorUnits","currency"]}}},)"
         R"("required":["title","products"]})";
}

}  // namespace shop
