// The JSON Schemas of what the tools say about orders.
#pragma once

#include <string>

namespace shop {

/// `{status, message, order}`
std::string purchase_schema();
/// `{title, status, orders, total, nextCursor?}`
std::string order_list_schema();

}  // namespace shop
