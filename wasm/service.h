// What this server is called, and what humans can allow here: the facts that all of it shares. These are the
// shop's.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "authority/sentence.h"

namespace service {

/// For people: on every page and in the metadata.
inline constexpr std::string_view kName = "MCP Shop";
/// What a client calls it in its list of servers: no spaces.
inline constexpr std::string_view kShortName = "shop";
/// The heading of the landing page (web/landing.html).
inline constexpr std::string_view kHeading = "T-shirts, bought by your agent";

struct Scope {
  std::string_view name;
  /// What it allows, after "It may": the human reads it and decides.
  std::string_view allows;
};
inline constexpr Scope kRead = {"shop:read", "look at the inventory and at your orders"};
inline constexpr Scope kBuy = {"shop:buy", "order shirts for you"};
/// All that there are, in the order in which they are shown. The first challenge asks for all of them.
inline constexpr std::array kScopes = {kRead, kBuy};

/// What is counted (authority/bounds.h). "calls" is always there.
inline constexpr std::array<authority::Measure, 4> kMeasures = {{
    {.name = authority::kCalls, .one = "call", .many = "calls"},
    {.name = "orders", .one = "order", .many = "orders"},
    {.name = "items", .one = "item", .many = "items"},
    {.name = "EUR", .unit = authority::Measure::Unit::money, .one = "EUR", .many = "EUR", .digits = 2},
}};

/// A choice of bounds in one click.
struct Preset {
  std::string_view name;
  std::string_view title;
  std::string_view about;
  std::string_view scopes;
  /// JSON: `limits` and `ask_above` of bounds.
  std::string_view limits;
  std::string_view ask_above;
};
inline constexpr std::array kPresets = {
    Preset{"look", "Look only", "It can look at the inventory and at your orders. It orders nothing.",
           "shop:read", R"([{"measure":"calls","most":60,"per":"minute"}])", "[]"},
    Preset{"free", "May order free shirts", "Up to 3 orders in any 7 days, of what costs nothing.",
           "shop:read shop:buy",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"orders","most":3,"per":"week"},)"
           R"({"measure":"items","most":3,"per":"week"}])",
           "[]"},
    Preset{"spend", "Up to 50 EUR a week, ask above 20",
           "Up to 10 orders and 50 EUR in any 7 days. Before more than 20 EUR at once you are asked.",
           "shop:read shop:buy",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"orders","most":10,"per":"week"},)"
           R"({"measure":"items","most":20,"per":"week"},{"measure":"EUR","most":5000,"per":"week"}])",
           R"([{"measure":"EUR","amount":2000}])"},
};

/// All words for the sentences of grants and refusals.
inline authority::Vocabulary vocabulary() {
  authority::Vocabulary words{{kMeasures.begin(), kMeasures.end()}, {}};
  for (const Scope& scope : kScopes) words.scopes.push_back({scope.name, scope.allows});
  return words;
}

/// Where a tool's result carries the receipt of its audit entry, in `_meta` (MCP basic/index, "_meta").
inline constexpr std::string_view kReceiptKey = "mcp.shop/receipt";

/// The KV namespace (a binding in wrangler.toml) that the outbox delivers to (core/outbox.h).
inline constexpr std::string_view kCopies = "ORDERS";
/// The KV namespace that the old part of an audit trail goes to (authority/archive.h).
inline constexpr std::string_view kArchive = "AUDIT";

/// The names of all scopes, with something between each two.
inline std::string scope_names(std::string_view between = " ") {
  std::string names;
  for (const Scope& scope : kScopes) names.append(names.empty() ? "" : between).append(scope.name);
  return names;
}

}  // namespace service
