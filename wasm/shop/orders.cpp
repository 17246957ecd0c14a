#include "shop/orders.h"

#include <charconv>

#include "core/json.h"
#include "core/outbox.h"
#include "core/uuid.h"
#include "shop/shop.h"

namespace shop {

namespace {

/// Begins every cursor, so that a later form of cursors can be told from this one.
constexpr std::string_view kCursorPrefix = "before-";
constexpr core::Lookup kNewest = "SELECT id FROM orders ORDER BY seq DESC LIMIT 1";

std::string cursor_before(int64_t seq) {
  return std::string(kCursorPrefix) + std::to_string(seq);
}

/// Only what `cursor_before` writes, to the letter.
std::optional<int64_t> read_cursor(std::string_view cursor) {
  if (!cursor.starts_with(kCursorPrefix)) return std::nullopt;
  const std::string_view digits = cursor.substr(kCursorPrefix.size());
  int64_t seq = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (error != std::errc() || cursor_before(seq) != cursor || seq < 1) return std::nullopt;
  return seq;
}

std::string digest(core::Crypto& crypto, const Purchase& purchase) {
  core::Json arguments = {purchase.company, purchase.mailing_address, purchase.size};
  // Digests of before there was a choice stay what they are.
  if (purchase.item != &kItems[0] || purchase.quantity != 1) {
    arguments.push_back(purchase.item->id);
    arguments.push_back(purchase.quantity);
  }
  return core::hex(crypto.sha256(core::json_text(arguments)));
}

}  // namespace

void create_orders_schema(core::Storage& storage) {
  const core::Rows before = storage.query(
      "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE type = 'table' AND name = 'orders'");
  if (!before.empty() && before.integer(0, 0) == 0) return;
  if (!before.empty()) storage.query("ALTER TABLE orders RENAME TO orders_of_before");
  // Orders are never deleted: `seq` goes from 1 without a gap, and the last one says how many there are.
  storage.query(
      "CREATE TABLE orders ("
      " seq INTEGER PRIMARY KEY,"
      " id TEXT NOT NULL UNIQUE,"
      " idempotency_key TEXT,"
      " argument_digest TEXT NOT NULL,"
      " document TEXT NOT NULL"
      ")");
  storage.query(
      "CREATE UNIQUE INDEX orders_by_key ON orders (idempotency_key) WHERE idempotency_key IS NOT NULL");
  if (before.empty()) return;
  // Those of before have an index of all keys, and a row that counts.
  storage.query(
      "INSERT INTO orders (id, idempotency_key, argument_digest, document)"
      " SELECT id, idempotency_key, argument_digest, document FROM orders_of_before ORDER BY seq");
  storage.query("DROP TABLE orders_of_before");
}

Placement place_order(core::Context& step, const Buyer& buyer, const Purchase& purchase) {
  core::Storage& storage = *step.storage;
  const std::string argument_digest = digest(step.crypto, purchase);
  if (purchase.idempotency_key) {
    const core::Rows before =
        storage.query("SELECT argument_digest, document, id FROM orders WHERE idempotency_key = ?",
                      {std::string_view(*purchase.idempotency_key)});
    if (!before.empty()) {
      if (before.text(0, 0) != argument_digest) return KeyInUse{};
      return PlacedBefore{std::string(before.text(0, 1)), std::string(before.text(0, 2))};
    }
  }

  const auto last = storage.look_up(kNewest);
  const std::string id =
      core::uuid_v7_after(last->empty() ? std::string_view() : last->text(0, 0), step.now, step.entropy);
  const std::string document = core::json_text(core::Json{{"id", id},
                                                          {"userId", buyer.subject},
                                                          {"email", buyer.email},
                                                          {"company", purchase.company},
                                                          {"mailingAddress", purchase.mailing_address},
                                                          {"tshirtSize", purchase.size},
                                                          {"item", purchase.item->id},
                                                          {"quantity", purchase.quantity},
                                                          {"minorUnits", total(purchase)},
                                                          {"currency", kCurrency},
                                                          {"orderDate", core::iso8601(step.now)},
                                                          {"status", "confirmed"}});
  storage.query("INSERT INTO orders (id, idempotency_key, argument_digest, document) VALUES (?, ?, ?, ?)",
                {std::string_view(id), core::value_or_null(purchase.idempotency_key),
                 std::string_view(argument_digest), std::string_view(document)});
  storage.remember(kNewest, {}, {id});
  core::enqueue(
      step,
      core::OutgoingCopy{std::string(kCopies), "order:" + std::string(buyer.subject) + ':' + id, document},
      step.now + kCopyLifetime);
  return Placed{document, id};
}

std::optional<Placement> earlier_placement(core::Storage& storage, const Purchase& purchase) {
  if (!purchase.idempotency_key) return std::nullopt;
  const core::Rows before = storage.query("SELECT document, id FROM orders WHERE idempotency_key = ?",
                                          {std::string_view(*purchase.idempotency_key)});
  if (before.empty()) return std::nullopt;
  core::JsonGate gate;
  const core::JsonView order = gate.parse(before.text(0, 0)).root;
  const auto contradicts = [&](std::string_view member, std::string_view known) {
    return !known.empty() && core::string_member(order, member) != known;
  };
  // Orders of before there was a choice are of one free shirt.
  const bool other_item = core::string_member(order, "item").value_or(kItems[0].id) != purchase.item->id;
  const bool other_number = core::integer_member(order, "quantity").value_or(1) != purchase.quantity;
  if (other_item || other_number || contradicts("company", purchase.company) ||
      contradicts("mailingAddress", purchase.mailing_address) || contradicts("tshirtSize", purchase.size)) {
    return KeyInUse{};
  }
  return PlacedBefore{std::string(before.text(0, 0)), std::string(before.text(0, 1))};
}

std::optional<OrderPage> list_orders(core::Storage& storage, std::optional<std::string_view> cursor,
                                     int64_t limit) {
  int64_t before = int64_t{1} << 53;  // above any order
  if (cursor) {
    const std::optional<int64_t> seq = read_cursor(*cursor);
    if (!seq) return std::nullopt;
    before = *seq;
  }
  // The planner of newer SQLites looks at a bare parameter of LIMIT, and prepares the statement anew for each
  // value.
  const core::Rows rows = storage.query(
      "SELECT seq, document FROM orders WHERE seq < ? ORDER BY seq DESC LIMIT ? + 0", {before, limit});
  OrderPage page;
  for (size_t row = 0; row < rows.size(); ++row) page.documents.emplace_back(rows.text(row, 1));
  // The numbers have no gap: no row is read to count the others, or to see whether there are more.
  if (cursor) {
    page.total = storage.query("SELECT max(seq) FROM orders").integer(0, 0);
  } else if (!rows.empty()) {
    page.total = rows.integer(0, 0);
  }
  if (!rows.empty() && rows.integer(rows.size() - 1, 0) > 1) {
    page.next_cursor = cursor_before(rows.integer(rows.size() - 1, 0));
  }
  return page;
}

std::string order_list_json(const OrderPage& page) {
  std::string json = R"({"title":"Your MCP Shop Orders","status":"success","orders":[)";
  size_t size = 2 * json.size();
  for (const std::string& document : page.documents) size += document.size() + 1;
  json.reserve(size);
  for (size_t i = 0; i < page.documents.size(); ++i) {
    if (i > 0) json += ',';
    json += page.documents[i];
  }
  json += R"(],"total":)" + std::to_string(page.total);
  if (page.next_cursor) json += R"(,"nextCursor":)" + core::json_quote(*page.next_cursor);
  return json + '}';
}

std::optional<std::string> find_order(core::Storage& storage, std::string_view id) {
  const core::Rows rows = storage.query("SELECT document FROM orders WHERE id = ?", {id});
  if (rows.empty()) return std::nullopt;
  return std::string(rows.text(0, 0));
}

int64_t erase_details_of_orders(core::Context& step) {
  // The digest goes as well: who guesses an address could tell by it that it was right.
  const core::Rows rows = step.storage->query(
      "UPDATE orders SET argument_digest = '',"
      " document = json_set(document, '$.company', '', '$.mailingAddress', '')"
      " WHERE argument_digest <> '' RETURNING id, json_extract(document, '$.userId'),"
      " json_extract(document, '$.orderDate') > ?",
      {core::iso8601(step.now - kCopyLifetime)});
  for (size_t row = 0; row < rows.size(); ++row) {
    if (rows.integer(row, 2) == 0) continue;  // its copy has expired
    const std::string key = "order:" + std::string(rows.text(row, 1)) + ':' + std::string(rows.text(row, 0));
    core::enqueue(step, core::OutgoingDelete{std::string(kCopies), key}, step.now + kCopyLifetime);
  }
  return static_cast<int64_t>(rows.size());
}

std::vector<std::string> order_ids(core::Storage& storage, std::string_view start, int64_t limit) {
  // Every character of an id comes before this one, so that the index serves.
  const std::string end = std::string(start) + 'g';
  const core::Rows rows = storage.query(
      "SELECT id FROM orders WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?", {start, end, limit});
  std::vector<std::string> ids;
  for (size_t row = 0; row < rows.size(); ++row) ids.emplace_back(rows.text(row, 0));
  return ids;
}

}  // namespace shop
