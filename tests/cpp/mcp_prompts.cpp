// Prompts, and content in revisions that do not know it.
#include "mcp/prompt.h"

#include "call_support.h"

using namespace testing;

namespace {

mcp::Offer greeting() {
  mcp::Offer offer = scripted_offer();
  using Presence = mcp::PromptArgument::Presence;
  offer.prompts[0].arguments = {{"who", "whom to greet.", Presence::required},
                                {"how", "In what way.", Presence::optional}};
  offer.prompts.push_back({.name = "demo",
                           .title = {},
                           .description = {},
                           .scope = "s",
                           .availability = mcp::Availability::demo,
                           .get = [](mcp::Call&) -> mcp::PromptOutcome {
                             return mcp::PromptResult{{}, {}};
                           }});
  return offer;
}

mcp::PromptOutcome greet(mcp::Call& call) {
  const std::string who(core::string_member(call.arguments, "who").value_or("?"));
  const std::string how(core::string_member(call.arguments, "how").value_or("friendly"));
  return mcp::PromptResult{"A greeting.",
                           {{mcp::PromptMessage::Role::user, mcp::Content::text("Greet " + who)},
                            {mcp::PromptMessage::Role::assistant, mcp::Content::text(how)}}};
}

struct Anyone {
  Anyone(World& world, const std::string& revision) : modern(world) {
    if (revision != "2026-07-28") legacy.emplace(world, revision);
  }
  Reply call(std::string_view method, const json& params) {
    return legacy ? legacy->call(method, params) : modern.call(method, params);
  }
  Reply get(const json& params) { return call("prompts/get", params); }
  std::optional<LegacyClient> legacy;
  ModernClient modern;
};

}  // namespace

TEST_CASE("Prompts: messages are made of the arguments") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(greeting());
    prompt = greet;
    Anyone client(world, revision);
    const Reply reply = client.get({{"name", "prompt"}, {"arguments", {{"who", "Ada"}, {"more", "x"}}}});
    CHECK(reply.status == 200);
    CHECK(reply.result()["description"] == "A greeting.");
    CHECK(reply.result()["messages"] ==
          json::array({{{"role", "user"}, {"content", {{"type", "text"}, {"text", "Greet Ada"}}}},
                       {{"role", "assistant"}, {"content", {{"type", "text"}, {"text", "friendly"}}}}}));
    CHECK(reply.result().contains("resultType") == (revision == "2026-07-28"));
    CHECK_FALSE(reply.result().contains("ttlMs"));
    CHECK(world.gate.asked == std::vector<std::string>{"prompt"});
    const Reply empty = client.get({{"name", "demo"}});
    CHECK(empty.result()["messages"] == json::array());
    CHECK_FALSE(empty.result().contains("description"));
  }
}

TEST_CASE("Prompts: arguments that are missing or no strings are errors") {
  for (const std::string& revision : kAllRevisions) {
    World world(greeting());
    prompt = greet;
    Anyone client(world, revision);
    for (const json& wrong :
         {json{{"how", "coldly"}}, json::object(), json{{"who", 7}}, json{{"who", nullptr}},
          json{{"who", "Ada"}, {"how", true}}, json{{"who", "Ada"}, {"more", {1}}}, json("Ada"),
          json(nullptr), json::array()}) {
      CAPTURE(revision, wrong.dump());
      const Reply reply = client.get({{"name", "prompt"}, {"arguments", wrong}});
      CHECK(reply.status == 200);
      CHECK(reply.code() == -32602);
    }
    const Reply reply = client.get({{"name", "prompt"}});
    CHECK(reply.code() == -32602);
    CHECK(mentions(reply.message(), "who"));
    CHECK(mentions(reply.message(), "whom to greet"));
    CHECK(client.get({{"name", "prompt"}, {"arguments", {{"who", ""}}}}).body.contains("result"));
  }
}

TEST_CASE("Prompts: what is unknown, hidden by the deployment, or refused") {
  for (const std::string& revision : kAllRevisions) {
    World world(greeting());
    world.config.demo_mode = core::Switch::off;
    prompt = greet;
    Anyone client(world, revision);
    for (const json& wrong : {json("none"), json("demo"), json("Prompt")}) {
      CHECK(client.get({{"name", wrong}}).code() == -32602);
    }
    CHECK(client.get(kNothing).code() == -32602);
    CHECK(world.gate.asked.empty());

    world.gate.answers["prompt"] = {mcp::Permission::Kind::refused, "Not today.", {}};
    // The gate first: who may not have it learns nothing of its arguments.
    const Reply refused = client.get({{"name", "prompt"}});
    CHECK(refused.status == 200);
    CHECK(refused.code() == 403);
    CHECK(refused.message() == "Not today.");
    world.gate.answers["prompt"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer scope=\"x\""};
    CHECK(client.get({{"name", "prompt"}}).status == 403);
  }
}

// ---- Content ----

TEST_CASE("Content: each revision gets blocks that it knows, in prompts and in results of tools") {
  const mcp::ResourceContents contents{.uri = "test://r", .mime_type = "text/plain", .text = "T"};
  const std::vector<mcp::Content> all = {
      mcp::Content::text("T", {mcp::ContentHints::Audience::user, 1.5, {}}),
      mcp::Content::image("AAEC", "image/png", {mcp::ContentHints::Audience::assistant, 0.25, {}}),
      mcp::Content::audio("AAEC", "audio/wav"),
      mcp::Content::resource(contents),
      mcp::Content::resource_link("test://l", "link", "text/plain"),
      mcp::Content::resource_link("test://m", "bare", "")};
  act = [&](mcp::Call&) -> mcp::ToolOutcome { return mcp::ToolResult{mcp::ToolResult::Kind::success, all}; };
  prompt = [&](mcp::Call&) -> mcp::PromptOutcome {
    mcp::PromptResult result{{}, {}};
    for (const mcp::Content& content : all)
      result.messages.push_back({mcp::PromptMessage::Role::user, content});
    return result;
  };
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    Anyone client(world, revision);
    const json blocks = client.call("tools/call", {{"name", "act"}}).result()["content"];
    REQUIRE(blocks.size() == 6);
    CHECK(blocks[0] == json{{"type", "text"},
                            {"text", "T"},
                            {"annotations", {{"audience", {"user"}}, {"priority", 1.0}}}});
    CHECK(blocks[1] == json{{"type", "image"},
                            {"data", "AAEC"},
                            {"mimeType", "image/png"},
                            {"annotations", {{"audience", {"assistant"}}, {"priority", 0.25}}}});
    if (revision >= "2025-03-26") {
      CHECK(blocks[2] == json{{"type", "audio"}, {"data", "AAEC"}, {"mimeType", "audio/wav"}});
    } else {
      CHECK(blocks[2]["type"] == "text");
      CHECK(mentions(blocks[2]["text"].get<std::string>(), "audio/wav"));
    }
    CHECK(blocks[3] == json{{"type", "resource"},
                            {"resource", {{"uri", "test://r"}, {"mimeType", "text/plain"}, {"text", "T"}}}});
    if (revision >= "2025-06-18") {
      CHECK(
          blocks[4] ==
          json{{"type", "resource_link"}, {"uri", "test://l"}, {"name", "link"}, {"mimeType", "text/plain"}});
      CHECK(blocks[5] == json{{"type", "resource_link"}, {"uri", "test://m"}, {"name", "bare"}});
    } else {
      CHECK(blocks[4] == json{{"type", "text"}, {"text", "link: test://l"}});
    }
    const json messages = client.get({{"name", "prompt"}}).result()["messages"];
    REQUIRE(messages.size() == 6);
    for (size_t i = 0; i < 6; ++i) CHECK(messages[i]["content"] == blocks[i]);
  }
}

TEST_CASE("Content: a tool's block that an old revision has no words for is left out") {
  mcp::Content silent = mcp::Content::resource_link("test://l", "link", "");
  silent.instead.clear();
  act = [&](mcp::Call&) -> mcp::ToolOutcome {
    return mcp::ToolResult{mcp::ToolResult::Kind::success, {silent, mcp::Content::text("T")}};
  };
  for (const std::string& revision : kAllRevisions) {
    World world(scripted_offer());
    Anyone client(world, revision);
    CHECK(client.call("tools/call", {{"name", "act"}}).result()["content"].size() ==
          (revision >= "2025-06-18" ? 2 : 1));
  }
}

TEST_CASE("Content: structure is for the revisions that have it") {
  act = [](mcp::Call&) -> mcp::ToolOutcome { return mcp::ToolResult::json(R"({"a":[1]})"); };
  for (const std::string& revision : kAllRevisions) {
    World world(scripted_offer());
    Anyone client(world, revision);
    const json result = client.call("tools/call", {{"name", "act"}}).result();
    CHECK(result["content"][0]["text"] == R"({"a":[1]})");
    CHECK(result.contains("structuredContent") == (revision >= "2025-06-18"));
  }
}
