// tools/list and tools/call in both eras.
#include "support.h"

using testing::json;
using testing::LegacyClient;
using testing::ModernClient;
using testing::Reply;
using testing::World;

namespace {

std::vector<std::string> names(const Reply& list) {
  std::vector<std::string> out;
  for (const json& tool : list.result()["tools"]) out.push_back(tool["name"]);
  return out;
}

}  // namespace

TEST_CASE("Tools are listed as they were registered, every time") {
  World world(testing::example_tools());
  ModernClient modern(world);
  LegacyClient legacy(world, "2025-11-25");
  const std::vector<std::string> expected = {"hello", "echo", "fail", "demo_only"};
  CHECK(names(modern.call("tools/list")) == expected);
  CHECK(names(modern.call("tools/list")) == expected);
  CHECK(names(legacy.call("tools/list")) == expected);
}

TEST_CASE("Demo tools are neither listed nor there unless the demo is on") {
  World world(testing::example_tools());
  world.config.demo_mode = core::Switch::off;
  ModernClient modern(world);
  LegacyClient legacy(world, "2025-11-25");
  CHECK(names(modern.call("tools/list")) == std::vector<std::string>{"hello", "echo", "fail"});
  const Reply hidden = legacy.call_tool("demo_only");
  const Reply unknown = legacy.call_tool("demo_onlx");
  CHECK(hidden.code() == -32602);
  CHECK(unknown.code() == -32602);
  CHECK(modern.call_tool("demo_only").code() == -32602);
  CHECK(world.gate.asked.empty());

  world.config.demo_mode = core::Switch::on;
  CHECK(legacy.call_tool("demo_only").status == 200);
  CHECK(legacy.call_tool("demo_only").body.contains("result"));
}

TEST_CASE("A tool is described whole") {
  World world(testing::example_tools());
  const json tools = ModernClient(world).call("tools/list").result()["tools"];
  CHECK(tools[0] ==
        json{{"name", "hello"},
             {"title", "Say hello"},
             {"description", "Greets."},
             {"inputSchema",
              {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}}},
             {"outputSchema", {{"type", "object"}, {"properties", {{"greeting", {{"type", "string"}}}}}}},
             {"annotations",
              {{"title", "Say hello"},
               {"readOnlyHint", true},
               {"destructiveHint", false},
               {"idempotentHint", true},
               {"openWorldHint", false}}}});
  CHECK_FALSE(tools[1].contains("outputSchema"));
  CHECK(tools[1]["annotations"]["readOnlyHint"] == false);
  CHECK(tools[1]["annotations"]["destructiveHint"] == false);
  CHECK(tools[1]["annotations"]["idempotentHint"] == false);
  CHECK(tools[2]["annotations"]["destructiveHint"] == true);
}

TEST_CASE("A success has its text, and its structure where the revision has one") {
  World world(testing::example_tools());
  const Reply reply = ModernClient(world).call_tool("hello");
  CHECK(reply.result()["content"].size() == 1);
  CHECK(reply.result()["content"][0]["type"] == "text");
  CHECK(json::parse(reply.tool_text()) == reply.result()["structuredContent"]);
  CHECK_FALSE(reply.result().contains("isError"));
}

TEST_CASE("A text without structure has none") {
  World world(testing::example_tools());
  const Reply reply = ModernClient(world).call_tool("echo", {{"text", "quote \" 👋"}});
  CHECK(reply.tool_text() == "quote \" 👋");
  CHECK_FALSE(reply.result().contains("structuredContent"));
}

TEST_CASE("A failure is a result that says so") {
  World world(testing::example_tools());
  const Reply reply = LegacyClient(world, "2025-11-25").call_tool("fail");
  CHECK(reply.status == 200);
  CHECK(reply.result()["isError"] == true);
  CHECK(reply.tool_text() == "It went wrong.");
  CHECK_FALSE(reply.result().contains("structuredContent"));
}

TEST_CASE("No arguments are an empty object") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  CHECK(client.call("tools/call", {{"name", "hello"}}).tool_text() == R"({"greeting":"hello","to":"Alice"})");
  CHECK(client.call("tools/call", {{"name", "echo"}}).is_tool_error());
}

TEST_CASE("The gate is asked first, and what it refuses does not run") {
  World world(testing::example_tools());
  world.gate.answers["hello"] = {mcp::Permission::Kind::refused, "Not today.", {}};
  ModernClient client(world);
  const Reply refused = client.call_tool("hello");
  CHECK(refused.status == 200);
  CHECK(refused.is_tool_error());
  CHECK(refused.tool_text() == "Not today.");
  CHECK(world.gate.asked == std::vector<std::string>{"hello"});

  // Before the arguments too: a caller without permission learns nothing of the tool.
  world.gate.answers["echo"] = {mcp::Permission::Kind::refused, "Not today either.", {}};
  CHECK(client.call_tool("echo", {{"wrong", 1}}).tool_text() == "Not today either.");
}

TEST_CASE("The gate hears nothing of calls that reach no tool") {
  World world(testing::example_tools());
  ModernClient client(world);
  client.call_tool("unknown");
  client.call("tools/call", {{"name", "hello"}, {"arguments", "x"}});
  client.call("tools/list");
  CHECK(world.gate.asked.empty());
}

TEST_CASE("A tool name is compared whole and by case") {
  World world(testing::example_tools());
  LegacyClient client(world, "2025-11-25");
  for (const char* name : {"Hello", "hello ", "hell", "", "hello\n"}) {
    CAPTURE(name);
    CHECK(client.call_tool(name).code() == -32602);
  }
  CHECK(client.call("tools/call", {{"name", std::string("hello\0", 6)}}).code() == -32602);
}
