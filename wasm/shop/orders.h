// A person's orders. The principal's storage is the source of truth; the copy for others goes through the
// outbox, in the same step as the order itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/step.h"
#include "shop/catalogue.h"

namespace shop {

/// How long the copy of an order is kept, from the order's date.
inline constexpr core::Duration kCopyLifetime = core::days(30);
/// Orders on a page, where nobody asks for another number.
inline constexpr int64_t kUsualPage = 50;

/// Of one order.
inline constexpr int64_t kMaxQuantity = 10;

struct Buyer {
  std::string_view subject;
  std::string_view email;
};

/// Checked by the tool's parameters. Of a purchase that is not complete yet, what is not known is empty.
struct Purchase {
  std::string_view company;
  std::string_view mailing_address;
  std::string_view size;
  const Item* item = &kItems[0];
  /// 1 to kMaxQuantity.
  int64_t quantity = 1;
  /// The same key means the same purchase, however often it is sent.
  std::optional<std::string> idempotency_key = {};
};

/// The order is stored.
struct Placed {
  std::string document;
  std::string id;
};
/// It had been placed before under this key; nothing was stored.
struct PlacedBefore {
  std::string document;
  std::string id;
};
/// The key belongs to a purchase with other arguments; nothing was stored.
struct KeyInUse {};

using Placement = std::variant<Placed, PlacedBefore, KeyInUse>;

/// What it costs, in minor units of kCurrency.
inline int64_t total(const Purchase& purchase) {
  return purchase.item->minor_units * purchase.quantity;
}

/// Stores an order and the delivery of its copy. A document is the order as JSON text.
Placement place_order(core::Context& step, const Buyer& buyer, const Purchase& purchase);

/// What the purchase's key was used for already: nothing, or never `Placed`. What is not known of the
/// purchase contradicts nothing.
std::optional<Placement> earlier_placement(core::Storage& storage, const Purchase& purchase);

struct OrderPage {
  /// Newest first, each a JSON text.
  std::vector<std::string> documents;
  /// All orders of this person.
  int64_t total = 0;
  /// What to ask for the page after this one with; nothing on the last page.
  std::optional<std::string> next_cursor;
};

/// Nothing where `cursor` is none that a page gave. Orders placed while a client pages do not move what is
/// still to come.
std::optional<OrderPage> list_orders(core::Storage& storage, std::optional<std::string_view> cursor,
                                     int64_t limit);
/// `{title, status, orders, total, nextCursor?}` (`order_list_schema`).
std::string order_list_json(const OrderPage& page);

/// The document of an order; nothing where this person has none of that id.
std::optional<std::string> find_order(core::Storage& storage, std::string_view id);
/// The newest `limit` ids that begin with `start`, newest first.
std::vector<std::string> order_ids(core::Storage& storage, std::string_view start, int64_t limit);

/// Empties company and mailing address of all orders, and has their copies deleted. What had been bought
/// stays. Gives how many orders it was. A key that one of them was placed with is in use for good: nobody
/// can tell any more whether a purchase is the same.
int64_t erase_details_of_orders(core::Context& step);

/// Creates what orders need. Safe to repeat.
void create_orders_schema(core::Storage& storage);

}  // namespace shop
