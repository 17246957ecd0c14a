// The legacy era: the same stories for every revision, and what sets the revisions apart.
#include "support.h"

using testing::HeaderList;
using testing::json;
using testing::kLegacyRevisions;
using testing::kNoHeader;
using testing::LegacyClient;
using testing::Reply;
using testing::World;

namespace {

json hello_params(std::string_view version) {
  return {{"protocolVersion", version},
          {"capabilities", json::object()},
          {"clientInfo", {{"name", "c"}, {"version", "1"}}}};
}

std::string hello(std::string_view version) {
  return testing::request_json(0, "initialize", hello_params(version));
}

}  // namespace

TEST_CASE("Legacy: initialize, initialized, list, call, ping, end") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(testing::example_tools());
    LegacyClient client(world, revision);
    CHECK(client.hello["protocolVersion"] == revision);
    CHECK(client.hello["capabilities"] ==
          json{{"tools", {{"listChanged", true}}}, {"logging", json::object()}});
    CHECK(client.hello["serverInfo"]["name"] == "test-server");
    CHECK(client.hello["serverInfo"]["version"] == "1.2.3");
    CHECK(client.hello["instructions"] == "Be nice.");
    CHECK(client.hello["serverInfo"].contains("title") == (revision >= "2025-06-18"));

    const Reply list = client.call("tools/list");
    CHECK(list.status == 200);
    CHECK(list.result()["tools"].size() == 4);
    CHECK(client.call_tool("hello").tool_text() == R"({"greeting":"hello","to":"Alice"})");

    const Reply ping = client.call("ping");
    CHECK(ping.status == 200);
    CHECK(ping.result() == json::object());

    CHECK(client.end().status == 200);
    CHECK(client.call("ping").status == 404);
    CHECK(client.end().status == 404);
  }
}

TEST_CASE("Legacy: results carry nothing of the modern era") {
  World world(testing::example_tools());
  for (const std::string& revision : kLegacyRevisions) {
    LegacyClient client(world, revision);
    for (const Reply& reply : {client.call("tools/list"), client.call_tool("hello"), client.call("ping")}) {
      CAPTURE(revision, reply.text);
      for (const char* member : {"resultType", "ttlMs", "cacheScope", "_meta"}) {
        CHECK_FALSE(reply.result().contains(member));
      }
    }
  }
}

TEST_CASE("Legacy: a tool is described in the words that the revision has") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(testing::example_tools());
    LegacyClient client(world, revision);
    const json tool = client.call("tools/list").result()["tools"][0];
    CHECK(tool["name"] == "hello");
    CHECK(tool["description"] == "Greets.");
    CHECK(tool["inputSchema"]["type"] == "object");
    CHECK(tool.contains("annotations") == (revision >= "2025-03-26"));
    CHECK(tool.contains("title") == (revision >= "2025-06-18"));
    CHECK(tool.contains("outputSchema") == (revision >= "2025-06-18"));
    CHECK(client.call_tool("hello").result().contains("structuredContent") == (revision >= "2025-06-18"));
  }
}

TEST_CASE("Legacy: a version that is not served is answered with the newest legacy one") {
  World world(testing::example_tools());
  for (const char* version : {"2026-07-28", "2030-01-01", "2024-10-07", "1.0", ""}) {
    CAPTURE(version);
    const Reply reply = world.post(hello(version));
    CHECK(reply.status == 200);
    CHECK(reply.result()["protocolVersion"] == "2025-11-25");
    CHECK(reply.headers.has("Mcp-Session-Id"));
  }
}

TEST_CASE("Legacy: initialize without what it needs is an error and opens no session") {
  World world(testing::example_tools());
  std::vector<json> all;
  for (const char* missing : {"protocolVersion", "capabilities", "clientInfo"}) {
    json params = hello_params("2025-11-25");
    params.erase(missing);
    all.push_back(params);
  }
  all.push_back(nullptr);
  all.push_back(
      {{"protocolVersion", 20251125}, {"capabilities", json::object()}, {"clientInfo", json::object()}});
  json nameless = hello_params("2025-11-25");
  nameless["clientInfo"].erase("name");
  all.push_back(nameless);
  for (const json& params : all) {
    const Reply reply = world.post(testing::request_json(4, "initialize", params));
    CAPTURE(reply.text);
    CHECK(reply.status == 200);
    CHECK(reply.code() == -32602);
    CHECK(reply.body["id"] == 4);
    CHECK_FALSE(reply.headers.has("Mcp-Session-Id"));
  }
  CHECK(world.storage.filled_tables().empty());
}

TEST_CASE("Legacy: everything after initialize needs its session") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  const std::vector<std::string> bodies = {
      testing::request_json(1, "tools/list"), testing::request_json(1, "ping"),
      testing::notification_json("notifications/initialized"), R"({"jsonrpc":"2.0","id":1,"result":{}})",
      "[" + testing::request_json(1, "ping") + "]"};
  for (const std::string& body : bodies) {
    CAPTURE(body);
    CHECK(world.post(body).status == 400);
    CHECK(world.post(body, {{"Mcp-Session-Id", ""}}).status == 400);
    CHECK(world.post(body, {{"Mcp-Session-Id", "unknown"}}).status == 404);
    CHECK(world.post(body, {{"Mcp-Session-Id", client.session() + "x"}}).status == 404);
  }
  CHECK(world.post(bodies[0]).code() == -32600);
  CHECK(world.post(bodies[0]).body["id"] == 1);
  CHECK_FALSE(world.post(bodies[2]).body.contains("id"));
  CHECK_FALSE(world.post(bodies[3]).body.contains("id"));
}

TEST_CASE("Legacy: DELETE needs a session of one's own too") {
  World world(testing::example_tools());
  CHECK(world.send(testing::make_request("DELETE", {})).status == 400);
  CHECK(world.send(testing::make_request("DELETE", {{"Mcp-Session-Id", "unknown"}})).status == 404);
}

TEST_CASE("Legacy: methods that HTTP has and the protocol has not are 405 and say what is allowed") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-06-18");
  for (const char* method : {"PUT", "PATCH", "HEAD", "post", "get"}) {
    CAPTURE(method);
    const Reply reply = world.send(testing::make_request(method, client.headers()));
    CHECK(reply.status == 405);
    CHECK(reply.header("Allow") == "POST, GET, DELETE");
  }
}

TEST_CASE("Legacy: MCP-Protocol-Version may be any revision with sessions, or absent") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  for (const std::string& version : kLegacyRevisions) {
    const HeaderList headers = {{"Mcp-Session-Id", client.session()}, {"MCP-Protocol-Version", version}};
    CHECK(world.post(testing::request_json(1, "ping"), headers).status == 200);
  }
  CHECK(world.post(testing::request_json(1, "ping"), {{"Mcp-Session-Id", client.session()}}).status == 200);
  for (const char* version : {"2024-10-07", "1999-01-01", ""}) {
    const HeaderList headers = {{"Mcp-Session-Id", client.session()}, {"MCP-Protocol-Version", version}};
    CAPTURE(version);
    const Reply reply = world.post(testing::request_json(1, "ping"), headers);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32600);
    CHECK(world.send(testing::make_request("DELETE", headers)).status == 400);
  }
}

TEST_CASE("Legacy: a result is shaped by the session's revision, not by the header") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-03-26");
  const Reply reply =
      client.post(testing::request_json(1, "tools/list"), {{"MCP-Protocol-Version", "2025-11-25"}});
  CHECK_FALSE(reply.result()["tools"][0].contains("title"));
}

TEST_CASE("Legacy: notifications and posted responses are taken without a body") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(testing::example_tools());
    LegacyClient client(world, revision);
    for (const std::string& body :
         {testing::notification_json("notifications/initialized"),
          testing::notification_json("notifications/cancelled", {{"requestId", 1}, {"reason", "late"}}),
          testing::notification_json("notifications/progress", {{"progressToken", 1}, {"progress", 1}}),
          testing::notification_json("notifications/roots/list_changed"),
          testing::notification_json("no/such"), std::string(R"({"jsonrpc":"2.0","id":9,"result":{}})"),
          std::string(R"({"jsonrpc":"2.0","id":9,"error":{"code":-1,"message":"declined"}})")}) {
      CAPTURE(body);
      const Reply reply = client.post(body);
      CHECK(reply.status == 202);
      CHECK(reply.text.empty());
    }
  }
}

TEST_CASE("Legacy: methods that this server does not have are errors under 200") {
  for (const std::string& revision : kLegacyRevisions) {
    World world(testing::example_tools());
    LegacyClient client(world, revision);
    for (const char* method : {"no/such", "server/discover", "subscriptions/listen", "tasks/get",
                               "tasks/list", "tasks/cancel", "initialized"}) {
      CAPTURE(revision, method);
      const Reply reply = client.call(method);
      CHECK(reply.status == 200);
      CHECK(reply.code() == -32601);
    }
  }
}

TEST_CASE("Legacy: unknown tools, bad parameters and cursors are errors under 200") {
  for (const std::string& revision : kLegacyRevisions) {
    World world(testing::example_tools());
    LegacyClient client(world, revision);
    for (const Reply& reply : {client.call_tool("no_such_tool"), client.call("tools/call"),
                               client.call("tools/call", {{"name", 7}}),
                               client.call("tools/call", {{"name", "hello"}, {"arguments", "x"}}),
                               client.call("tools/call", {{"name", "hello"}, {"arguments", nullptr}}),
                               client.call("tools/list", {{"cursor", "made-up"}})}) {
      CAPTURE(revision, reply.text);
      CHECK(reply.status == 200);
      CHECK(reply.code() == -32602);
    }
  }
}

TEST_CASE("Legacy: Accept must allow one of the two forms") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  const std::string ping = testing::request_json(3, "ping");
  CHECK(client.post(ping, {{"Accept", "text/html"}}).status == 406);
  CHECK(client.post("[" + ping + "]", {{"Accept", "image/png"}}).status == 406);
  CHECK(client.post(testing::notification_json("x"), {{"Accept", "text/html"}}).status == 406);
  CHECK(world.post(hello("2025-11-25"), {{"Accept", "text/html"}}).status == 406);
  CHECK(client.post(ping, {{"Accept", "*/*"}}).status == 200);
  CHECK(client.post(ping, {{"Accept", std::string(kNoHeader)}}).status == 200);
  CHECK(client.post(ping, {{"Accept", "application/json"}}).form == Reply::Form::one_json);

  const Reply stream = client.post(ping, {{"Accept", "text/event-stream"}});
  CHECK(stream.status == 200);
  CHECK(stream.form == Reply::Form::event_stream);
  CHECK(stream.body == json{{"jsonrpc", "2.0"}, {"id", 3}, {"result", json::object()}});
}

TEST_CASE("Legacy: initialize as an event stream still names its session") {
  World world(testing::example_tools());
  const Reply reply = world.post(hello("2025-06-18"), {{"Accept", "text/event-stream"}});
  CHECK(reply.form == Reply::Form::event_stream);
  CHECK(reply.headers.has("Mcp-Session-Id"));
}

TEST_CASE("Legacy: the session id is minted by initialize alone") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  CHECK_FALSE(client.call("tools/list").headers.has("Mcp-Session-Id"));
  CHECK_FALSE(client.call_tool("hello").headers.has("Mcp-Session-Id"));
}

TEST_CASE("Legacy: a missing scope is a 403 with the challenge") {
  World world(testing::example_tools());
  world.gate.answers["fail"] = {mcp::Permission::Kind::scope_missing, "You need more.", "Bearer error=\"x\""};
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    const Reply reply = LegacyClient(world, revision).call_tool("fail");
    CHECK(reply.status == 403);
    CHECK(reply.header("WWW-Authenticate") == "Bearer error=\"x\"");
    CHECK(reply.message() == "You need more.");
    CHECK(reply.body["id"] == 1);
  }
}

// ---- What comes before any era ----

TEST_CASE("Transport: a body that the host did not read whole is too large") {
  World world(testing::example_tools());
  core::Request request = testing::make_request("POST", {{"Content-Type", "application/json"}});
  request.body_state = core::BodyState::too_large;
  CHECK(world.send(request).status == 413);
}

TEST_CASE("Transport: a body over 1 MiB is too large however it came") {
  World world(testing::example_tools());
  CHECK(world.post('"' + std::string(1024 * 1024 - 1, 'x') + '"').status == 413);
}

TEST_CASE("Transport: content that is not declared as JSON is refused") {
  World world(testing::example_tools());
  for (std::string_view type :
       {kNoHeader, std::string_view("text/plain"), std::string_view("application/x-www-form-urlencoded")}) {
    CHECK(world.post(hello("2025-11-25"), {{"Content-Type", std::string(type)}}).status == 415);
  }
  CHECK(world.post(hello("2025-11-25"), {{"Content-Type", "application/json; charset=utf-8"}}).status == 200);
}

TEST_CASE("Transport: what the gate refuses is a parse error that says why, without an id") {
  World world(testing::example_tools());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,", "not valid JSON"},
      {"{} x", "more text"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","id":2})", "same name twice"},
      {R"({"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"})", "64 bits"},
      {std::string(65, '['), "nested"},
      {"\"\xFF\"", "UTF-8"}};
  for (const auto& [body, words] : cases) {
    CAPTURE(body);
    const Reply reply = world.post(body);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32700);
    CHECK(reply.message().find(words) != std::string::npos);
    CHECK_FALSE(reply.body.contains("id"));
  }
}

TEST_CASE("Transport: JSON that is no message is an invalid request, with its id where it has one") {
  World world(testing::example_tools());
  const Reply with_id = world.post(R"({"id":5,"method":"ping"})");
  CHECK(with_id.status == 400);
  CHECK(with_id.code() == -32600);
  CHECK(with_id.body["id"] == 5);

  for (const char* body : {"[]", "7", R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
                           R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", R"([{"jsonrpc":"2.0"}])"}) {
    CAPTURE(body);
    const Reply reply = world.post(body);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32600);
    CHECK_FALSE(reply.body.contains("id"));
  }
}

TEST_CASE("Transport: no answer may be kept by a cache") {
  World world(testing::example_tools());
  CHECK(world.post(hello("2025-11-25")).header("Cache-Control") == "no-store");
  CHECK(world.post("x").header("Cache-Control") == "no-store");
}

// ---- A step that trapped ----

TEST_CASE("A trap is answered with an internal error and the request's id") {
  World world(testing::example_tools());
  const auto answer = [&](std::string_view body) {
    const core::Response response =
        world.server->fault(testing::make_request("POST", {}, body), mcp::Changed::nothing);
    CHECK(response.status == 500);
    return json::parse(response.body);
  };
  CHECK(answer(testing::request_json("x", "tools/call"))["id"] == "x");
  CHECK(answer(testing::request_json("x", "tools/call"))["error"]["code"] == -32603);
  for (const char* body : {"", "{", "[1]", "[]", "7", R"({"jsonrpc":"2.0","method":"x"})"}) {
    CHECK_FALSE(answer(body).contains("id"));
    CHECK(answer(body)["error"]["code"] == -32603);
  }
}
