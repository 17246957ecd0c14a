// Calls between their request and their answer: effects, what they tell on the way, who may still go on, and
// what happens when something ends in the middle.
#include "call_support.h"

using namespace testing;

namespace {

/// A client of any revision, which calls the tool `act`.
struct AnyClient {
  AnyClient(World& world, const std::string& revision, const json& capabilities = kAsksAll,
            std::string_view log_level = "info")
      : world_(world), revision_(revision), modern_(world, capabilities) {
    if (!is_modern()) legacy_.emplace(world, revision, capabilities);
    if (!log_level.empty()) modern_.more_meta["io.modelcontextprotocol/logLevel"] = log_level;
  }
  bool is_modern() const { return revision_ == "2026-07-28"; }
  Reply call(const json& meta = json::object(),
             std::string_view accept = "application/json, text/event-stream",
             const json& arguments = json::object()) {
    json params = {{"name", "act"}, {"arguments", arguments}, {"_meta", meta}};
    HeaderList headers = {{"Accept", std::string(accept)}};
    if (!is_modern()) return legacy_->post(request_json(++id, "tools/call", params), headers);
    params["_meta"] = ModernClient::meta();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = modern_.capabilities;
    params["_meta"].update(modern_.more_meta);
    params["_meta"].update(meta);
    for (auto& header : ModernClient::headers("tools/call", "act")) headers.push_back(header);
    return world_.post(request_json(++id, "tools/call", params), headers);
  }
  LegacyClient& legacy() { return *legacy_; }

  int64_t id = 100;

 private:
  World& world_;
  std::string revision_;
  ModernClient modern_;
  std::optional<LegacyClient> legacy_;
};

std::string text_of(const json& message) {
  return message.at("result").at("content").at(0).at("text");
}

/// The methods of notifications, and "answer" or "error" for what ends the call.
std::vector<std::string> kinds(const std::vector<json>& messages) {
  std::vector<std::string> kinds;
  for (const json& message : messages) {
    if (message.contains("method")) {
      kinds.push_back(message["method"]);
    } else {
      kinds.push_back(message.contains("result") ? "answer" : "error");
    }
  }
  return kinds;
}
using Kinds = std::vector<std::string>;

/// Tells something first, so that it goes on on a stream.
mcp::ToolOutcome tell_and_fetch(mcp::Call& call) {
  call.log(mcp::LogLevel::error, "teller", "begun");
  return fetch_one(call);
}

/// Ended streams are let go of.
bool nothing_left(World& world) {
  world.pass(mcp::kResumable);
  const std::string left = world.left_over();
  UNSCOPED_INFO(left);
  return left.empty();
}

}  // namespace

// ---- Effects ----

TEST_CASE("Calls: effects are performed once, and the answer waits for them") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    int runs = 0;
    act = [&](mcp::Call& call) -> mcp::ToolOutcome {
      ++runs;
      const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
      const core::EffectResult* two = call.perform("two", core::Fetch{"PUT", "https://two.example/", {}, {}});
      if (!one || !two) return call.wait();
      const core::EffectResult* three =
          call.perform("three", core::Fetch{"POST", "https://three.example/", {}, one->bytes});
      if (!three) return call.wait();
      return said(one->bytes + "," + two->bytes + "," + three->bytes + "," + std::to_string(three->code) +
                  (three->ok() ? " ok" : " failed"));
    };
    world.perform = [](const core::Effect& effect) {
      const core::Fetch& fetch = std::get<core::Fetch>(effect);
      if (fetch.method == "POST") return failed("no " + fetch.body);
      return succeeded(fetch.method + " it", 201);
    };
    AnyClient client(world, revision);
    const Reply reply = client.call();
    CHECK(reply.form == Reply::Form::one_json);
    CHECK(reply.tool_text() == "GET it,PUT it,no GET it,0 failed");
    CHECK(reply.body["id"] == client.id);
    CHECK(world.performed == 3);
    CHECK(runs == 3);
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: an answer that only waits for effects needs no stream") {
  World world(scripted_offer());
  act = fetch_one;
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  for (const std::string& revision : kAllRevisions) {
    AnyClient client(world, revision);
    CHECK(client.call(kNothing, "application/json").tool_text() == "fetched");
    const Reply stream = client.call(kNothing, "text/event-stream");
    CHECK(stream.form == Reply::Form::event_stream);
    CHECK(stream.tool_text() == "fetched");
  }
}

TEST_CASE("Calls: sleeping is done in naps, and the time counts from when it began") {
  for (const std::string& revision : kAllRevisions) {
    World world(scripted_offer());
    std::vector<int64_t> naps;
    world.perform = [&](const core::Effect& effect) {
      const core::Duration nap = std::get<core::Sleep>(effect).duration;
      naps.push_back(nap.milliseconds);
      world.now = world.now + nap;
      return succeeded();
    };
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      if (!call.sleep("rest", core::milliseconds(150'000))) return call.wait();
      return said("rested");
    };
    const core::Instant begun = world.now;
    AnyClient client(world, revision);
    CHECK(client.call().tool_text() == "rested");
    CHECK(naps == std::vector<int64_t>{60'000, 60'000, 30'000});
    CHECK(world.now - begun == core::milliseconds(150'000));
  }
}

TEST_CASE("Calls: on a stream effects go on in the background") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = tell_and_fetch;
    world.perform = [](const core::Effect&) { return succeeded("fetched"); };
    AnyClient client(world, revision);
    const Reply reply = client.call();
    REQUIRE(reply.form == Reply::Form::open_stream);
    CHECK(kinds(world.news(reply.stream)) == Kinds{"notifications/message"});
    CHECK(world.performed == 0);
    REQUIRE(world.flows.size() == 1);
    world.go_on();
    const std::vector<json> news = world.news(reply.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["id"] == client.id);
    CHECK(text_of(news[0]) == "fetched");
    CHECK_FALSE(world.is_open(reply.stream));
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: a question and an effect may be needed at once; the effect comes first") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    world.perform = [](const core::Effect&) { return succeeded("fetched"); };
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      const mcp::Answer* name = call.ask("name", form());
      const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
      if (!name || !one) return call.wait();
      return said(show(*name) + one->bytes);
    };
    AnyClient client(world, revision);
    const Reply reply = client.call();
    CHECK(world.performed == 1);
    if (client.is_modern()) {
      CHECK(reply.result()["resultType"] == "input_required");
      continue;
    }
    client.legacy().answer(world.news(reply.stream).at(0), named("Ada"));
    CHECK(text_of(world.news(reply.stream).at(0)) == R"({"name":"Ada"}fetched)");
    CHECK(world.performed == 1);
  }
}

TEST_CASE("Calls: a modern call that has a stream asks by its answer there") {
  World world(scripted_offer());
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    call.log(mcp::LogLevel::error, "", "begun");
    const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
    if (!one) return call.wait();
    const mcp::Answer* name = call.ask("name", form());
    if (!name) return call.wait();
    return said(one->bytes + show(*name));
  };
  ModernClient client(world, kAsksAll);
  client.more_meta["io.modelcontextprotocol/logLevel"] = "error";
  const Reply reply = client.call_tool("act");
  REQUIRE(reply.form == Reply::Form::open_stream);
  world.go_on();
  Reply asked;
  asked.body = world.messages(reply.stream).back();
  CHECK(asked.result()["resultType"] == "input_required");
  CHECK_FALSE(world.is_open(reply.stream));
  CHECK(world.left_over() == "calls 1");  // what waits is not the stream's any more
  CHECK(again(client, asked, {{"name", named("Ada")}}).tool_text() == R"(fetched{"name":"Ada"})");
  CHECK(world.performed == 1);
  CHECK(world.left_over() == "");
}

TEST_CASE("Calls: one that waits for nothing is the server's mistake") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome { return call.wait(); };
  for (const std::string& revision : kAllRevisions) CHECK(AnyClient(world, revision).call().code() == -32603);
}

TEST_CASE("Calls: an error of the protocol is one, whatever the method") {
  World world(scripted_offer());
  act = [](mcp::Call&) -> mcp::ToolOutcome {
    return mcp::Error{mcp::ErrorCode::invalid_params, "No.", "[1]"};
  };
  for (const std::string& revision : kAllRevisions) {
    const Reply reply = AnyClient(world, revision).call();
    CHECK(reply.status == 200);
    CHECK(reply.error() == json{{"code", -32602}, {"message", "No."}, {"data", {1}}});
  }
}

// ---- Telling ----

TEST_CASE("Calls: what is told and known at once is one event stream that ends with the answer") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      call.progress(1, 2, "half");
      call.log(mcp::LogLevel::warning, "teller", json::object().dump());
      call.progress(2, 2);
      return said("done");
    };
    AnyClient client(world, revision);
    const Reply reply = client.call({{"progressToken", "p"}});
    CHECK(reply.form == Reply::Form::event_stream);
    CHECK(reply.header("X-Accel-Buffering") == "no");
    CHECK(kinds(reply.messages) ==
          Kinds{"notifications/progress", "notifications/message", "notifications/progress", "answer"});
    CHECK(reply.messages[1]["params"] == json{{"level", "warning"}, {"logger", "teller"}, {"data", "{}"}});
    CHECK(reply.tool_text() == "done");

    // Who takes JSON alone gets the answer alone.
    const Reply plain = client.call({{"progressToken", "p"}}, "application/json");
    CHECK(plain.form == Reply::Form::one_json);
    CHECK(plain.tool_text() == "done");
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: nothing is told twice, however often the code runs again") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    world.perform = [](const core::Effect&) { return succeeded("x"); };
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      for (int i = 0; i < 3; ++i) {
        call.progress(i, 3);
        call.log(mcp::LogLevel::error, "", std::to_string(i));
        if (!call.perform(std::to_string(i), core::Fetch{"GET", "https://x.example/", {}, {}}))
          return call.wait();
      }
      return said("done");
    };
    AnyClient client(world, revision);
    const Reply reply = client.call({{"progressToken", 1}});
    REQUIRE(reply.form == Reply::Form::open_stream);
    world.go_on();
    const std::string p = "notifications/progress", m = "notifications/message";
    CHECK(kinds(world.messages(reply.stream)) == Kinds{p, m, p, m, p, m, "answer"});
    // Nor on a way without a stream.
    CHECK(client.call({{"progressToken", 1}}, "application/json").tool_text() == "done");
  }
}

TEST_CASE("Calls: what was told before a question is not told again after it") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    call.log(mcp::LogLevel::error, "", "before");
    const mcp::Answer* answer = call.ask("name", form());
    if (!answer) return call.wait();
    call.log(mcp::LogLevel::error, "", "after");
    return said("done");
  };
  ModernClient client(world, kAsksAll);
  client.more_meta["io.modelcontextprotocol/logLevel"] = "debug";
  const Reply asked = client.call_tool("act");
  CHECK(kinds(asked.messages) == Kinds{"notifications/message", "answer"});
  const Reply done = again(client, asked, {{"name", named("Ada")}});
  REQUIRE(kinds(done.messages) == Kinds{"notifications/message", "answer"});
  CHECK(done.messages[0]["params"]["data"] == "after");

  LegacyClient legacy(world, "2025-11-25", kAsksAll);
  const Reply reply = legacy.call_tool("act");
  CHECK(kinds(world.messages(reply.stream)) == Kinds{"notifications/message", "elicitation/create"});
  legacy.answer(world.messages(reply.stream).at(1), named("Ada"));
  CHECK(kinds(world.messages(reply.stream)) ==
        Kinds{"notifications/message", "elicitation/create", "notifications/message", "answer"});
}

TEST_CASE("Calls: progress is for those who gave a token, and comes back with it") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      call.progress(0.5, {}, "half");
      call.progress(1, 2.5);
      return said("done");
    };
    AnyClient client(world, revision, kNothing, "");
    CHECK(client.call().form == Reply::Form::one_json);
    for (const json& token :
         {json(0), json(-3), json(18446744073709551615u), json("t"), json(""), json("a\"b")}) {
      CAPTURE(token.dump());
      const Reply reply = client.call({{"progressToken", token}});
      REQUIRE(kinds(reply.messages) == Kinds{"notifications/progress", "notifications/progress", "answer"});
      json first = {{"progressToken", token}, {"progress", 0.5}};
      // It has words since 2025-03-26.
      if (revision >= "2025-03-26") first["message"] = "half";
      CHECK(reply.messages[0]["params"] == first);
      CHECK(reply.messages[1]["params"] == json{{"progressToken", token}, {"progress", 1.0}, {"total", 2.5}});
    }
    for (const json& token : {json(1.5), json(true), json(nullptr), json::array(), json::object()}) {
      CAPTURE(token.dump());
      const Reply reply = client.call({{"progressToken", token}});
      CHECK(reply.form == Reply::Form::one_json);
      CHECK(reply.status == (client.is_modern() ? 400 : 200));
    }
  }
}

TEST_CASE("Calls: the log comes at the level that the client wants, and at no other") {
  const std::vector<std::string> levels = {"debug", "info",     "notice", "warning",
                                           "error", "critical", "alert",  "emergency"};
  World world(scripted_offer());
  act = [&](mcp::Call& call) -> mcp::ToolOutcome {
    for (int i = 0; i < 8; ++i) call.log(static_cast<mcp::LogLevel>(i), "", i);
    return said("done");
  };
  const auto heard = [](const Reply& reply) {
    std::vector<std::string> found;
    for (const json& message : reply.messages) {
      if (message.contains("method")) found.push_back(message["params"]["level"]);
    }
    return found;
  };
  using List = std::vector<std::string>;
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    LegacyClient client(world, revision);
    CHECK(heard(client.call_tool("act")) == List(levels.begin() + 1, levels.end()));  // info, unless said
    for (size_t i = 0; i < levels.size(); ++i) {
      const Reply set = client.call("logging/setLevel", {{"level", levels[i]}});
      CHECK(set.result() == kNothing);
      world.evict();
      CHECK(heard(client.call_tool("act")) ==
            List(levels.begin() + static_cast<std::ptrdiff_t>(i), levels.end()));
    }
    for (const json& wrong : {json("loud"), json("INFO"), json(3), json(nullptr), json("")}) {
      CHECK(client.call("logging/setLevel", {{"level", wrong}}).code() == -32602);
    }
    CHECK(client.call("logging/setLevel").code() == -32602);
    CHECK(heard(client.call_tool("act")) == List{"emergency"});
    // Each session has its own.
    LegacyClient other(world, revision);
    CHECK(heard(other.call_tool("act")).size() == 7);
  }
  ModernClient client(world);
  CHECK(client.call_tool("act").form == Reply::Form::one_json);
  for (size_t i = 0; i < levels.size(); ++i) {
    client.more_meta = {{"io.modelcontextprotocol/logLevel", levels[i]}};
    CHECK(heard(client.call_tool("act")) ==
          List(levels.begin() + static_cast<std::ptrdiff_t>(i), levels.end()));
  }
  client.more_meta = kNothing;
  CHECK(client.call_tool("act").form == Reply::Form::one_json);
}

// ---- Connections ----

TEST_CASE("Calls: a call may send its client away and be found again") {
  const std::string revision = kAllRevisions[recorded(GENERATE(range(size_t{0}, size_t{5})))];
  CAPTURE(revision);
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    call.log(mcp::LogLevel::error, "", "before");
    call.disconnect(core::seconds(2));
    return fetch_one(call);
  };
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  AnyClient client(world, revision);
  const Reply reply = client.call();
  REQUIRE(reply.form == Reply::Form::open_stream);
  CHECK(world.is_open(reply.stream) == (revision != "2025-11-25"));
  const std::vector<Event> events = world.events(reply.stream);
  world.news(reply.stream);
  if (revision != "2025-11-25") {
    for (const Event& event : events) CHECK(event.retry == "");
    world.go_on();
    CHECK(kinds(world.messages(reply.stream)) == Kinds{"notifications/message", "answer"});
    return;
  }
  REQUIRE(events.size() == 3);
  CHECK(events[0].data == "");
  CHECK_FALSE(events[0].id.empty());
  CHECK(events[2].retry == "2000");
  CHECK(events[2].data == "");
  SECTION("before it is done") {
    const Reply back = client.legacy().get(events[1].id);
    CHECK(back.stream == reply.stream);
    CHECK(world.is_open(reply.stream));
    CHECK(world.news(reply.stream).empty());
    world.go_on();
    CHECK(text_of(world.news(reply.stream).at(0)) == "fetched");
    CHECK_FALSE(world.is_open(reply.stream));
  }
  SECTION("when it is done, from wherever the client was") {
    world.go_on();
    CHECK(world.news(reply.stream).empty());
    client.legacy().get(events[0].id);
    CHECK(kinds(world.news(reply.stream)) == Kinds{"notifications/message", "answer"});
    CHECK_FALSE(world.is_open(reply.stream));
    client.legacy().get(events[1].id);
    CHECK(kinds(world.news(reply.stream)) == Kinds{"answer"});
  }
  SECTION("in another process") {
    world.go_on();
    world.evict();
    client.legacy().get(events[1].id);
    CHECK(kinds(world.news(reply.stream)) == Kinds{"answer"});
  }
  CHECK(nothing_left(world));
}

TEST_CASE("Calls: sending the client away is nothing where the answer is there at once") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    call.disconnect(core::seconds(2));
    return said("done");
  };
  for (const std::string& revision : kAllRevisions) {
    const Reply reply = AnyClient(world, revision).call();
    CHECK(reply.form == Reply::Form::one_json);
    CHECK(reply.tool_text() == "done");
  }
}

TEST_CASE("Calls: a modern client that goes has cancelled, a legacy one has not") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    int runs = 0;
    act = [&](mcp::Call& call) {
      ++runs;
      return tell_and_fetch(call);
    };
    world.perform = [](const core::Effect&) { return succeeded("fetched"); };
    AnyClient client(world, revision);
    const Reply reply = client.call();
    REQUIRE(reply.form == Reply::Form::open_stream);
    const std::vector<Event> events = world.events(reply.stream);
    world.hang_up(reply.stream);
    if (client.is_modern()) CHECK(world.left_over() == "");
    world.go_on();
    CHECK(runs == (client.is_modern() ? 1 : 2));
    if (!client.is_modern()) {
      client.legacy().get(events.back().id);
      CHECK(text_of(world.messages(reply.stream).back()) == "fetched");
    }
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: a modern client that went while the process was away has cancelled too") {
  World world(scripted_offer());
  act = tell_and_fetch;
  AnyClient client(world, "2026-07-28");
  const Reply reply = client.call();
  world.evict({reply.stream});
  CHECK(world.left_over() == "");
}

TEST_CASE("Calls: a stream that nobody comes for is let go of") {
  World world(scripted_offer());
  world.link_streams = false;
  int runs = 0;
  act = [&](mcp::Call& call) {
    ++runs;
    return tell_and_fetch(call);
  };
  AnyClient client(world, "2026-07-28");
  const Reply reply = client.call();
  world.next_alarm = world.now + mcp::kUnread;  // whatever it was set for
  world.pass(just_before(mcp::kUnread));
  CHECK(world.left_over() != "");
  world.pass(core::milliseconds(1));
  CHECK(world.left_over() == "");
  CHECK_FALSE(world.link(reply.stream));
  world.go_on();
  CHECK(runs == 1);
}

// ---- Who may go on ----

TEST_CASE("Calls: the gate is asked before each run, and what was ended in between does not go on") {
  const std::string revision = kAllRevisions[recorded(GENERATE(range(size_t{0}, size_t{5})))];
  const bool streaming = recorded(GENERATE(0, 1)) == 1;
  CAPTURE(revision, streaming);
  World world(scripted_offer());
  int runs = 0;
  act = [&](mcp::Call& call) {
    ++runs;
    return streaming ? tell_and_fetch(call) : fetch_one(call);
  };
  std::function<void()> in_between;
  world.perform = [&](const core::Effect&) {
    in_between();
    return succeeded("fetched");
  };
  AnyClient client(world, revision);
  Reply reply;
  json ended;
  const auto call = [&] {
    reply = client.call();
    if (streaming) REQUIRE(reply.form == Reply::Form::open_stream);
    world.go_on();
    ended = streaming ? world.messages(reply.stream).back() : reply.body;
    CHECK(runs == 1);
    CHECK(ended["id"] == client.id);
  };
  SECTION("refused now") {
    in_between = [&] { world.gate.answers["act"] = {mcp::Permission::Kind::refused, "Paused.", {}}; };
    call();
    CHECK(text_of(ended) == "Paused.");
    CHECK(ended["result"]["isError"] == true);
    CHECK(world.gate.asked == std::vector<std::string>{"act", "act"});
  }
  SECTION("nobody's any more") {
    in_between = [&] { world.gate.callers.clear(); };
    call();
    CHECK(ended["error"]["code"] == 403);
    if (!streaming) CHECK(reply.status == 200);
  }
  SECTION("out of scope now") {
    in_between = [&] {
      world.gate.answers["act"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer scope=\"x\""};
    };
    call();
    CHECK(ended.contains("error"));
    if (!streaming) {
      CHECK(reply.status == 403);
      CHECK(reply.header("WWW-Authenticate") == "Bearer scope=\"x\"");
    }
  }
  CHECK(nothing_left(world));
}

TEST_CASE("Calls: whoever answers a question is asked for again, too") {
  World world(scripted_offer());
  act = ask_name;
  const mcp::Permission refusal{mcp::Permission::Kind::refused, "Paused.", {}};

  ModernClient modern(world, kAsksAll);
  const Reply asked = modern.call_tool("act");
  LegacyClient legacy(world, "2025-11-25", kAsksAll);
  const Reply reply = legacy.call_tool("act");
  world.gate.answers["act"] = refusal;
  CHECK(again(modern, asked, {{"name", named("Ada")}}).tool_text() == "Paused.");
  legacy.answer(world.news(reply.stream).at(0), named("Ada"));
  CHECK(text_of(world.news(reply.stream).at(0)) == "Paused.");
}

TEST_CASE("Calls: what goes on in the background ends with the grant") {
  for (const std::string& revision : kAllRevisions) {
    World world(scripted_offer());
    int runs = 0;
    act = [&](mcp::Call& call) {
      ++runs;
      return tell_and_fetch(call);
    };
    AnyClient client(world, revision);
    const Reply reply = client.call();
    world.end_grant("grant-a");
    CHECK(world.messages(reply.stream).back()["error"]["code"] == 403);
    CHECK_FALSE(world.is_open(reply.stream));
    CHECK(world.left_over() == "");
    world.go_on();
    CHECK(runs == 1);
    CHECK(world.left_over() == "");
  }
}

// ---- What ends in the middle ----

TEST_CASE("Calls: one that traps in the background is an internal error") {
  for (const std::string& revision : kAllRevisions) {
    World world(scripted_offer());
    act = tell_and_fetch;
    AnyClient client(world, revision);
    const Reply reply = client.call();
    world.lose_flow();
    const json ended = world.messages(reply.stream).back();
    CHECK(ended["id"] == client.id);
    CHECK(ended["error"]["code"] == -32603);
    CHECK_FALSE(world.is_open(reply.stream));
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: one that traps after its client has gone troubles nobody") {
  World world(scripted_offer());
  act = tell_and_fetch;
  const Reply reply = AnyClient(world, "2026-07-28").call();
  world.hang_up(reply.stream);
  world.lose_flow();
  CHECK(world.left_over() == "");
}

TEST_CASE("Calls: the end of the process in the middle of a call is told") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = tell_and_fetch;
    AnyClient client(world, revision);
    const Reply reply = client.call();
    world.news(reply.stream);
    world.evict();
    const std::vector<json> news = world.news(reply.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["id"] == client.id);
    CHECK(news[0]["error"]["code"] == -32603);
    CHECK(mentions(news[0]["error"]["message"].get<std::string>(), "interrupted"));
    CHECK_FALSE(world.is_open(reply.stream));
    CHECK(nothing_left(world));
  }
}

TEST_CASE("Calls: a legacy client that comes back after the end of the process hears of it") {
  for (const std::string& revision : kLegacyRevisions) {
    World world(scripted_offer());
    act = tell_and_fetch;
    AnyClient client(world, revision);
    const Reply reply = client.call();
    const std::string last = world.events(reply.stream).back().id;
    world.evict({reply.stream});
    world.news(reply.stream);
    client.legacy().get(last);
    CHECK(kinds(world.news(reply.stream)) == Kinds{"error"});
    CHECK_FALSE(world.is_open(reply.stream));
  }
}

TEST_CASE("Calls: continuations that are none lead nowhere") {
  World world(scripted_offer());
  act = tell_and_fetch;
  AnyClient client(world, "2026-07-28");
  client.call();
  const std::string good = world.flows.at(0).continuation;
  const std::string rows = world.left_over();
  const auto resume = [&](std::string_view bytes, size_t results) {
    core::Context step = world.step();
    const core::Outcome outcome = world.server->resume(
        bytes, std::vector<core::EffectResult>(results, succeeded()), world.config, world.gate, step);
    CHECK(std::holds_alternative<core::Reply>(outcome));
    CHECK(step.writes.empty());
    world.server->lost(bytes.substr(0, bytes.size() - (bytes == good ? 1 : 0)), step);
  };
  for (size_t size = 0; size < good.size(); ++size) resume(std::string_view(good).substr(0, size), 1);
  resume(good + "x", 1);
  resume(std::string(100, '\xff'), 1);
  resume(good, 0);
  resume(good, 2);
  CHECK(world.left_over() == rows);
}

// ---- What is kept ----

TEST_CASE("A call's record is kept whole") {
  mcp::CallRecord record;
  record.method = "tools/call";
  record.params = R"({"name":"act"})";
  record.request_id = {"\"id\""};
  record.revision = mcp::Revision::v2025_06_18;
  record.features = mcp::ClientFeatures::from_bits(21);
  record.log_level = mcp::LogLevel::notice;
  record.progress_token = "0";
  record.caller_handle = std::string("a\0b", 3);
  record.session_id = "session";
  record.answers = {{"a", "{}"}, {"b", std::string(mcp::kFailedAnswer)}};
  record.effects = {{"one", succeeded("bytes", 200)}, {"two", failed("why")}};
  record.sleeps = {{"nap", core::Instant{1'790'000'000'001}}};
  record.told = 3;
  record.rounds = 4;
  record.pending = {"x", "y"};
  record.task_id = "task";
  record.stream_id = "stream";
  record.id = "row";
  const std::string bytes = record.encode();
  const std::optional<mcp::CallRecord> read = mcp::CallRecord::decode(bytes);
  REQUIRE(read);
  CHECK(read->encode() == bytes);
  CHECK(read->method == record.method);
  CHECK(read->params == record.params);
  CHECK(read->request_id.json == record.request_id.json);
  CHECK(read->revision == record.revision);
  CHECK(read->features.bits() == 21);
  CHECK(read->log_level == record.log_level);
  CHECK(read->caller_handle == record.caller_handle);
  CHECK(read->answers == record.answers);
  CHECK(read->effects.at("one").ok());
  CHECK(read->effects.at("one").code == 200);
  CHECK_FALSE(read->effects.at("two").ok());
  CHECK(read->effects.at("two").bytes == "why");
  CHECK(read->sleeps == record.sleeps);
  CHECK(read->pending == record.pending);
  CHECK(read->task_id + read->stream_id + read->id + read->session_id == "taskstreamrowsession");
  CHECK(read->told == 3);
  CHECK(read->rounds == 4);

  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(mcp::CallRecord::decode(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(mcp::CallRecord::decode(bytes + '\0'));
  CHECK_FALSE(mcp::CallRecord::decode(mcp::CallRecord{}.encode() + std::string(4, '\xff')));
  CHECK_FALSE(mcp::CallRecord::decode(mcp::CallRecord{}.encode())->log_level);
}

TEST_CASE("What a client can do is read from what it declares") {
  using mcp::ClientFeature;
  const auto features = [](std::string_view text) {
    core::JsonGate gate;
    return mcp::ClientFeatures::of(gate.parse(text).root).bits();
  };
  const auto bit = [](ClientFeature feature) { return int64_t{1} << static_cast<int>(feature); };
  CHECK(mcp::ClientFeatures::of({}).bits() == 0);
  CHECK(features("{}") == 0);
  CHECK(features(R"({"elicitation":{}})") == bit(ClientFeature::form_elicitation));
  CHECK(features(R"({"elicitation":{"form":{}}})") == bit(ClientFeature::form_elicitation));
  CHECK(features(R"({"elicitation":{"url":{}}})") == bit(ClientFeature::url_elicitation));
  CHECK(features(R"({"elicitation":{"url":{},"form":{}}})") ==
        bit(ClientFeature::form_elicitation) + bit(ClientFeature::url_elicitation));
  CHECK(features(R"({"sampling":{}})") == bit(ClientFeature::sampling));
  CHECK(features(R"({"roots":{"listChanged":true}})") == bit(ClientFeature::roots));
  CHECK(features(R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})") == bit(ClientFeature::tasks));
  CHECK(features(R"({"extensions":{"other":{}},"tasks":{},"experimental":{}})") == 0);
}
