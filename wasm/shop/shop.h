// The MCP Shop: free T-shirts, bought by agents for people.
#pragma once

#include <string_view>
#include <vector>

#include "core/storage.h"
#include "mcp/tool.h"

namespace shop {

/// Scopes of the shop's tokens.
inline constexpr std::string_view kScopeRead = "shop:read";
inline constexpr std::string_view kScopeBuy = "shop:buy";

/// All tools in the order in which they are listed.
std::vector<mcp::Tool> tools();

/// What a person's deputy hears from this tool while the demo ban lasts; empty for the tools that set and
/// lift it, which are never refused for it.
std::string_view refusal_when_banned(std::string_view tool_name);

/// Creates what the shop needs in a principal's storage. Safe to repeat.
void create_schema(core::Storage& storage);

}  // namespace shop
