// Calls that ask, 2026-07-28: the answer names the questions, and the next request brings the rest.
#include "call_support.h"

using namespace testing;

namespace {

const json kAct = {{"name", "act"}, {"arguments", {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}}}};

/// A call of `kAct` that has asked for a name.
Reply ask(ModernClient& client) {
  act = ask_name;
  const Reply asked = client.call("tools/call", kAct);
  REQUIRE(asked.result().at("resultType") == "input_required");
  return asked;
}

}  // namespace

TEST_CASE("Modern calls: a question is a result, and the next try with its answer completes") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  act = ask_name;
  const Reply asked = client.call_tool("act");
  CHECK(asked.status == 200);
  CHECK(asked.form == Reply::Form::one_json);
  CHECK(asked.result()["resultType"] == "input_required");
  CHECK(asked.result()["inputRequests"] ==
        json{{"name",
              {{"method", "elicitation/create"},
               {"params",
                {{"mode", "form"}, {"message", "Who?"}, {"requestedSchema", json::parse(kNameSchema)}}}}}});
  CHECK(asked.result()["requestState"].get<std::string>().size() >= 22);
  CHECK_FALSE(asked.result().contains("content"));
  CHECK_FALSE(asked.result().contains("ttlMs"));

  const Reply done = again(client, asked, {{"name", named("Ada")}});
  CHECK(done.result()["resultType"] == "complete");
  CHECK(done.tool_text() == R"({"name":"Ada"})");
  CHECK_FALSE(done.result().contains("inputRequests"));
  CHECK(world.left_over() == "");
}

TEST_CASE("Modern calls: a page, a completion and the folders are asked for in their own words") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  mcp::InputRequest request;
  act = [&](mcp::Call& call) -> mcp::ToolOutcome {
    const mcp::Answer* answer = call.ask("it", request);
    if (!answer) return call.wait();
    return said(show(*answer));
  };
  struct Case {
    mcp::InputRequest request;
    json question;
    json answer;
    std::string heard;
  };
  const std::string sampling = R"({"messages":[],"maxTokens":10})";
  const std::vector<Case> cases = {
      {page(),
       {{"method", "elicitation/create"},
        {"params", {{"mode", "url"}, {"message", "Please sign."}, {"url", "https://sign.example/e1"}}}},
       {{"action", "accept"}},
       "accepted"},
      {mcp::Sampling{sampling},
       {{"method", "sampling/createMessage"}, {"params", json::parse(sampling)}},
       {{"role", "assistant"}},
       R"({"role":"assistant"})"},
      {mcp::ListRoots{},
       {{"method", "roots/list"}, {"params", kNothing}},
       {{"roots", json::array()}},
       R"({"roots":[]})"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.question.dump());
    request = each.request;
    const Reply asked = client.call_tool("act");
    CHECK(asked.result()["inputRequests"] == json{{"it", each.question}});
    CHECK(again(client, asked, {{"it", each.answer}}).tool_text() == each.heard);
  }
}

TEST_CASE("Modern calls: prompts and resources ask as tools do") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  prompt = [](mcp::Call& call) -> mcp::PromptOutcome {
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    return mcp::PromptResult{{}, {{mcp::PromptMessage::Role::user, mcp::Content::text(show(*answer))}}};
  };
  thing = [](mcp::Call& call) -> mcp::ReadOutcome {
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    return mcp::ReadResult{{{.uri = "test://thing", .text = show(*answer)}}};
  };
  json params = {{"name", "prompt"}};
  params["requestState"] = client.call("prompts/get", params).result().at("requestState");
  params["inputResponses"] = {{"name", named("Ada")}};
  CHECK(client.call("prompts/get", params).result()["messages"][0]["content"]["text"] == R"({"name":"Ada"})");

  params = {{"uri", "test://thing"}};
  const Reply asked = client.call("resources/read", params);
  CHECK_FALSE(asked.result().contains("cacheScope"));
  params["requestState"] = asked.result().at("requestState");
  params["inputResponses"] = {{"name", named("Ada")}};
  CHECK(client.call("resources/read", params).result()["contents"][0]["text"] == R"({"name":"Ada"})");
  CHECK(world.left_over() == "");
}

TEST_CASE("Modern calls: several questions come together, and what is not answered is asked again") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    const mcp::Answer* name = call.ask("name", form());
    const mcp::Answer* roots = call.ask("roots", mcp::ListRoots{});
    const mcp::Answer* signature = call.ask("signature", page());
    if (!name || !roots || !signature) return call.wait();
    return said(show(*name) + show(*roots) + show(*signature));
  };
  const Reply first = client.call_tool("act");
  CHECK(keys(first.result()["inputRequests"]) == std::vector<std::string>{"name", "roots", "signature"});
  const Reply second = again(client, first, {{"roots", {{"roots", json::array()}}}, {"unknown", {{"x", 1}}}});
  CHECK(keys(second.result()["inputRequests"]) == std::vector<std::string>{"name", "signature"});
  CHECK(second.result()["requestState"] != first.result()["requestState"]);
  const Reply third = again(client, second, {{"wrong", named("Eve")}});
  CHECK(keys(third.result()["inputRequests"]) == std::vector<std::string>{"name", "signature"});
  // What was answered cannot be answered otherwise afterwards.
  const Reply done = again(client, third,
                           {{"name", named("Ada")},
                            {"signature", {{"action", "decline"}}},
                            {"roots", {{"roots", {{{"uri", "file:///etc"}}}}}}});
  CHECK(done.tool_text() == R"({"name":"Ada"}{"roots":[]}declined)");
  CHECK(world.left_over() == "");
}

TEST_CASE("Modern calls: one question after the other, each with a state of its own") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    std::string all;
    for (const char* key : {"one", "two", "three"}) {
      const mcp::Answer* answer = call.ask(key, form(key));
      if (!answer) return call.wait();
      all += show(*answer);
    }
    return said(all);
  };
  Reply asked = client.call_tool("act");
  std::set<std::string> states;
  for (const char* key : {"one", "two", "three"}) {
    CHECK(keys(asked.result()["inputRequests"]) == std::vector<std::string>{key});
    CHECK(states.insert(asked.result()["requestState"]).second);
    asked = again(client, asked, {{key, named(key)}});
  }
  CHECK(asked.tool_text() == R"({"name":"one"}{"name":"two"}{"name":"three"})");
}

TEST_CASE("Modern calls: answers without a state are taken too") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  act = ask_name;
  json params = {{"name", "act"}, {"inputResponses", {{"name", named("Ada")}, {"more", 1}}}};
  CHECK(client.call("tools/call", params).tool_text() == R"({"name":"Ada"})");
}

TEST_CASE("Modern calls: answers and states of another type are errors") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  const Reply asked = ask(client);
  for (const json& wrong : {json(7), json(nullptr), json("x"), json::array({1}), json(true)}) {
    CAPTURE(wrong.dump());
    json params = kAct;
    params["inputResponses"] = wrong;
    CHECK(client.call("tools/call", params).code() == -32602);
    params = kAct;
    params["requestState"] = wrong.is_string() ? json::object() : wrong;
    CHECK(client.call("tools/call", params).code() == -32602);
  }
  // None of them has used the state up.
  CHECK(again(client, asked, {{"name", named("Ada")}}, kAct).tool_text() == R"({"name":"Ada"})");
}

TEST_CASE("Modern calls: what is no answer to the question is asked again") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  Reply asked = ask(client);
  for (const json& wrong : {named("A"), accepted({{"nom", "Ada"}}), accepted({{"name", 7}}), accepted("Ada"),
                            json("Ada"), json(nullptr), json{{"action", "accept"}}, json{{"action", "maybe"}},
                            json::object(), json{{"action", "maybe"}, {"content", {{"name", "Ada"}}}}}) {
    CAPTURE(wrong.dump());
    asked = again(client, asked, {{"name", wrong}}, kAct);
    CHECK(asked.result()["resultType"] == "input_required");
    CHECK(keys(asked.result()["inputRequests"]) == std::vector<std::string>{"name"});
  }
  CHECK(again(client, asked, {{"name", named("Ad")}}, kAct).tool_text() == R"({"name":"Ad"})");
}

TEST_CASE("Modern calls: a human may decline or leave") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  CHECK(again(client, ask(client), {{"name", {{"action", "decline"}}}}, kAct).tool_text() == "declined");
  CHECK(again(client, ask(client), {{"name", {{"action", "cancel"}}}}, kAct).tool_text() == "cancelled");
}

TEST_CASE("Modern calls: a state works once, for the very same call of the same deputy, for 15 minutes") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  const Reply asked = ask(client);
  const std::string state = asked.result()["requestState"];
  json right = kAct;
  right["requestState"] = state;
  right["inputResponses"] = {{"name", named("Ada")}};
  const auto code = [&](ModernClient& who, const json& params) {
    const Reply reply = who.call("tools/call", params);
    return reply.body.contains("error") ? reply.code() : 0;
  };
  json params = right;

  SECTION("not with any of its bytes changed") {
    for (size_t i = 0; i < state.size(); ++i) {
      std::string changed = state;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      params["requestState"] = changed;
      CHECK(code(client, params) == -32602);
    }
    for (const std::string& other : {std::string(), state + "-TAMPERED", state.substr(1), ' ' + state}) {
      params["requestState"] = other;
      CHECK(code(client, params) == -32602);
    }
  }
  SECTION("not by another grant") {
    ModernClient other(world, world.bob, kAsksAll);
    CHECK(code(other, right) == -32602);
  }
  SECTION("not for another tool, prompt or resource") {
    params["name"] = "other";
    CHECK(code(client, params) == -32602);
    prompt = [](mcp::Call&) -> mcp::PromptOutcome { return mcp::PromptResult{{}, {}}; };
    CHECK(client.call("prompts/get", right).code() == -32602);
    CHECK(client.call("prompts/get", {{"name", "prompt"}, {"requestState", state}}).code() == -32602);
  }
  SECTION("not with other arguments") {
    for (const char* arguments :
         {R"({"a":2,"b":{"c":2,"d":3}})", R"({"a":1})", R"({"a":"1","b":{"c":2,"d":3}})",
          R"({"a":1,"b":{"c":2,"d":3},"e":null})", R"({"a":1,"b":{"c":2,"d":[3]}})", "{}"}) {
      params["arguments"] = json::parse(arguments);
      CHECK(code(client, params) == -32602);
    }
    params = right;
    params["more"] = 1;
    CHECK(code(client, params) == -32602);
    params = right;
    params.erase("arguments");
    CHECK(code(client, params) == -32602);
  }
  SECTION("until its last moment") {
    world.now = world.now + mcp::kQuestionLifetime - core::milliseconds(1);
  }
  SECTION("in another process too") {
    world.evict();
  }
  CHECK(code(client, right) == 0);
  CHECK(code(client, right) == -32602);  // never twice
}

TEST_CASE("Modern calls: a state is worth nothing after 15 minutes") {
  CHECK(mcp::kQuestionLifetime == core::minutes(15));
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  const Reply asked = ask(client);
  world.now = world.now + mcp::kQuestionLifetime;
  CHECK(again(client, asked, {{"name", named("Ada")}}, kAct).code() == -32602);
}

TEST_CASE("Modern calls: the order of members, _meta and the request's id make no other call") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  const std::string state = ask(client).result()["requestState"];
  client.more_meta = {{"progressToken", "another"}};
  json meta = ModernClient::meta();
  meta["io.modelcontextprotocol/clientCapabilities"] = kAsksAll;
  meta["progressToken"] = 5;
  const std::string body = R"({"params":{"requestState":")" + state +
                           R"(","arguments":{"b":{"d":3,"c":2},"a":1},"_meta":)" + meta.dump() +
                           R"(,"inputResponses":{"name":{"content":{"name":"Ada"},"action":"accept"}},)" +
                           R"("name":"act"},"id":"other","method":"tools/call","jsonrpc":"2.0"})";
  const Reply reply = world.post(body, ModernClient::headers("tools/call", "act"));
  CHECK(reply.tool_text() == R"({"name":"Ada"})");
}

TEST_CASE("Modern calls: what a client has not declared is not asked of it") {
  World world(scripted_offer());
  mcp::InputRequest request;
  act = [&](mcp::Call& call) -> mcp::ToolOutcome {
    call.ask("it", request);
    return call.wait();
  };
  const json form_only = {{"elicitation", kNothing}};
  const json url_only = {{"elicitation", {{"url", kNothing}}}};
  struct Case {
    mcp::InputRequest request;
    json declared;
    json required;  // null: it is asked
  };
  const std::vector<Case> cases = {
      {form(), kNothing, {{"elicitation", {{"form", kNothing}}}}},
      {form(), url_only, {{"elicitation", {{"form", kNothing}}}}},
      {form(), form_only, nullptr},
      {page(), kNothing, {{"elicitation", {{"url", kNothing}}}}},
      {page(), form_only, {{"elicitation", {{"url", kNothing}}}}},
      {page(), url_only, nullptr},
      {mcp::Sampling{"{}"}, form_only, {{"sampling", kNothing}}},
      {mcp::ListRoots{}, url_only, {{"roots", kNothing}}},
  };
  for (const Case& each : cases) {
    request = each.request;
    ModernClient client(world, each.declared);
    const Reply reply = client.call_tool("act");
    CAPTURE(reply.text);
    if (each.required.is_null()) {
      CHECK(reply.result()["resultType"] == "input_required");
      continue;
    }
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32021);
    CHECK(reply.error()["data"] == json{{"requiredCapabilities", each.required}});
    CHECK(reply.body["id"] == 1);
  }
}

TEST_CASE("Modern calls: an effect that was done before a question is not done again after it") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    const core::EffectResult* result = call.perform("one", core::Fetch{"GET", "https://x.example/", {}, {}});
    if (!result) return call.wait();
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    return said(result->bytes + show(*answer));
  };
  const Reply asked = client.call_tool("act");
  CHECK(world.performed == 1);
  CHECK(again(client, asked, {{"name", named("Ada")}}).tool_text() == R"(fetched{"name":"Ada"})");
  CHECK(world.performed == 1);
}

TEST_CASE("Modern calls: one call asks twenty times and no more") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  Reply asked = ask(client);
  for (uint32_t round = 1; round < mcp::kMaxRounds; ++round) {
    asked = again(client, asked, nullptr, kAct);
    REQUIRE(asked.body.contains("result"));
  }
  SECTION("the twentieth question can be answered") {
    CHECK(again(client, asked, {{"name", named("Ada")}}, kAct).tool_text() == R"({"name":"Ada"})");
  }
  SECTION("there is no twenty-first") {
    CHECK(again(client, asked, nullptr, kAct).code() == -32603);
  }
  CHECK(world.left_over() == "");
}

TEST_CASE("Modern calls: a hundred calls of a grant wait, and a new one pushes out the oldest") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  ModernClient other(world, world.bob, kAsksAll);
  const Reply foreign = ask(other);
  std::vector<Reply> asked;
  for (int64_t i = 0; i < mcp::kMaxWaitingCalls; ++i) {
    world.now = world.now + core::milliseconds(1);
    asked.push_back(ask(client));
  }
  CHECK(world.left_over() == "calls 101");
  const json answers = {{"name", named("Ada")}};
  SECTION("the hundredth pushes nobody out") {
    CHECK(again(client, asked[0], answers, kAct).body.contains("result"));
  }
  SECTION("the next one does, and others' calls stay") {
    world.now = world.now + core::milliseconds(1);
    ask(client);
    CHECK(world.left_over() == "calls 101");
    CHECK(again(client, asked[0], answers, kAct).code() == -32602);
    CHECK(again(client, asked[1], answers, kAct).body.contains("result"));
    CHECK(again(other, foreign, answers, kAct).body.contains("result"));
  }
}

TEST_CASE("Modern calls: nothing that waits outlives its grant") {
  World world(scripted_offer());
  ModernClient client(world, kAsksAll);
  const Reply asked = ask(client);
  world.end_grant("grant-a");
  CHECK(world.left_over() == "");
  CHECK(again(client, asked, {{"name", named("Ada")}}, kAct).code() == -32602);
}

TEST_CASE("Modern calls: a page that must be visited first is a question, where the client can show it") {
  World world(scripted_offer());
  bool visited = false;
  act = [&](mcp::Call&) -> mcp::ToolOutcome {
    if (!visited) return mcp::UrlRequired{{page("e1"), page("e2")}};
    return said("done");
  };
  ModernClient client(world, kAsksAll);
  const Reply asked = client.call_tool("act");
  CHECK(keys(asked.result()["inputRequests"]) == std::vector<std::string>{"page1", "page2"});
  CHECK(asked.result()["inputRequests"]["page2"]["params"]["url"] == "https://sign.example/e2");
  CHECK_FALSE(asked.result()["inputRequests"]["page1"]["params"].contains("elicitationId"));
  const json answers = {{"page1", {{"action", "accept"}}}, {"page2", {{"action", "accept"}}}};
  // Opened is not done.
  const Reply early = again(client, asked, answers);
  CHECK(early.result()["resultType"] == "input_required");
  visited = true;
  CHECK(again(client, early, answers).tool_text() == "done");

  visited = false;
  ModernClient plain(world);
  const Reply told = plain.call_tool("act");
  CHECK(told.is_tool_error());
  CHECK(mentions(told.tool_text(), "https://sign.example/e1"));
  CHECK(mentions(told.tool_text(), "https://sign.example/e2"));
}
