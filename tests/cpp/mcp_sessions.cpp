// Sessions belong to a grant, survive whatever forgets memory, and what is kept of them is bounded.
#include "mcp/sessions.h"

#include <set>

#include "mcp/subscriptions.h"
#include "support.h"

using testing::json;
using testing::LegacyClient;
using testing::World;

TEST_CASE("Session ids are visible ASCII, long, and never the same") {
  World world;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const std::string id = LegacyClient(world, "2025-11-25").session();
    CHECK(id.size() == 56);
    for (char c : id) CHECK((c >= 0x21 && c <= 0x7E));
    CHECK(seen.insert(id).second);
  }
}

TEST_CASE(
    "A session that nothing was said in but its calls leaves no row, and outlives the object's memory") {
  World world(testing::example_tools());
  LegacyClient first(world, "2025-11-25");
  // The key of the grant's ids.
  CHECK(world.storage.filled_tables() == "session_keys 1");
  const int64_t written = world.storage.rows_written();
  LegacyClient second(world, "2025-06-18");
  world.evict();
  world.now = world.now + core::hours(24 * 365);
  for (LegacyClient* client : {&first, &second}) {
    CHECK(client->post(testing::notification_json("notifications/initialized")).status == 202);
    CHECK(client->call_tool("hello").status == 200);
  }
  CHECK(world.storage.rows_written() == written);
}

TEST_CASE("A session id that differs in anything from one that was given is unknown") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  const std::string id = client.session();
  const auto status = [&](std::string_view named) {
    return world.post(testing::request_json(1, "ping"), {{"Mcp-Session-Id", std::string(named)}}).status;
  };
  CHECK(status(id) == 200);
  for (size_t at = 0; at < id.size(); ++at) {
    std::string other = id;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    CAPTURE(at);
    CHECK(status(other) == 404);
  }
  for (size_t size = 1; size < id.size(); ++size) CHECK(status(id.substr(0, size)) == 404);
  CHECK(status(id + "A") == 404);
  CHECK(status(id + "AAAA") == 404);
  CHECK(status(std::string(8000, 'A')) == 404);
  CHECK(status("=") == 404);
  CHECK(status(id) == 200);
}

TEST_CASE("Another grant's session is as unknown as one that never was") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  LegacyClient of_bob(world, "2025-11-25", world.bob);
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

TEST_CASE("A session that its client ended stays ended, and the others go on") {
  World world(testing::example_tools());
  LegacyClient ended(world, "2025-11-25");
  LegacyClient other(world, "2025-11-25");
  CHECK(ended.end().status == 200);
  for (int time = 0; time < 2; ++time) {
    CHECK(ended.call("ping").status == 404);
    CHECK(ended.end().status == 404);
    CHECK(ended.get().status == 404);
    CHECK(other.call("ping").status == 200);
    world.evict();
  }
  CHECK(world.storage.filled_tables() == "session_keys 1, sessions 1");
}

TEST_CASE("What is kept of a session goes on with it under the grant that replaced its own") {
  World world(testing::example_tools());
  LegacyClient quiet(world, "2025-11-25");
  LegacyClient ended(world, "2025-11-25");
  REQUIRE(quiet.call("logging/setLevel", {{"level", "emergency"}}).status == 200);
  REQUIRE(ended.end().status == 200);
  LegacyClient successor(world, "2025-06-18", world.bob);
  world.in_step([](core::Context& step) { mcp::replace_grant(step, "grant-a", "grant-b"); });
  world.evict();
  core::Context step = world.step();
  const std::optional<mcp::Session> session = mcp::find_session(step, "grant-b", quiet.session());
  REQUIRE(session);
  CHECK(session->log_level == mcp::LogLevel::emergency);
  CHECK_FALSE(mcp::find_session(step, "grant-b", ended.session()));
  CHECK_FALSE(mcp::find_session(step, "grant-a", quiet.session()));
  CHECK(mcp::find_session(step, "grant-b", successor.session()));
}

TEST_CASE("A level that a session has already writes nothing") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  REQUIRE(client.call("logging/setLevel", {{"level", "debug"}}).status == 200);
  const int64_t written = world.storage.rows_written();
  REQUIRE(client.call("logging/setLevel", {{"level", "debug"}}).status == 200);
  CHECK(world.storage.rows_written() == written);
}

TEST_CASE("Of a thousand sessions something is kept; then those that have ended go first, the oldest first") {
  World world(testing::example_tools());
  LegacyClient level(world, "2025-11-25");
  REQUIRE(level.call("logging/setLevel", {{"level", "debug"}}).status == 200);
  const auto later = [&] { world.now = world.now + core::seconds(1); };
  later();
  LegacyClient silent(world, "2025-11-25");
  LegacyClient foreign(world, "2025-11-25", world.bob);
  std::vector<LegacyClient> ended;
  for (int64_t i = 0; i < mcp::kMaxKeptSessions; ++i) {
    later();
    ended.emplace_back(world, "2025-11-25");
  }
  later();
  LegacyClient newest(world, "2025-11-25");
  for (size_t i = 0; i + 1 < ended.size(); ++i) REQUIRE(ended[i].end().status == 200);
  CHECK(world.storage.filled_tables() == "session_keys 2, sessions 1000");
  CHECK(silent.call("ping").status == 200);

  REQUIRE(ended.back().end().status == 200);
  CHECK(world.storage.filled_tables() == "session_keys 2, sessions 1000");
  // The first that had ended was pushed out: it stays ended, and what began before it has ended with it.
  CHECK(ended.front().call("ping").status == 404);
  CHECK(silent.call("ping").status == 404);
  // Not what is kept, not what began later, and nothing of another grant.
  core::Context step = world.step();
  const std::optional<mcp::Session> kept = mcp::find_session(step, "grant-a", level.session());
  REQUIRE(kept);
  CHECK(kept->log_level == mcp::LogLevel::debug);
  CHECK(foreign.call("ping").status == 200);
  CHECK(newest.call("ping").status == 200);
  for (const LegacyClient& client : ended) CHECK_FALSE(mcp::find_session(step, "grant-a", client.session()));
  const core::Rows numbers = world.storage.query("SELECT count(DISTINCT number), max(number) FROM sessions");
  for (size_t column = 0; column < 2; ++column) CHECK(numbers.integer(0, column) == mcp::kMaxKeptSessions);
}

TEST_CASE("A session that is pushed out has ended, and leaves nothing to the one that takes its place") {
  World world(testing::example_tools());
  LegacyClient first(world, "2025-06-18");
  world.now = world.now + core::seconds(1);
  LegacyClient kept(world, "2025-11-25");
  for (LegacyClient* client : {&first, &kept}) {
    REQUIRE(client->get().status == 200);
    REQUIRE(client->call("logging/setLevel", {{"level", "debug"}}).status == 200);
    world.in_step([&](core::Context& step) {
      mcp::remember_elicitation(step, "elicitation-" + client->session(), client->session());
    });
    world.storage.query("INSERT INTO subscriptions (topic, holder) VALUES ('topic', ?)",
                        {std::string_view(client->session())});
  }
  core::Context step = world.step();
  for (int64_t i = 2; i < mcp::kMaxKeptSessions; ++i) {
    step.now = world.now + core::seconds(i);
    mcp::keep_session(
        step, "grant-b",
        mcp::open_session(step, "grant-b", mcp::kNewestLegacy, mcp::ClientFeatures::from_bits(0)));
  }
  CHECK(world.storage.filled_tables() ==
        "elicitations 2, session_keys 2, sessions 1000, stream_events 1, streams 2, subscriptions 2");

  LegacyClient newest(world, "2025-11-25");
  CHECK(first.call("ping").status == 200);
  REQUIRE(newest.call("logging/setLevel", {{"level", "error"}}).status == 200);
  CHECK(world.storage.filled_tables() ==
        "elicitations 1, session_keys 2, sessions 1000, stream_events 1, streams 1, subscriptions 1");
  CHECK(world.storage.query("SELECT holder FROM subscriptions").text(0, 0) == kept.session());
  CHECK(first.call("ping").status == 404);
  CHECK(kept.call("ping").status == 200);
  CHECK(newest.call("ping").status == 200);
}

TEST_CASE("What was kept of a grant's sessions goes with the grant") {
  World world(testing::example_tools());
  std::vector<LegacyClient> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(world, "2025-11-25", i % 2 == 0 ? world.alice : world.bob);
  for (LegacyClient& client : clients)
    REQUIRE(client.call("logging/setLevel", {{"level", "debug"}}).status == 200);
  world.end_grant("grant-a");
  CHECK(world.storage.filled_tables() == "session_keys 1, sessions 2");
  const core::Rows numbers = world.storage.query("SELECT count(DISTINCT number), max(number) FROM sessions");
  for (size_t column = 0; column < 2; ++column) CHECK(numbers.integer(0, column) == 2);
  CHECK(clients[0].call("ping").status == 404);
  CHECK(clients[1].call("ping").status == 200);
}

TEST_CASE("A storage of the first version keeps its sessions and gets what came since") {
  testing::NativeStorage old;
  mcp::create_sessions_schema(old);
  old.query("INSERT INTO sessions VALUES ('s', 'grant-a', '2025-06-18', 'c', '1', 1, 1)");
  CHECK(mcp::migrate(old, 1) == 4);
  CHECK(mcp::migrate(old, 4) == 4);
  World world;
  core::Context step = world.step();
  step.storage = &old;
  const std::optional<mcp::Session> session = mcp::find_session(step, "grant-a", "s");
  REQUIRE(session);
  CHECK(session->revision == mcp::Revision::v2025_06_18);
  CHECK(session->features.bits() == 0);
  CHECK(session->log_level == mcp::LogLevel::info);
  CHECK_FALSE(mcp::find_session(step, "grant-b", "s"));
  mcp::end_session(step, "grant-a", *session);
  CHECK_FALSE(mcp::find_session(step, "grant-a", "s"));
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
