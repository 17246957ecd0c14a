#include "service.h"

#include <array>

#include "shop/shop.h"

namespace {

using authority::Measure;
using Scope = authority::Vocabulary::Scope;

constexpr std::array kScopes = {
    Scope{shop::kScopeRead, "look at the inventory and at your orders"},
    Scope{shop::kScopeBuy, "order shirts for you"},
};

constexpr std::array kMeasures = {
    Measure{.name = authority::kCalls, .one = "call", .many = "calls"},
    Measure{.name = "orders", .one = "order", .many = "orders"},
    Measure{.name = "items", .one = "item", .many = "items"},
    Measure{.name = "EUR", .unit = Measure::Unit::money, .one = "EUR", .many = "EUR", .digits = 2},
};

constexpr std::array kPresets = {
    Preset{"look", "Look only", "It can look at the inventory and at your orders. It orders nothing.",
           "shop:read", R"([{"measure":"calls","most":60,"per":"minute"}])", "[]"},
    Preset{"free", "May order free shirts", "It can look, and order what costs nothing.",
           "shop:read shop:buy",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"orders","most":3,"per":"week"},)"
           R"({"measure":"items","most":3,"per":"week"}])",
           "[]"},
    Preset{"spend", "Up to 50 EUR a week, ask above 20", "It can look, and order what you ask it for.",
           "shop:read shop:buy",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"orders","most":10,"per":"week"},)"
           R"({"measure":"items","most":20,"per":"week"},{"measure":"EUR","most":5000,"per":"week"}])",
           R"([{"measure":"EUR","amount":2000}])"},
};

constexpr Service kService = {
    .name = "MCP Shop",
    .short_name = "shop",
    .heading = "T-shirts, bought by your agent",
    .receipt_key = "mcp.shop/receipt",
    .scopes = kScopes,
    .measures = kMeasures,
    .presets = kPresets,
};

}  // namespace

const Service& service() {
  return kService;
}
