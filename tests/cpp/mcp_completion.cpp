// Completion: values for what a person is typing.
#include "mcp/completion.h"

#include <array>

#include "call_support.h"

using namespace testing;

namespace {

constexpr std::array<std::string_view, 4> kColours = {"Red", "Green", "Grey", "Blue"};
std::string context_seen;

std::vector<std::string> complete_colour(const mcp::CompletionQuestion& question) {
  context_seen = std::string(question.other("size"));
  if (question.argument == "number") {
    std::vector<std::string> numbers;
    for (int i = 0; i < std::stoi(std::string(question.value)); ++i) numbers.push_back(std::to_string(i));
    return numbers;
  }
  if (question.argument != "colour") return {};
  return mcp::words_with_prefix(kColours, question.value);
}

mcp::Offer offer() {
  mcp::Offer all = scripted_offer();
  all.prompts[0].complete = complete_colour;
  all.prompts.push_back(all.prompts[0]);
  all.prompts[1].name = "silent";
  all.prompts[1].complete = nullptr;
  all.templates[0].complete = complete_colour;
  return all;
}

struct Anyone {
  Anyone(World& world, const std::string& revision) : modern(world) {
    if (revision != "2026-07-28") legacy.emplace(world, revision);
  }
  Reply call(const json& params) {
    return legacy ? legacy->call("completion/complete", params) : modern.call("completion/complete", params);
  }
  json complete(const json& ref, std::string_view argument, std::string_view value,
                const json& context = nullptr) {
    json params = {{"ref", ref}, {"argument", {{"name", argument}, {"value", value}}}};
    if (!context.is_null()) params["context"] = context;
    return call(params).result().at("completion");
  }
  std::optional<LegacyClient> legacy;
  ModernClient modern;
};

const json kPrompt = {{"type", "ref/prompt"}, {"name", "prompt"}};
const json kTemplate = {{"type", "ref/resource"}, {"uri", "test://things/{id}"}};

}  // namespace

TEST_CASE("Completion: prompts and templates complete what is typed, in every revision") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(offer());
    Anyone client(world, revision);
    for (const json& ref : {kPrompt, kTemplate}) {
      CHECK(client.complete(ref, "colour", "gr") ==
            json{{"values", {"Green", "Grey"}}, {"total", 2}, {"hasMore", false}});
      CHECK(client.complete(ref, "colour", "")["values"].size() == 4);
      CHECK(client.complete(ref, "colour", "x")["values"] == json::array());
      CHECK(client.complete(ref, "unknown", "gr")["values"] == json::array());
    }
    CHECK(client.complete({{"type", "ref/prompt"}, {"name", "silent"}}, "colour", "")["values"] ==
          json::array());
    CHECK(client.complete({{"type", "ref/resource"}, {"uri", "test://thing"}}, "x", "")["values"] ==
          json::array());
  }
}

TEST_CASE("Completion: a hundred values at most, and how many there are where that is all") {
  World world(offer());
  Anyone client(world, "2026-07-28");
  for (const auto& [count, sent] :
       {std::pair(99, 99), std::pair(100, 100), std::pair(101, 100), std::pair(1000, 100)}) {
    const json completion = client.complete(kPrompt, "number", std::to_string(count));
    CHECK(completion["values"].size() == static_cast<size_t>(sent));
    CHECK(completion.value("total", -1) == (count > 100 ? -1 : count));
    CHECK(completion["hasMore"] == (count > 100));
    CHECK(completion["values"].back() == std::to_string(sent - 1));
  }
}

TEST_CASE("Completion: the other arguments help") {
  World world(offer());
  Anyone client(world, "2025-11-25");
  client.complete(kPrompt, "colour", "", {{"arguments", {{"size", "XL"}}}});
  CHECK(context_seen == "XL");
  for (const json& context : {json(nullptr), kNothing, json{{"arguments", kNothing}},
                              json{{"arguments", {{"size", 7}}}}, json("x")}) {
    client.complete(kPrompt, "colour", "", context);
    CHECK(context_seen == "");
  }
}

TEST_CASE("Completion: what names nothing is an error") {
  for (const std::string& revision : kAllRevisions) {
    World world(offer());
    Anyone client(world, revision);
    const json argument = {{"name", "colour"}, {"value", ""}};
    for (const json& ref :
         {json{{"type", "ref/prompt"}, {"name", "none"}}, json{{"type", "ref/prompt"}},
          json{{"type", "ref/resource"}}, json{{"type", "ref/resource"}, {"uri", "test://none"}},
          json{{"type", "ref/tool"}, {"name", "act"}}, kNothing, json("prompt"), json(nullptr)}) {
      CAPTURE(revision, ref.dump());
      const Reply reply = client.call({{"ref", ref}, {"argument", argument}});
      CHECK(reply.status == 200);
      CHECK(reply.code() == -32602);
    }
    for (const json& wrong :
         {json{{"name", "colour"}}, json{{"value", ""}}, json{{"name", 1}, {"value", ""}}, json("x")}) {
      CHECK(client.call({{"ref", kPrompt}, {"argument", wrong}}).code() == -32602);
    }
    CHECK(client.call({{"ref", kPrompt}}).code() == -32602);
    CHECK(client.call(kNothing).code() == -32602);
  }
}

TEST_CASE("Completion: who may not have it gets no values, and is not sent to sign in for a keystroke") {
  World world(offer());
  Anyone client(world, "2026-07-28");
  for (const auto kind : {mcp::Permission::Kind::refused, mcp::Permission::Kind::scope_missing}) {
    world.gate.answers["prompt"] = world.gate.answers["test://things/{id}"] = {kind, "No.", "Bearer"};
    for (const json& ref : {kPrompt, kTemplate}) {
      CHECK(client.complete(ref, "colour", "")["values"] == json::array());
    }
  }
}

TEST_CASE("Completion: what is for demonstrations is not there without them") {
  mcp::Offer demo = offer();
  demo.prompts[0].availability = demo.templates[0].availability = mcp::Availability::demo;
  World world(std::move(demo));
  Anyone client(world, "2026-07-28");
  for (const json& ref : {kPrompt, kTemplate}) {
    const json params = {{"ref", ref}, {"argument", {{"name", "colour"}, {"value", ""}}}};
    world.config.demo_mode = core::Switch::on;
    CHECK(client.call(params).result()["completion"]["total"] == 4);
    world.config.demo_mode = core::Switch::off;
    CHECK(client.call(params).code() == -32602);
  }
}

TEST_CASE("Words are found by how they begin, without regard to case") {
  using List = std::vector<std::string>;
  CHECK(mcp::words_with_prefix(kColours, "GR") == List{"Green", "Grey"});
  CHECK(mcp::words_with_prefix(kColours, "grey") == List{"Grey"});
  CHECK(mcp::words_with_prefix(kColours, "greyer").empty());
  CHECK(mcp::words_with_prefix(kColours, "").size() == 4);
  CHECK(mcp::words_with_prefix({}, "x").empty());
}
