// Which era a message belongs to: by what it says first, by its headers only where it says nothing.
#include "mcp/era.h"
#include "support.h"

using testing::HeaderList;
using testing::json;

namespace {

const json kModernMeta = {{"_meta", {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"}}}};

/// "legacy", "batch of N", "modern", or the error code.
std::string route(std::string_view body, const HeaderList& headers = {}) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(body);
  REQUIRE(parsed.ok());
  const core::Request request = testing::make_request("POST", headers);
  return std::visit(
      core::Overloaded{
          [](const mcp::LegacyMessage&) { return std::string("legacy"); },
          [](const mcp::LegacyBatch& batch) { return "batch of " + std::to_string(batch.messages.size()); },
          [](const mcp::ModernMessage&) { return std::string("modern"); },
          [](const mcp::BadRequest& bad) { return std::to_string(static_cast<int>(bad.error.code)); },
      },
      mcp::classify(parsed.root, request.headers));
}

HeaderList version(std::string_view text) {
  return {{"MCP-Protocol-Version", std::string(text)}};
}

}  // namespace

TEST_CASE("A request that carries a version in _meta is modern, whatever its header says") {
  const std::string call = testing::request_json(1, "tools/list", kModernMeta);
  CHECK(route(call) == "modern");
  CHECK(route(call, version("2026-07-28")) == "modern");
  CHECK(route(call, version("2025-11-25")) == "modern");
  CHECK(route(testing::request_json(1, "initialize", kModernMeta)) == "modern");
  // A claim that is no string is a claim all the same: an error to come, never a fall back.
  CHECK(route(testing::request_json(1, "x", {{"_meta", {{"io.modelcontextprotocol/protocolVersion", 7}}}})) ==
        "modern");
  CHECK(route(testing::request_json(
            1, "x", {{"_meta", {{"io.modelcontextprotocol/protocolVersion", nullptr}}}})) == "modern");
}

TEST_CASE("Other things in _meta claim nothing") {
  CHECK(route(testing::request_json(1, "x", {{"_meta", {{"progressToken", 0}}}})) == "legacy");
  CHECK(route(testing::request_json(
            1, "x", {{"_meta", {{"io.modelcontextprotocol/clientInfo", json::object()}}}})) == "legacy");
  CHECK(route(testing::request_json(1, "x", {{"_meta", "io.modelcontextprotocol/protocolVersion"}})) ==
        "legacy");
}

TEST_CASE("A request that says nothing is legacy") {
  CHECK(route(testing::request_json(1, "tools/list")) == "legacy");
  CHECK(route(testing::request_json(1, "tools/list"), version("2025-06-18")) == "legacy");
  CHECK(route(testing::request_json(1, "tools/list"), version("1999-01-01")) == "legacy");
  CHECK(route(testing::request_json(1, "initialize")) == "legacy");
  CHECK(route(testing::request_json(1, "server/discover")) == "legacy");
}

TEST_CASE("Mcp-Method does not select an era: bridges send it on legacy requests") {
  CHECK(route(testing::request_json(1, "tools/list"), {{"Mcp-Method", "tools/list"}, {"Mcp-Name", "x"}}) ==
        "legacy");
  CHECK(route(testing::request_json(1, "tools/list"),
              {{"Mcp-Method", "tools/list"}, {"MCP-Protocol-Version", "2025-11-25"}}) == "legacy");
}

TEST_CASE("A modern or unknown later header without a claim is an error, not an era") {
  CHECK(route(testing::request_json(1, "tools/list"), version("2026-07-28")) == "-32602");
  CHECK(route(testing::request_json(1, "tools/list", {{"_meta", json::object()}}), version("2026-07-28")) ==
        "-32602");
  CHECK(route(testing::request_json(1, "tools/list"), version("2030-01-01")) == "-32602");
  CHECK(route(testing::request_json(1, "tools/list"), version("draft")) == "-32602");
}

TEST_CASE("initialize with a modern header contradicts itself") {
  CHECK(route(testing::request_json(1, "initialize"), version("2026-07-28")) == "-32020");
  CHECK(route(testing::request_json(1, "initialize"), version("2025-11-25")) == "legacy");
}

TEST_CASE("The header decides for notifications, unless they claim an era themselves") {
  CHECK(route(testing::notification_json("notifications/initialized")) == "legacy");
  CHECK(route(testing::notification_json("notifications/cancelled"), version("2025-11-25")) == "legacy");
  CHECK(route(testing::notification_json("notifications/cancelled"), version("2026-07-28")) == "modern");
  CHECK(route(testing::notification_json("notifications/x", kModernMeta)) == "modern");
}

TEST_CASE("Posted responses are legacy: the modern era has none") {
  CHECK(route(R"({"jsonrpc":"2.0","id":1,"result":{}})") == "legacy");
  CHECK(route(R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}})", version("2026-07-28")) ==
        "legacy");
}

TEST_CASE("An array is a batch of the legacy era") {
  const std::string ping = testing::request_json(1, "ping");
  CHECK(route("[" + ping + "]") == "batch of 1");
  CHECK(route("[" + ping + "," + testing::notification_json("x") +
              R"(,{"jsonrpc":"2.0","id":1,"result":{}}])") == "batch of 3");
}

TEST_CASE("A batch is whole or nothing") {
  const std::string ping = testing::request_json(1, "ping");
  CHECK(route("[]") == "-32600");
  CHECK(route("[" + ping + ",7]") == "-32600");
  CHECK(route("[" + ping + R"(,{"jsonrpc":"2.0","id":null,"method":"x"}])") == "-32600");
  CHECK(route("[[" + ping + "]]") == "-32600");
  CHECK(route("[" + ping + "," + testing::request_json(2, "tools/list", kModernMeta) + "]") == "-32600");
}

TEST_CASE("A batch has at most a hundred messages") {
  const auto batch = [](int size) {
    json messages = json::array();
    for (int i = 0; i < size; ++i) messages.push_back(json::parse(testing::request_json(i, "ping")));
    return messages.dump();
  };
  CHECK(route(batch(100)) == "batch of 100");
  CHECK(route(batch(101)) == "-32600");
}

TEST_CASE("What is no message is an invalid request") {
  CHECK(route("7") == "-32600");
  CHECK(route(R"({"jsonrpc":"2.0","id":1})") == "-32600");
  CHECK(route(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})", version("2026-07-28")) == "-32600");
}
