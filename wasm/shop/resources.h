// What of the shop there is to read, and to follow.
#pragma once

#include <string>
#include <string_view>

#include "core/storage.h"
#include "mcp/resource.h"

namespace shop {

/// Changes with each order of the person; those who follow it are told (`mcp::notify_resource_updated`).
inline constexpr std::string_view kOrdersUri = "shop://orders";
std::string order_uri(std::string_view id);

mcp::Resource inventory_resource();
mcp::Resource orders_resource();
mcp::ResourceTemplate order_template();

/// What reading them gives.
mcp::ResourceContents inventory_contents();
mcp::ResourceContents orders_contents(core::Storage& storage);

}  // namespace shop
