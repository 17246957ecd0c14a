// JSON-RPC batches, which 2025-03-26 alone has.
#include "support.h"

using testing::json;
using testing::LegacyClient;
using testing::Reply;
using testing::World;

namespace {

std::string batch(const std::vector<std::string>& messages) {
  std::string text;
  for (const std::string& message : messages) text += (text.empty() ? "[" : ",") + message;
  return text + "]";
}

const std::string kMixed =
    batch({testing::request_json(1, "ping"), testing::notification_json("notifications/x"),
           testing::request_json("two", "tools/call", {{"name", "hello"}}),
           testing::request_json(3, "no/such"), R"({"jsonrpc":"2.0","id":4,"result":{}})"});

}  // namespace

TEST_CASE("Batch: each request is answered, in order, and nothing else") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-03-26");
  const Reply reply = client.post(kMixed);
  CHECK(reply.status == 200);
  REQUIRE(reply.body.is_array());
  REQUIRE(reply.body.size() == 3);
  CHECK(reply.body[0] == json{{"jsonrpc", "2.0"}, {"id", 1}, {"result", json::object()}});
  CHECK(reply.body[1]["id"] == "two");
  CHECK(reply.body[1]["result"]["content"][0]["type"] == "text");
  CHECK(reply.body[2]["error"]["code"] == -32601);
}

TEST_CASE("Batch: without requests there is nothing to answer") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-03-26");
  const Reply reply = client.post(
      batch({testing::notification_json("notifications/x"), R"({"jsonrpc":"2.0","id":4,"result":{}})"}));
  CHECK(reply.status == 202);
  CHECK(reply.text.empty());
}

TEST_CASE("Batch: the session's revision decides whether there are batches, whatever the header says") {
  World world(testing::example_tools());
  for (const std::string& revision : testing::kLegacyRevisions) {
    CAPTURE(revision);
    LegacyClient client(world, revision);
    const int expected = revision <= "2025-03-26" ? 200 : 400;
    for (const std::string& header : {std::string(testing::kNoHeader), revision, std::string("2025-03-26")}) {
      const Reply reply =
          world.post(kMixed, {{"Mcp-Session-Id", client.session()}, {"MCP-Protocol-Version", header}});
      CHECK(reply.status == expected);
      if (expected == 400) CHECK(reply.code() == -32600);
    }
  }
}

TEST_CASE("Batch: initialize cannot be part of one") {
  World world(testing::example_tools());
  const json params = {{"protocolVersion", "2025-03-26"},
                       {"capabilities", json::object()},
                       {"clientInfo", {{"name", "c"}, {"version", "1"}}}};
  const std::string body = batch({testing::request_json(1, "initialize", params)});
  LegacyClient client(world, "2025-03-26");
  for (const Reply& reply : {world.post(body), client.post(body)}) {
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32600);
    CHECK_FALSE(reply.headers.has("Mcp-Session-Id"));
  }
}

TEST_CASE("Batch: one message that is none spoils all, before any is acted on") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-03-26");
  const Reply reply = client.post(
      batch({testing::request_json(1, "tools/call", {{"name", "hello"}}), R"({"jsonrpc":"2.0"})"}));
  CHECK(reply.status == 400);
  CHECK(reply.code() == -32600);
  CHECK(world.gate.asked.empty());
}

TEST_CASE("Batch: a missing scope is told in its place, for the others are done") {
  World world(testing::example_tools());
  world.gate.answers["fail"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer"};
  LegacyClient client(world, "2025-03-26");
  const Reply reply = client.post(batch({testing::request_json(1, "tools/call", {{"name", "hello"}}),
                                         testing::request_json(2, "tools/call", {{"name", "fail"}})}));
  CHECK(reply.status == 200);
  CHECK(reply.body[0].contains("result"));
  CHECK(reply.body[1]["error"]["message"].is_string());
}

TEST_CASE("Batch: a client that takes event streams alone gets the batch as one message") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-03-26");
  const Reply reply = client.post(kMixed, {{"Accept", "text/event-stream"}});
  CHECK(reply.form == Reply::Form::event_stream);
  CHECK(reply.body.size() == 3);
}
