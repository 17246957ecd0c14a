// The modern era: every row of the table of HTTP rules (MCP 2026-07-28, basic/transports and basic/index).
#include "support.h"

using testing::HeaderList;
using testing::json;
using testing::kNoHeader;
using testing::ModernClient;
using testing::Reply;
using testing::World;

namespace {

constexpr const char* kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";

/// tools/list with `_meta` and headers to be broken.
struct Probe {
  json meta = ModernClient::meta();
  std::string method = "tools/list";
  json params = json::object();
  HeaderList headers = ModernClient::headers("tools/list");

  void header(std::string_view name, std::string_view value) {
    for (auto& entry : headers) {
      if (entry.first == name) {
        entry.second = value;
        return;
      }
    }
    headers.emplace_back(name, value);
  }
  Reply send(World& world, const json& id = 7) const {
    json all = params;
    if (!meta.is_null()) all["_meta"] = meta;
    return world.post(testing::request_json(id, method, all), headers);
  }
};

}  // namespace

TEST_CASE("Modern: a request in order is answered with one JSON object") {
  World world(testing::example_tools());
  const Reply reply = Probe().send(world, "my-id");
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "application/json");
  CHECK(reply.body["jsonrpc"] == "2.0");
  CHECK(reply.body["id"] == "my-id");
  CHECK(reply.result()["tools"].size() == 4);
}

TEST_CASE("Modern: every result says what it is, how long it holds and who answers") {
  World world(testing::example_tools());
  ModernClient client(world);
  const json server_info = {{"name", "test-server"}, {"title", "Test Server"}, {"version", "1.2.3"}};
  for (const Reply& reply :
       {client.call("server/discover"), client.call("tools/list"), client.call_tool("hello")}) {
    CHECK(reply.result()["resultType"] == "complete");
    CHECK(reply.result()["_meta"]["io.modelcontextprotocol/serverInfo"] == server_info);
  }
  for (const Reply& reply : {client.call("server/discover"), client.call("tools/list")}) {
    CHECK(reply.result()["ttlMs"].is_number_unsigned());
    CHECK(reply.result()["cacheScope"] == "private");
  }
}

TEST_CASE("Modern: server/discover tells versions, capabilities and instructions") {
  World world(testing::example_tools());
  const Reply reply = ModernClient(world).call("server/discover");
  CHECK(reply.status == 200);
  CHECK(reply.result()["supportedVersions"] == json::array({"2026-07-28"}));
  CHECK(reply.result()["capabilities"] ==
        json{{"tools", {{"listChanged", true}}}, {"logging", json::object()}});
  CHECK(reply.result()["instructions"] == "Be nice.");
}

TEST_CASE("Modern: _meta must be whole and well-typed") {
  World world(testing::example_tools());
  struct Case {
    std::string what;
    std::function<void(Probe&)> breakage;
  };
  const std::vector<Case> cases = {
      {"no _meta", [](Probe& p) { p.meta = nullptr; }},
      {"no protocolVersion", [](Probe& p) { p.meta.erase(kVersionKey); }},
      {"protocolVersion is a number", [](Probe& p) { p.meta[kVersionKey] = 20260728; }},
      {"no clientCapabilities", [](Probe& p) { p.meta.erase(kCapabilitiesKey); }},
      {"clientCapabilities is an array", [](Probe& p) { p.meta[kCapabilitiesKey] = json::array(); }},
      {"a capability is a flag", [](Probe& p) { p.meta[kCapabilitiesKey]["sampling"] = true; }},
      {"clientInfo is a string", [](Probe& p) { p.meta["io.modelcontextprotocol/clientInfo"] = "me"; }},
      {"clientInfo has no version",
       [](Probe& p) { p.meta["io.modelcontextprotocol/clientInfo"].erase("version"); }},
      {"logLevel is unknown", [](Probe& p) { p.meta["io.modelcontextprotocol/logLevel"] = "loud"; }},
      {"logLevel is a number", [](Probe& p) { p.meta["io.modelcontextprotocol/logLevel"] = 3; }},
      {"progressToken is an object", [](Probe& p) { p.meta["progressToken"] = json::object(); }},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    Probe probe;
    each.breakage(probe);
    const Reply reply = probe.send(world);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32602);
    CHECK(reply.body["id"] == 7);
  }
}

TEST_CASE("Modern: what is optional in _meta may be there or not") {
  World world(testing::example_tools());
  Probe probe;
  probe.meta.erase("io.modelcontextprotocol/clientInfo");
  CHECK(probe.send(world).status == 200);
  probe.meta["io.modelcontextprotocol/logLevel"] = "debug";
  probe.meta["progressToken"] = 0;
  probe.meta["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  probe.meta[kCapabilitiesKey] = {{"elicitation", {{"form", json::object()}}},
                                  {"extensions", json::object()}};
  CHECK(probe.send(world).status == 200);
}

TEST_CASE("Modern: MCP-Protocol-Version must repeat what _meta says") {
  World world(testing::example_tools());
  for (std::string_view value : {kNoHeader, std::string_view("2025-11-25"), std::string_view("2026-07-29")}) {
    CAPTURE(value);
    Probe probe;
    probe.header("MCP-Protocol-Version", value);
    const Reply reply = probe.send(world);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32020);
    CHECK(reply.body["id"] == 7);
  }
}

TEST_CASE("Modern: a version that is not served is told, after the header was compared") {
  World world(testing::example_tools());
  for (const std::string version : {"2027-01-01", "2025-11-25"}) {
    CAPTURE(version);
    Probe probe;
    probe.meta[kVersionKey] = version;
    CHECK(probe.send(world).code() == -32020);  // the header still says 2026-07-28

    probe.header("MCP-Protocol-Version", version);
    const Reply reply = probe.send(world);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32022);
    CHECK(reply.error()["data"] == json{{"supported", {"2026-07-28"}}, {"requested", version}});
  }
}

TEST_CASE("Modern: Mcp-Method must repeat the method, to the letter") {
  World world(testing::example_tools());
  for (std::string_view value :
       {kNoHeader, std::string_view("tools/call"), std::string_view("Tools/List"), std::string_view("")}) {
    CAPTURE(value);
    Probe probe;
    probe.header("Mcp-Method", value);
    const Reply reply = probe.send(world);
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32020);
  }
  Probe probe;
  probe.headers = {{"mcp-protocol-version", "2026-07-28"}, {"MCP-METHOD", " tools/list\t"}};
  CHECK(probe.send(world).status == 200);
}

TEST_CASE("Modern: Mcp-Name must repeat the target of a call") {
  World world(testing::example_tools());
  Probe probe;
  probe.method = "tools/call";
  probe.params = {{"name", "hello"}};
  probe.headers = ModernClient::headers("tools/call");

  SECTION("missing, different, or in another case") {
    for (std::string_view value :
         {kNoHeader, std::string_view("echo"), std::string_view("Hello"),
          std::string_view("=?base64?ZWNobw==?="), std::string_view("=?base64?aGVsbG8?=")}) {
      CAPTURE(value);
      probe.header("Mcp-Name", value);
      const Reply reply = probe.send(world);
      CHECK(reply.status == 400);
      CHECK(reply.code() == -32020);
    }
  }
  SECTION("the same, plain or wrapped") {
    for (std::string_view value : {"hello", "  hello ", "=?base64?aGVsbG8=?="}) {
      CAPTURE(value);
      probe.header("Mcp-Name", value);
      CHECK(probe.send(world).status == 200);
    }
  }
  SECTION("without a target in the body the method itself answers") {
    probe.params = json::object();
    const Reply reply = probe.send(world);
    CHECK(reply.status == 200);
    CHECK(reply.code() == -32602);
  }
  SECTION("other methods need none, and one that is sent is passed over") {
    Probe list;
    list.header("Mcp-Name", "anything");
    CHECK(list.send(world).status == 200);
  }
  SECTION("resources and tasks are named too") {
    probe.method = "resources/read";
    probe.params = {{"uri", "test://x"}};
    probe.headers = ModernClient::headers("resources/read", "test://y");
    CHECK(probe.send(world).code() == -32020);
    probe.header("Mcp-Name", "test://x");
    CHECK(probe.send(world).code() == -32602);
    probe.method = "tasks/get";
    probe.params = {{"taskId", "t"}};
    probe.headers = ModernClient::headers("tasks/get", "u");
    CHECK(probe.send(world).code() == -32020);
  }
}

TEST_CASE("Modern: the first thing that is wrong is the one that is told") {
  World world(testing::example_tools());
  Probe probe;
  probe.method = "no/such";
  probe.meta.erase(kCapabilitiesKey);
  probe.meta[kVersionKey] = "2027-01-01";
  probe.headers = {};
  CHECK(probe.send(world).code() == -32602);
  probe.meta[kCapabilitiesKey] = json::object();
  CHECK(probe.send(world).code() == -32020);
  probe.header("MCP-Protocol-Version", "2027-01-01");
  CHECK(probe.send(world).code() == -32022);
  probe.meta[kVersionKey] = "2026-07-28";
  probe.header("MCP-Protocol-Version", "2026-07-28");
  CHECK(probe.send(world).code() == -32020);
  probe.header("Mcp-Method", "no/such");
  CHECK(probe.send(world).code() == -32601);
}

TEST_CASE("Modern: methods that this server does not have are 404, the removed ones too") {
  World world(testing::example_tools());
  ModernClient client(world);
  for (const char* method : {"no/such", "initialize", "ping", "logging/setLevel", "resources/subscribe",
                             "resources/unsubscribe", "tasks/list", "tasks/result", "roots/list", ""}) {
    CAPTURE(method);
    const Reply reply = client.call(method);
    CHECK(reply.status == 404);
    CHECK(reply.code() == -32601);
    CHECK(reply.body["id"].is_number_integer());
  }
}

TEST_CASE("Modern: notifications are taken and mean nothing yet") {
  World world(testing::example_tools());
  const HeaderList headers = {{"MCP-Protocol-Version", "2026-07-28"}};
  const Reply reply = world.post(testing::notification_json("notifications/anything"), headers);
  CHECK(reply.status == 202);
  CHECK(reply.text.empty());
  CHECK(world.post(testing::notification_json("x", {{"_meta", ModernClient::meta()}})).status == 202);
}

TEST_CASE("Modern: notifications that contradict themselves are not taken") {
  World world(testing::example_tools());
  const std::string plain = testing::notification_json("notifications/x");
  const std::string claiming =
      testing::notification_json("notifications/x", {{"_meta", ModernClient::meta()}});
  struct Case {
    std::string body;
    HeaderList headers;
    int code;
  };
  const std::vector<Case> cases = {
      {plain, {{"MCP-Protocol-Version", "2027-01-01"}}, -32022},
      {claiming, {{"MCP-Protocol-Version", "2025-11-25"}}, -32020},
      {claiming, {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "notifications/y"}}, -32020},
      {testing::notification_json("x", {{"_meta", {{kVersionKey, 7}}}}), {}, -32602},
      {testing::notification_json("x", {{"_meta", {{kVersionKey, "2027-01-01"}}}}), {}, -32022},
  };
  for (const Case& each : cases) {
    CAPTURE(each.body, each.code);
    const Reply reply = world.post(each.body, each.headers);
    CHECK(reply.status == 400);
    CHECK(reply.code() == each.code);
    CHECK_FALSE(reply.body.contains("id"));
  }
}

TEST_CASE("Modern: there is no session to mint, to read or to echo") {
  World world(testing::example_tools());
  Probe probe;
  probe.header("Mcp-Session-Id", "made-up");
  probe.header("Last-Event-ID", "5");
  const int64_t written = world.storage.rows_written();
  const Reply reply = probe.send(world);
  CHECK(reply.status == 200);
  CHECK_FALSE(reply.headers.has("Mcp-Session-Id"));
  CHECK(world.storage.rows_written() == written);
}

TEST_CASE("Modern: bad parameters of a method are errors under 200") {
  World world(testing::example_tools());
  ModernClient client(world);
  for (const Reply& reply :
       {client.call_tool("no_such_tool"), client.call("tools/list", {{"cursor", "x"}}),
        client.call("tools/call"), client.call("tools/call", {{"name", "hello"}, {"arguments", {1}}})}) {
    CAPTURE(reply.text);
    CHECK(reply.status == 200);
    CHECK(reply.code() == -32602);
  }
}

TEST_CASE("Modern: what goes wrong inside of a tool is a result") {
  World world(testing::example_tools());
  ModernClient client(world);
  for (const Reply& reply :
       {client.call_tool("fail"), client.call_tool("echo"), client.call_tool("echo", {{"x", 1}})}) {
    CHECK(reply.status == 200);
    CHECK(reply.is_tool_error());
    CHECK(reply.result()["resultType"] == "complete");
  }
}

TEST_CASE("Modern: a client that takes event streams alone gets one with its answer") {
  World world(testing::example_tools());
  Probe probe;
  probe.header("Accept", "text/event-stream");
  const Reply reply = probe.send(world);
  CHECK(reply.status == 200);
  CHECK(reply.form == Reply::Form::event_stream);
  CHECK(reply.body["id"] == 7);
  probe.header("Accept", "text/html");  // a client's fault that the reference lets pass in this era
  CHECK(probe.send(world).form == Reply::Form::one_json);
}

TEST_CASE("Modern: a missing scope is a 403 with the challenge") {
  World world(testing::example_tools());
  const std::string challenge = "Bearer error=\"insufficient_scope\", scope=\"test:read test:write\"";
  world.gate.answers["fail"] = {mcp::Permission::Kind::scope_missing, {}, challenge};
  const Reply reply = ModernClient(world).call_tool("fail");
  CHECK(reply.status == 403);
  CHECK(reply.header("WWW-Authenticate") == challenge);
  CHECK(reply.body["id"] == 1);
  CHECK(reply.error()["message"].is_string());
  // Own codes lie outside of the range that JSON-RPC reserves.
  CHECK((reply.code() > -32000 || reply.code() < -32768));
}
