// What this server is called, and what humans can allow here: the facts that all of it shares. These are the
// shop's.
#pragma once

#include <array>
#include <string>
#include <string_view>

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

/// The KV namespace (a binding in wrangler.toml) that the outbox delivers to (core/outbox.h).
inline constexpr std::string_view kCopies = "ORDERS";

/// The names of all scopes, with something between each two.
inline std::string scope_names(std::string_view between = " ") {
  std::string names;
  for (const Scope& scope : kScopes) names.append(names.empty() ? "" : between).append(scope.name);
  return names;
}

}  // namespace service
