// Sessions belong to a grant, survive whatever forgets memory, and are bounded.
#include "mcp/sessions.h"

#include <set>

#include "mcp/subscriptions.h"
#include "support.h"

using testing::json;
using testing::LegacyClient;
using testing::World;

namespace {

int64_t count(World& world) {
  return world.storage.query("SELECT count(*) FROM sessions").integer(0, 0);
}

}  // namespace

TEST_CASE("Session ids are visible ASCII, long, and never the same") {
  World world;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const std::string id = LegacyClient(world, "2025-11-25").session();
    CHECK(id.size() >= 22);
    for (char c : id) CHECK((c >= 0x21 && c <= 0x7E));
    CHECK(seen.insert(id).second);
  }
}

TEST_CASE("Another grant's session is as unknown as one that never was") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  const testing::Reply foreign =
      world.post(testing::request_json(1, "tools/list"), client.headers(), world.bob);
  const testing::Reply unknown =
      world.post(testing::request_json(1, "tools/list"), {{"Mcp-Session-Id", "never-was"}});
  CHECK(foreign.status == 404);
  CHECK(foreign.status == unknown.status);
  CHECK(foreign.text == unknown.text);
  CHECK(foreign.headers.fields() == unknown.headers.fields());

  CHECK(world.send(testing::make_request("DELETE", client.headers()), world.bob).status == 404);
  CHECK(client.call("ping").status == 200);
}

TEST_CASE("Ending a grant's sessions ends all of them and no others") {
  World world(testing::example_tools());
  LegacyClient first(world, "2025-11-25");
  LegacyClient second(world, "2025-06-18");
  LegacyClient foreign(world, "2025-11-25", world.bob);
  world.end_grant("grant-a");
  CHECK(first.call("ping").status == 404);
  CHECK(second.call("ping").status == 404);
  CHECK(foreign.call("ping").status == 200);
  world.end_grant("no-such-grant");
  CHECK(foreign.call("ping").status == 200);
}

TEST_CASE("The sessions of a grant go on under the one that replaced it, and under it alone") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  world.in_step([](core::Context& step) { mcp::replace_grant(step, "grant-a", "grant-b"); });
  CHECK(client.call("ping").status == 404);
  CHECK(world.post(testing::request_json(1, "ping"), client.headers(), world.bob).status == 200);
}

TEST_CASE("Sessions do not interfere: each has its revision") {
  World world(testing::example_tools());
  LegacyClient old_one(world, "2024-11-05");
  LegacyClient new_one(world, "2025-11-25");
  CHECK_FALSE(old_one.call("tools/list").result()["tools"][0].contains("title"));
  CHECK(new_one.call("tools/list").result()["tools"][0].contains("title"));
}

TEST_CASE("What the client says of itself is kept, but not at any length") {
  World world;
  const json params = {{"protocolVersion", "2025-11-25"},
                       {"capabilities", json::object()},
                       {"clientInfo", {{"name", std::string(199, 'x') + "é and more"}, {"version", "0.1"}}}};
  REQUIRE(world.post(testing::request_json(1, "initialize", params)).status == 200);
  const core::Rows rows =
      world.storage.query("SELECT client_name, client_version, grant_id, revision FROM sessions");
  CHECK(rows.text(0, 0) == std::string(199, 'x'));  // never half of a character
  CHECK(rows.text(0, 1) == "0.1");
  CHECK(rows.text(0, 2) == "grant-a");
  CHECK(rows.text(0, 3) == "2025-11-25");
}

TEST_CASE("A call writes nothing for its session, but once in five minutes") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  const auto seen_at = [&] { return world.storage.query("SELECT seen_at FROM sessions").integer(0, 0); };
  const core::Instant opened = world.now;

  const int64_t written = world.storage.rows_written();
  world.now = opened + core::minutes(5) - core::milliseconds(1);
  client.call_tool("hello");
  CHECK(world.storage.rows_written() == written);
  CHECK(seen_at() == opened.milliseconds);

  world.now = opened + core::minutes(5);
  client.call_tool("hello");
  CHECK(world.storage.rows_written() == written + 1);
  CHECK(seen_at() == world.now.milliseconds);
  client.call_tool("hello");
  CHECK(world.storage.rows_written() == written + 1);
}

TEST_CASE("A principal has at most a thousand sessions, and the one longest silent goes first") {
  World world(testing::example_tools());
  LegacyClient first(world, "2025-11-25");
  world.now = world.now + core::seconds(1);
  LegacyClient second(world, "2025-11-25");
  core::Context step = world.step();
  for (int64_t i = 2; i < mcp::kMaxSessions; ++i) {
    step.now = world.now + core::seconds(i);
    mcp::open_session(step, "grant-b", mcp::kNewestLegacy, {"many", "1"}, mcp::ClientFeatures::from_bits(0));
  }
  CHECK(count(world) == mcp::kMaxSessions);

  // The first speaks again, so that the second is the one to go.
  world.now = world.now + core::hours(1);
  CHECK(first.call("ping").status == 200);
  LegacyClient newest(world, "2025-11-25");
  CHECK(count(world) == mcp::kMaxSessions);
  CHECK(first.call("ping").status == 200);
  CHECK(newest.call("ping").status == 200);
  CHECK(second.call("ping").status == 404);
}

TEST_CASE("A session that is pushed out leaves nothing to the one that takes its place, and to no other") {
  World world(testing::example_tools());
  LegacyClient first(world, "2025-06-18");
  world.now = world.now + core::seconds(1);
  LegacyClient kept(world, "2025-11-25");
  for (LegacyClient* client : {&first, &kept}) {
    REQUIRE(client->get().status == 200);
    world.in_step([&](core::Context& step) {
      mcp::set_log_level(*step.storage, client->session(), mcp::LogLevel::debug);
      mcp::remember_elicitation(step, "elicitation-" + client->session(), client->session());
    });
    world.storage.query("INSERT INTO subscriptions (topic, holder) VALUES ('topic', ?)",
                        {std::string_view(client->session())});
  }
  core::Context step = world.step();
  for (int64_t i = 2; i < mcp::kMaxSessions; ++i) {
    step.now = world.now + core::seconds(i);
    mcp::open_session(step, "grant-b", mcp::kNewestLegacy, {"many", "1"}, mcp::ClientFeatures::from_bits(0));
  }
  CHECK(world.storage.filled_tables() ==
        "elicitations 2, sessions 1000, stream_events 1, streams 2, subscriptions 2");

  LegacyClient newest(world, "2025-11-25");
  CHECK(world.storage.filled_tables() ==
        "elicitations 1, sessions 1000, stream_events 1, streams 1, subscriptions 1");
  CHECK(world.storage.query("SELECT holder FROM subscriptions").text(0, 0) == kept.session());
  const core::Rows row = world.storage.query(
      "SELECT grant_id, revision, log_level, created_at, seen_at FROM sessions WHERE id = ?",
      {std::string_view(newest.session())});
  REQUIRE(row.size() == 1);
  CHECK(row.text(0, 0) == "grant-a");
  CHECK(row.text(0, 1) == "2025-11-25");
  CHECK(row.text(0, 2) == "info");
  CHECK(row.integer(0, 3) == world.now.milliseconds);
  CHECK(row.integer(0, 4) == world.now.milliseconds);
  const core::Rows numbers = world.storage.query("SELECT count(DISTINCT number), max(number) FROM sessions");
  for (size_t column = 0; column < 2; ++column) CHECK(numbers.integer(0, column) == mcp::kMaxSessions);
  CHECK(first.call("ping").status == 404);
  CHECK(kept.call("ping").status == 200);
}

TEST_CASE("A storage of the first version keeps its sessions and gets what came since") {
  testing::NativeStorage old;
  mcp::create_sessions_schema(old);
  old.query("INSERT INTO sessions VALUES ('s', 'grant-a', '2025-06-18', 'c', '1', 1, 1)");
  CHECK(mcp::migrate(old, 1) == 3);
  CHECK(mcp::migrate(old, 3) == 3);
  World world;
  core::Context step = world.step();
  step.storage = &old;
  const std::optional<mcp::Session> session = mcp::find_session(step, "grant-a", "s");
  REQUIRE(session);
  CHECK(session->revision == mcp::Revision::v2025_06_18);
  CHECK(session->features.bits() == 0);
  CHECK(session->log_level == mcp::LogLevel::info);
}

TEST_CASE("What a client can do is kept with its session") {
  World world;
  const json capabilities = {{"elicitation", {{"url", json::object()}}}, {"roots", json::object()}};
  LegacyClient client(world, "2025-11-25", capabilities);
  core::Context step = world.step();
  const std::optional<mcp::Session> session = mcp::find_session(step, "grant-a", client.session());
  REQUIRE(session);
  using mcp::ClientFeature;
  CHECK(session->features.has(ClientFeature::url_elicitation));
  CHECK(session->features.has(ClientFeature::roots));
  CHECK_FALSE(session->features.has(ClientFeature::form_elicitation));
  CHECK_FALSE(session->features.has(ClientFeature::sampling));
  CHECK_FALSE(session->features.has(ClientFeature::tasks));
}
