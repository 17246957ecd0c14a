// Calls that ask, 2025-11-25 and older: the question is a request on the call's stream, and the client posts
// its response.
#include "call_support.h"

using namespace testing;

namespace {

/// A session that can be asked, and its call that has asked.
struct Asking {
  Asking(World& world, const std::string& revision, json params = {{"name", "act"}})
      : client(world, revision, kAsksAll), reply(client.call("tools/call", params)) {
    REQUIRE(reply.form == Reply::Form::open_stream);
    questions = world.news(reply.stream);
    REQUIRE_FALSE(questions.empty());
  }
  LegacyClient client;
  Reply reply;
  std::vector<json> questions;
};

std::string text_of(const json& message) {
  return message.at("result").at("content").at(0).at("text");
}

mcp::ToolOutcome ask_two(mcp::Call& call) {
  const mcp::Answer* name = call.ask("name", form());
  const mcp::Answer* roots = call.ask("roots", mcp::ListRoots{});
  if (!name || !roots) return call.wait();
  return said(show(*name) + show(*roots));
}

}  // namespace

TEST_CASE("Legacy calls: the question goes out on the call's stream, the response brings the answer") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = ask_name;
    Asking asking(world, revision);
    CHECK(asking.reply.status == 200);
    CHECK(asking.reply.header("Content-Type") == "text/event-stream");
    CHECK(asking.reply.header("X-Accel-Buffering") == "no");
    const json& question = asking.questions.at(0);
    CHECK(asking.questions.size() == 1);
    CHECK(question["jsonrpc"] == "2.0");
    CHECK(question["method"] == "elicitation/create");
    CHECK(question["id"].is_string());
    CHECK(question["params"].contains("mode") == (revision >= "2025-11-25"));
    CHECK(question["params"]["message"] == "Who?");
    CHECK(question["params"]["requestedSchema"]["properties"].contains("name"));

    const Reply taken = asking.client.answer(question, named("Ada"));
    CHECK(taken.status == 202);
    CHECK(taken.text.empty());
    const std::vector<json> news = world.news(asking.reply.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["id"] == asking.client.last_id());
    CHECK(text_of(news[0]) == R"({"name":"Ada"})");
    CHECK_FALSE(world.is_open(asking.reply.stream));
    world.pass(mcp::kResumable);
    CHECK(world.left_over() == "");
  }
}

TEST_CASE("Legacy calls: pages, completions and folders are asked for as the revision writes them") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      const mcp::Answer* signature = call.ask("signature", page());
      const mcp::Answer* words = call.ask("words", mcp::Sampling{R"({"maxTokens":1})"});
      const mcp::Answer* roots = call.ask("roots", mcp::ListRoots{});
      if (!signature || !words || !roots) return call.wait();
      return said(show(*signature) + show(*words) + show(*roots));
    };
    Asking asking(world, revision);
    REQUIRE(asking.questions.size() == 3);
    CHECK(asking.questions[0]["params"] == json{{"mode", "url"},
                                                {"message", "Please sign."},
                                                {"url", "https://sign.example/e1"},
                                                {"elicitationId", "e1"}});
    CHECK(asking.questions[1]["method"] == "sampling/createMessage");
    CHECK(asking.questions[1]["params"] == json{{"maxTokens", 1}});
    CHECK(asking.questions[2]["method"] == "roots/list");
    std::set<std::string> ids;
    for (const json& question : asking.questions) CHECK(ids.insert(question["id"]).second);

    asking.client.answer(asking.questions[2], {{"roots", json::array()}});
    asking.client.answer(asking.questions[0], {{"action", "accept"}});
    CHECK(world.news(asking.reply.stream).empty());
    asking.client.answer(asking.questions[1], {{"role", "assistant"}});
    CHECK(text_of(world.news(asking.reply.stream).at(0)) == R"(accepted{"role":"assistant"}{"roots":[]})");
  }
}

TEST_CASE("Legacy calls: prompts and resources ask as tools do") {
  World world(scripted_offer());
  prompt = [](mcp::Call& call) -> mcp::PromptOutcome {
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    return mcp::PromptResult{show(*answer), {}};
  };
  thing = [](mcp::Call& call) -> mcp::ReadOutcome {
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    return mcp::ReadResult{{{.uri = "test://thing", .text = show(*answer)}}};
  };
  LegacyClient client(world, "2025-06-18", kAsksAll);
  const Reply got = client.call("prompts/get", {{"name", "prompt"}});
  const Reply read = client.call("resources/read", {{"uri", "test://thing"}});
  client.answer(world.news(got.stream).at(0), named("Ada"));
  client.answer(world.news(read.stream).at(0), named("Bea"));
  CHECK(world.news(got.stream).at(0)["result"]["description"] == R"({"name":"Ada"})");
  CHECK(world.news(read.stream).at(0)["result"]["contents"][0]["text"] == R"({"name":"Bea"})");
}

TEST_CASE("Legacy calls: a call waits through evictions") {
  for (const std::string& revision : kLegacyRevisions) {
    World world(scripted_offer());
    act = ask_two;
    Asking asking(world, revision);
    world.evict();
    asking.client.answer(asking.questions.at(0), named("Ada"));
    world.evict();
    CHECK(world.is_open(asking.reply.stream));
    asking.client.answer(asking.questions.at(1), {{"roots", json::array()}});
    CHECK(text_of(world.news(asking.reply.stream).at(0)) == R"({"name":"Ada"}{"roots":[]})");
  }
}

TEST_CASE("Legacy calls: an error of the client is an answer too") {
  World world(scripted_offer());
  act = ask_two;
  Asking asking(world, "2025-11-25");
  asking.client.answer_error(asking.questions.at(0));
  asking.client.answer_error(asking.questions.at(1));
  CHECK(text_of(world.news(asking.reply.stream).at(0)) == "failedfailed");
}

TEST_CASE("Legacy calls: a human may decline or leave") {
  World world(scripted_offer());
  act = ask_name;
  for (const auto& [action, heard] : {std::pair("decline", "declined"), std::pair("cancel", "cancelled")}) {
    Asking asking(world, "2025-06-18");
    asking.client.answer(asking.questions.at(0), {{"action", action}});
    CHECK(text_of(world.news(asking.reply.stream).at(0)) == heard);
  }
}

TEST_CASE("Legacy calls: what is no answer is asked again, under a new id") {
  World world(scripted_offer());
  act = ask_name;
  Asking asking(world, "2025-11-25");
  std::set<std::string> ids = {asking.questions.at(0)["id"]};
  json question = asking.questions.at(0);
  for (const json& wrong : {named("A"), accepted({{"name", 7}}), json{{"action", "maybe"}}}) {
    asking.client.answer(question, wrong);
    const std::vector<json> news = world.news(asking.reply.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["method"] == "elicitation/create");
    // An id is never used twice in a session (2025-11-25, basic/index, "Requests").
    CHECK(ids.insert(news[0]["id"]).second);
    // The former question is closed.
    asking.client.answer(question, named("Eve"));
    CHECK(world.news(asking.reply.stream).empty());
    question = news[0];
  }
  asking.client.answer(question, named("Ada"));
  CHECK(text_of(world.news(asking.reply.stream).at(0)) == R"({"name":"Ada"})");
}

TEST_CASE("Legacy calls: one question after the other on one stream") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    std::string all;
    for (const char* key : {"one", "two", "three"}) {
      const mcp::Answer* answer = call.ask(key, form(key));
      if (!answer) return call.wait();
      all += show(*answer);
    }
    return said(all);
  };
  Asking asking(world, "2025-03-26");
  std::vector<json> news = asking.questions;
  for (const char* key : {"one", "two", "three"}) {
    REQUIRE(news.size() == 1);
    CHECK(news[0]["params"]["message"] == key);
    asking.client.answer(news[0], named(key));
    news = world.news(asking.reply.stream);
  }
  CHECK(text_of(news.at(0)) == R"({"name":"one"}{"name":"two"}{"name":"three"})");
}

TEST_CASE("Legacy calls: what nobody asked for is taken and passed over") {
  World world(scripted_offer());
  act = ask_two;
  Asking asking(world, "2025-11-25");
  const std::string id = asking.questions.at(0)["id"];
  const auto answer_as = [&](LegacyClient& client, const json& as) {
    return client.answer({{"id", as}}, named("Eve")).status;
  };
  LegacyClient other(world, "2025-11-25", kAsksAll);
  LegacyClient foreign(world, "2025-11-25", world.bob, kAsksAll);
  CHECK(answer_as(other, id) == 202);
  CHECK(answer_as(foreign, id) == 202);
  for (const json& wrong : {json(7), json(""), json(":"), json(":name"), json(id + "x"), json("x" + id),
                            json(id.substr(0, id.find(':'))), json(id.substr(id.find(':')))}) {
    CAPTURE(wrong.dump());
    CHECK(answer_as(asking.client, wrong) == 202);
  }
  CHECK(asking.client.post(R"({"jsonrpc":"2.0","error":{"code":1,"message":"m"}})").status == 202);
  CHECK(world.news(asking.reply.stream).empty());

  asking.client.answer(asking.questions[0], named("Ada"));
  asking.client.answer(asking.questions[0], named("Eve"));  // twice
  CHECK(world.news(asking.reply.stream).empty());
  asking.client.answer(asking.questions[1], {{"roots", json::array()}});
  CHECK(text_of(world.news(asking.reply.stream).at(0)) == R"({"name":"Ada"}{"roots":[]})");
  asking.client.answer(asking.questions[1], {{"roots", json::array()}});  // too late
  CHECK(world.news(asking.reply.stream).empty());
}

TEST_CASE("Legacy calls: after 15 minutes the question is taken back and the call is an error") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = ask_two;
    Asking asking(world, revision);
    asking.client.answer(asking.questions.at(0), named("Ada"));
    // Each answer gives the rest as much time again.
    world.pass(just_before(mcp::kQuestionLifetime));
    CHECK(world.news(asking.reply.stream).empty());
    CHECK(world.is_open(asking.reply.stream));
    world.pass(core::milliseconds(1));
    const std::vector<json> news = world.news(asking.reply.stream);
    REQUIRE(news.size() == 2);
    CHECK(news[0]["method"] == "notifications/cancelled");
    CHECK(news[0]["params"]["requestId"] == asking.questions.at(1)["id"]);
    CHECK(news[1]["id"] == asking.client.last_id());
    CHECK(news[1]["error"]["code"] == -32603);
    CHECK_FALSE(world.is_open(asking.reply.stream));
    asking.client.answer(asking.questions.at(1), {{"roots", json::array()}});
    CHECK(world.news(asking.reply.stream).empty());
    world.pass(mcp::kResumable);
    CHECK(world.left_over() == "");
  }
}

TEST_CASE("Legacy calls: the time runs in another process too") {
  World world(scripted_offer());
  act = ask_name;
  Asking asking(world, "2025-11-25");
  world.evict();
  world.pass(mcp::kQuestionLifetime);
  CHECK(world.news(asking.reply.stream).back()["error"]["code"] == -32603);
}

TEST_CASE("Legacy calls: the client may take its call back") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = ask_name;
    LegacyClient other(world, revision, kAsksAll);
    other.call("ping");
    Asking asking(world, revision);
    const auto cancel = [&](LegacyClient& who, const json& id) {
      return who.post(notification_json("notifications/cancelled", {{"requestId", id}})).status;
    };
    // Not another's, not by another type, and no other call.
    CHECK(cancel(other, asking.client.last_id()) == 202);
    CHECK(cancel(asking.client, std::to_string(asking.client.last_id())) == 202);
    CHECK(cancel(asking.client, 99) == 202);
    CHECK(asking.client.post(notification_json("notifications/cancelled")).status == 202);
    CHECK(world.is_open(asking.reply.stream));

    CHECK(cancel(asking.client, asking.client.last_id()) == 202);
    CHECK(world.news(asking.reply.stream).empty());
    CHECK_FALSE(world.is_open(asking.reply.stream));
    asking.client.answer(asking.questions.at(0), named("Ada"));
    CHECK(world.news(asking.reply.stream).empty());
    world.pass(mcp::kResumable);
    CHECK(world.left_over() == "");
  }
}

TEST_CASE("Legacy calls: what is taken back while it does something does not go on") {
  World world(scripted_offer());
  int runs = 0;
  act = [&](mcp::Call& call) {
    ++runs;
    call.log(mcp::LogLevel::error, "", "begun");
    return fetch_one(call);
  };
  LegacyClient client(world, "2025-11-25");
  const Reply reply = client.call_tool("act");
  REQUIRE(world.flows.size() == 1);
  client.post(notification_json("notifications/cancelled", {{"requestId", client.last_id()}}));
  world.go_on();
  CHECK(runs == 1);
  CHECK(world.news(reply.stream).size() == 1);
  CHECK_FALSE(world.is_open(reply.stream));
}

TEST_CASE("Legacy calls: a client that cannot be asked hears so") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = ask_name;
    prompt = [](mcp::Call& call) -> mcp::PromptOutcome {
      call.ask("roots", mcp::ListRoots{});
      return call.wait();
    };
    LegacyClient client(world, revision);
    const Reply told = client.call_tool("act");
    CHECK(told.status == 200);
    CHECK(told.is_tool_error());
    CHECK(mentions(told.tool_text(), "elicitation"));
    const Reply refused = client.call("prompts/get", {{"name", "prompt"}});
    CHECK(refused.status == 200);
    CHECK(refused.code() == -32602);
    CHECK(mentions(refused.message(), "roots"));
  }
}

TEST_CASE("Legacy calls: a client that takes no streams cannot be asked") {
  World world(scripted_offer());
  act = ask_name;
  LegacyClient client(world, "2025-11-25", kAsksAll);
  const Reply reply =
      client.post(request_json(5, "tools/call", {{"name", "act"}}), {{"Accept", "application/json"}});
  CHECK(reply.status == 200);
  CHECK(reply.code() == -32600);
  CHECK(mentions(reply.message(), "text/event-stream"));
  CHECK(world.left_over() == "");
}

TEST_CASE(
    "Legacy calls: a page that must be visited first is an error that names it, where the revision has it") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = [](mcp::Call&) -> mcp::ToolOutcome { return mcp::UrlRequired{{page("e1"), page("e2")}}; };
    prompt = [](mcp::Call&) -> mcp::PromptOutcome { return mcp::UrlRequired{{page("e1")}}; };
    LegacyClient client(world, revision, kAsksAll);
    const Reply reply = client.call_tool("act");
    CAPTURE(reply.text);
    CHECK(reply.status == 200);
    if (revision == "2025-11-25") {
      CHECK(reply.code() == -32042);
      CHECK(reply.error()["data"]["elicitations"] == json{{{"mode", "url"},
                                                           {"elicitationId", "e1"},
                                                           {"url", "https://sign.example/e1"},
                                                           {"message", "Please sign."}},
                                                          {{"mode", "url"},
                                                           {"elicitationId", "e2"},
                                                           {"url", "https://sign.example/e2"},
                                                           {"message", "Please sign."}}});
      // The client hears when the human is done.
      const Reply standing = client.get();
      world.in_step([](core::Context& step) { mcp::notify_elicitation_complete(step, "e2"); });
      CHECK(world.news(standing.stream).at(0)["params"] == json{{"elicitationId", "e2"}});
    } else {
      CHECK(reply.is_tool_error());
      CHECK(mentions(reply.tool_text(), "https://sign.example/e1"));
      CHECK(mentions(reply.tool_text(), "https://sign.example/e2"));
      CHECK(mentions(client.call("prompts/get", {{"name", "prompt"}}).message(), "https://sign.example/e1"));
    }
    // Nor does a client that cannot show pages get a code that it does not know.
    LegacyClient plain(world, revision, json{{"elicitation", kNothing}});
    CHECK(mentions(plain.call_tool("act").tool_text(), "https://sign.example/e2"));
  }
}

TEST_CASE("Legacy calls: the client hears once that the human is done with a page") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    const mcp::Answer* answer = call.ask("signature", page());
    if (!answer) return call.wait();
    return said(show(*answer));
  };
  const json done = {{"jsonrpc", "2.0"},
                     {"method", "notifications/elicitation/complete"},
                     {"params", {{"elicitationId", "e1"}}}};
  Asking asking(world, "2025-11-25");
  const auto complete = [&](std::string_view id) {
    world.in_step([&](core::Context& step) { mcp::notify_elicitation_complete(step, id); });
  };
  complete("e2");
  CHECK(world.news(asking.reply.stream).empty());

  SECTION("on the call's stream, where there is no other") {
    complete("e1");
    CHECK(world.news(asking.reply.stream) == std::vector<json>{done});
    complete("e1");
    CHECK(world.news(asking.reply.stream).empty());
  }
  SECTION("on the standing stream, where there is one") {
    const Reply standing = asking.client.get();
    complete("e1");
    CHECK(world.news(standing.stream) == std::vector<json>{done});
    CHECK(world.news(asking.reply.stream).empty());
  }
  SECTION("not on a stream that has ended") {
    asking.client.answer(asking.questions.at(0), {{"action", "accept"}});
    world.now = world.now + core::seconds(1);
    act = ask_name;
    const Reply later = asking.client.call_tool("act");
    world.news(later.stream);
    complete("e1");
    CHECK(world.news(later.stream) == std::vector<json>{done});
  }
  SECTION("nor after the session") {
    asking.client.end();
    CHECK(world.left_over() == "");
    complete("e1");
  }
}

TEST_CASE("Legacy calls: one call asks twenty times and no more") {
  World world(scripted_offer());
  act = ask_name;
  Asking asking(world, "2025-11-25");
  json question = asking.questions.at(0);
  for (uint32_t round = 1; round < mcp::kMaxRounds; ++round) {
    asking.client.answer(question, named("A"));
    question = world.news(asking.reply.stream).at(0);
    REQUIRE(question["method"] == "elicitation/create");
  }
  asking.client.answer(question, named("A"));
  CHECK(world.news(asking.reply.stream).at(0)["error"]["code"] == -32603);
}

TEST_CASE("Legacy calls: the hundred and first that waits ends the oldest, which hears of it") {
  World world(scripted_offer());
  act = ask_name;
  LegacyClient client(world, "2025-06-18", kAsksAll);
  // Streams are as many; other sessions' calls count for the same grant.
  std::vector<Reply> replies;
  for (int64_t i = 0; i < mcp::kMaxWaitingCalls; ++i) {
    world.now = world.now + core::milliseconds(1);
    replies.push_back(client.call_tool("act"));
  }
  CHECK(world.is_open(replies[0].stream));
  world.now = world.now + core::milliseconds(1);
  const Reply last = client.call_tool("act");
  CHECK_FALSE(world.is_open(replies[0].stream));
  CHECK(world.is_open(replies[1].stream));
  const std::vector<json> heard = world.news(replies[0].stream);
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].at("error").at("code") == -32603);
  client.answer(heard.at(0), named("Eve"));
  CHECK(world.news(replies[0].stream).empty());
  client.answer(world.news(last.stream).at(0), named("Ada"));
  CHECK(text_of(world.news(last.stream).at(0)) == R"({"name":"Ada"})");
}

TEST_CASE("Legacy calls: nothing that waits outlives its session or its grant") {
  World world(scripted_offer());
  act = ask_name;
  Asking asking(world, "2025-11-25");
  SECTION("the session") {
    asking.client.end();
    CHECK(world.left_over() == "");
  }
  SECTION("the grant, whose calls hear of its end") {
    world.end_grant("grant-a");
    CHECK(world.left_over() == "");
    const std::vector<json> news = world.news(asking.reply.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["id"] == asking.client.last_id());
    CHECK(news[0]["error"]["code"] == 403);
  }
  SECTION("the grant that is replaced: what was asked under it ends, the session goes on") {
    world.in_step([](core::Context& step) { mcp::replace_grant(step, "grant-a", "grant-b"); });
    CHECK(world.news(asking.reply.stream).at(0)["error"]["code"] == 403);
    world.alice.grant_id = "grant-b";
    CHECK(world.post(request_json(1, "ping"), asking.client.headers()).status == 200);
  }
  CHECK_FALSE(world.is_open(asking.reply.stream));
  asking.client.answer(asking.questions.at(0), named("Ada"));
}

TEST_CASE("Legacy calls: the calls of a batch that take longer share one stream") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (core::member(call.arguments, "ask")) return ask_name(call);
    if (core::member(call.arguments, "fetch")) return fetch_one(call);
    call.log(mcp::LogLevel::error, "", "told");
    return said("at once");
  };
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  LegacyClient client(world, "2025-03-26", kAsksAll);
  const auto call = [](int id, const json& arguments) {
    return json{{"jsonrpc", "2.0"},
                {"id", id},
                {"method", "tools/call"},
                {"params", {{"name", "act"}, {"arguments", arguments}}}};
  };
  SECTION("with what is answered at once as one message") {
    const Reply reply = client.post(json::array({call(1, {{"ask", 1}}), json::parse(request_json(2, "ping")),
                                                 call(3, {{"fetch", 1}}), call(4, {{"ask", 1}})})
                                        .dump());
    REQUIRE(reply.form == Reply::Form::open_stream);
    std::vector<json> news = world.news(reply.stream);
    REQUIRE(news.size() == 3);
    CHECK(news[0]["method"] == "elicitation/create");
    CHECK(news[1]["method"] == "elicitation/create");
    CHECK(news[2] == json::array({{{"jsonrpc", "2.0"}, {"id", 2}, {"result", kNothing}}}));
    world.go_on();
    CHECK(text_of(world.news(reply.stream).at(0)) == "fetched");
    client.answer(news[1], named("Bea"));
    CHECK(world.news(reply.stream).at(0)["id"] == 4);
    CHECK(world.is_open(reply.stream));
    client.answer(news[0], named("Ada"));
    CHECK(world.news(reply.stream).at(0)["id"] == 1);
    CHECK_FALSE(world.is_open(reply.stream));
  }
  SECTION("and what only tells something is still one of the answers") {
    const Reply reply =
        client.post(json::array({call(1, kNothing), json::parse(request_json(2, "ping"))}).dump());
    CAPTURE(reply.text);
    REQUIRE(reply.form == Reply::Form::one_json);
    REQUIRE(reply.body.size() == 2);
    CHECK(text_of(reply.body[0]) == "at once");
  }
}
