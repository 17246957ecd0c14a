// Objects that an older version of this server has written: they go on with what is in them.
#include "authority_support.h"
#include "core/outbox.h"
#include "mcp/sessions.h"
#include "shop/orders.h"

using namespace testing;

namespace {

/// What of the authority's tables was different in its second version.
void create_second_authority(core::Storage& storage) {
  storage.query(
      "CREATE TABLE grants (id TEXT PRIMARY KEY, client_id TEXT NOT NULL, client_name TEXT NOT NULL,"
      " scopes TEXT NOT NULL, requested_scopes TEXT NOT NULL, subject TEXT NOT NULL, email TEXT NOT NULL,"
      " name TEXT NOT NULL, identity_session TEXT NOT NULL, permissions TEXT NOT NULL,"
      " created_at INTEGER NOT NULL, ended_at INTEGER, end_reason TEXT, principal TEXT NOT NULL DEFAULT '',"
      " client_known_by TEXT NOT NULL DEFAULT '', client_host TEXT NOT NULL DEFAULT '',"
      " state TEXT NOT NULL DEFAULT 'active', bounds TEXT NOT NULL DEFAULT '{}',"
      " sentence TEXT NOT NULL DEFAULT '') WITHOUT ROWID");
  storage.query("CREATE TABLE pauses (grant_id TEXT NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL)");
  storage.query("CREATE TABLE ceilings (measure TEXT NOT NULL, most INTEGER NOT NULL, per TEXT NOT NULL)");
  storage.query(
      "CREATE TABLE charges (use_id TEXT NOT NULL, grant_id TEXT NOT NULL, measure TEXT NOT NULL,"
      " amount INTEGER NOT NULL, at INTEGER NOT NULL, held_until INTEGER)");
  storage.query(
      "CREATE TABLE activity (grant_id TEXT NOT NULL, hour INTEGER NOT NULL, calls INTEGER NOT NULL,"
      " effects INTEGER NOT NULL, denials INTEGER NOT NULL, minute INTEGER NOT NULL,"
      " minute_calls INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (grant_id, hour)) WITHOUT "
      "ROWID");
  storage.query(
      "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, grant_id TEXT NOT NULL, kind TEXT "
      "NOT"
      " NULL, entry TEXT NOT NULL, hash TEXT NOT NULL, arguments TEXT, salt TEXT)");
  storage.query("CREATE TABLE audit_start (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL)");
}

}  // namespace

TEST_CASE("Storage of before: what was used and held counts on, and is free at its own time") {
  NativeStorage storage;
  create_second_authority(storage);
  const int64_t now = 1'790'000'000'000, day = 86'400'000;
  const auto charge = [&](std::string_view use, std::string_view grant, std::string_view measure,
                          int64_t amount, int64_t at, core::Value held_until = {}) {
    storage.query(
        "INSERT INTO charges (use_id, grant_id, measure, amount, at, held_until) VALUES (?, ?, ?, ?, ?, ?)",
        {use, grant, measure, amount, at, held_until});
  };
  charge("u3", "g1", "orders", 1, now - day);
  charge("u3", "g1", "EUR", 2000, now - day);
  charge("u1", "g1", "orders", 1, now - 6 * day);
  charge("u2", "g2", "orders", 1, now - 2 * day);
  charge("u4", "g1", "orders", 1, now - 1000, now + 60'000);
  storage.query("INSERT INTO activity VALUES ('g1', ?, 7, 2, 0, 0, 0, ?)", {now / 3'600'000, now});
  for (int64_t seq = 1; seq <= 7; ++seq) {
    storage.query(
        "INSERT INTO audit (seq, at, grant_id, kind, entry, hash) VALUES (?, ?, 'g1', 'call',"
        " '{\"result\":\"done\"}', 'hash')",
        {seq, now});
  }
  storage.query(
      "INSERT INTO grants VALUES ('g1', 'c', 'C', 'read', 'read', 's', '', '', '', '', 1, NULL, NULL, '',"
      " '', '', 'active', ?, '')",
      {"{\"expires_at\":" + std::to_string(now + day) + "}"});
  storage.query(
      "INSERT INTO grants VALUES ('g2', 'c', 'C', 'read', 'read', 's', '', '', '', '', 1, NULL, NULL, '',"
      " '', '', 'active', 'no JSON', '')");

  authority::migrate(storage, 2);
  const auto used = [&](std::string_view grant, std::string_view measure) {
    return authority::used_of(storage, grant, {{std::string(measure), 10, Period::week}}, core::Instant{now})
        .at(0);
  };
  CHECK(used("g1", "orders").settled == 2);
  CHECK(used("g1", "orders").held == 1);
  CHECK(used("g1", "orders").frees_at == core::Instant{now + day + 1});
  CHECK(used("g1", "EUR").settled == 2000);
  CHECK(used("g1", "EUR").frees_at == core::Instant{now + 6 * day + 1});
  CHECK(used("g2", "orders").settled == 1);
  authority::set_ceilings(storage, {{"orders", 10, Period::week}});
  const authority::Standing standing =
      authority::standing(storage, "g1", {}, {{"orders", 1}}, "", core::Instant{now});
  CHECK(standing.used_by_all.at(0).settled == 3);
  CHECK(authority::activity_of(storage, "g1", core::Instant{now}, core::hours(1), 1).calls[0] == 7);
  CHECK(authority::next_end(storage, core::Instant{now}) == core::Instant{now + day});
  // And it goes on from there.
  authority::count(storage, "g1", {.effects = 1, .costs = {{"orders", 1}}}, core::Instant{now});
  authority::settle(storage, "u4", core::Instant{now});
  CHECK(used("g1", "orders").settled == 4);
  CHECK(used("g1", "orders").held == 0);
}

TEST_CASE("Storage of before: orders keep their places, their keys and their pages") {
  NativeStorage storage;
  storage.query(
      "CREATE TABLE orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
      " idempotency_key TEXT UNIQUE, argument_digest TEXT NOT NULL, document TEXT NOT NULL)");
  for (const std::string id : {"1", "2", "3"}) {
    storage.query(
        "INSERT INTO orders (id, idempotency_key, argument_digest, document) VALUES (?, ?, 'digest', ?)",
        {id, id == "2" ? core::Value("key") : core::Value(), "{\"id\":\"" + id + "\"}"});
  }
  for (int time = 0; time < 2; ++time) shop::create_orders_schema(storage);
  const auto page = shop::list_orders(storage, std::nullopt, 2);
  REQUIRE(page);
  CHECK(page->documents == std::vector<std::string>{R"({"id":"3"})", R"({"id":"2"})"});
  CHECK(page->total == 3);
  REQUIRE(page->next_cursor == "before-2");
  const auto last = shop::list_orders(storage, "before-2", 2);
  CHECK(last->documents == std::vector<std::string>{R"({"id":"1"})"});
  CHECK(last->total == 3);
  CHECK_FALSE(last->next_cursor);
  shop::Purchase purchase;
  purchase.idempotency_key = "key";
  CHECK(shop::earlier_placement(storage, purchase));
  CHECK(storage.query("SELECT 1 FROM sqlite_schema WHERE name = 'orders_of_before'").empty());
}

TEST_CASE("Storage of before: what waits in the outbox leaves, in its order") {
  NativeStorage storage;
  NativeCrypto crypto;
  core::Entropy entropy(crypto, crypto.sha256("outbox"));
  const core::Instant now{1'790'000'000'000};
  storage.query(
      "CREATE TABLE deliveries (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, target TEXT NOT "
      "NULL, key TEXT, headers TEXT, content TEXT, expires_at INTEGER NOT NULL, due_at INTEGER NOT NULL,"
      " failures INTEGER NOT NULL DEFAULT 0)");
  storage.query("CREATE INDEX deliveries_by_due ON deliveries (due_at)");
  storage.query("CREATE INDEX deliveries_by_key ON deliveries (target, key)");
  for (const std::string key : {"a", "b", "a"}) {
    storage.query(
        "INSERT INTO deliveries (kind, target, key, content, expires_at, due_at, failures)"
        " VALUES ('put', 'COPIES', ?, 'text', ?, ?, 2)",
        {key, now.milliseconds + 86'400'000, now.milliseconds});
  }
  for (int time = 0; time < 2; ++time) core::create_outbox_schema(storage);
  core::Context step{now, entropy, crypto, &storage};
  const std::vector<core::Delivery> due = core::due(step, 10);
  REQUIRE(due.size() == 2);
  for (const core::Delivery& delivery : due) core::settle(step, delivery.seq, core::EffectResult{});
  CHECK(core::due(step, 10).size() == 1);
}

TEST_CASE("Storage of before: sessions live on, and the oldest of too many goes") {
  NativeStorage storage;
  NativeCrypto crypto;
  core::Entropy entropy(crypto, crypto.sha256("sessions"));
  core::Context step{core::Instant{1'790'000'000'000}, entropy, crypto, &storage};
  mcp::migrate(storage, 0);
  storage.query("DROP TABLE session_keys");
  storage.query("DROP INDEX sessions_to_go");
  storage.query("ALTER TABLE sessions DROP COLUMN ended");
  storage.query("DROP INDEX sessions_by_number");
  storage.query("ALTER TABLE sessions DROP COLUMN number");
  storage.query("CREATE INDEX sessions_by_grant ON sessions (grant_id)");
  for (int64_t i = 0; i < mcp::kMaxKeptSessions; ++i) {
    storage.query(
        "INSERT INTO sessions (id, grant_id, revision, client_name, client_version, created_at, seen_at)"
        " VALUES (?, 'g1', '2025-11-25', '', '', ?, ?)",
        {"session-" + std::to_string(i), i, i});
  }
  mcp::migrate(storage, 2);
  const mcp::Session session =
      mcp::open_session(step, "g1", mcp::kNewestLegacy, mcp::ClientFeatures::from_bits(0));
  CHECK(mcp::find_session(step, "g1", session.id));
  CHECK(mcp::find_session(step, "g1", "session-0"));
  mcp::keep_session(step, "g1", session);
  CHECK(mcp::find_session(step, "g1", session.id));
  CHECK_FALSE(mcp::find_session(step, "g1", "session-0"));
  CHECK(mcp::find_session(step, "g1", "session-1"));
  const core::Rows numbers =
      storage.query("SELECT count(*), count(DISTINCT number), max(number) FROM sessions");
  for (size_t column = 0; column < 3; ++column) CHECK(numbers.integer(0, column) == mcp::kMaxKeptSessions);
}
