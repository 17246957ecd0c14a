// The MCP Shop: free T-shirts, bought by agents for people.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/step.h"
#include "mcp/server.h"

namespace shop {

/// Scopes of the shop's tokens.
inline constexpr std::string_view kScopeRead = "shop:read";
inline constexpr std::string_view kScopeBuy = "shop:buy";

/// The KV namespace (a binding in wrangler.toml) that orders are copied to.
inline constexpr std::string_view kCopies = "ORDERS";

/// Everything that the shop offers to agents.
mcp::Offer offer();

/// What a person's deputy hears from this tool, resource or prompt while the demo ban lasts. The tools that
/// set and lift it are never refused for it.
std::string_view refusal_when_banned(std::string_view name);

/// Creates what the shop needs in a principal's storage. Safe to repeat.
void create_schema(core::Storage& storage);

/// Erases what identifies a person, where they ask for it. Gives how many records it was in.
int64_t erase_personal_details(core::Context& step);

}  // namespace shop
