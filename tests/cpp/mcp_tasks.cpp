// Tasks: calls that go on after they were answered (extension io.modelcontextprotocol/tasks, 2026-07-28).
#include "mcp/tasks.h"

#include "call_support.h"

using namespace testing;

namespace {

/// A world whose tools can be tasks, and a client that knows them.
struct Tasks : World {
  explicit Tasks(mcp::TaskSupport support = mcp::TaskSupport::optional) : World(scripted_offer(support)) {}

  /// Calls `act`; gives the task's id.
  std::string create(ModernClient& who) {
    const Reply reply = who.call_tool("act");
    REQUIRE(reply.result().at("resultType") == "task");
    return reply.result().at("taskId");
  }
  std::string create() { return create(client); }
  json get(const std::string& id) { return client.call("tasks/get", {{"taskId", id}}).result(); }
  std::string status(const std::string& id) { return get(id).at("status"); }
  Reply update(const std::string& id, const json& answers) {
    return client.call("tasks/update", {{"taskId", id}, {"inputResponses", answers}});
  }
  Reply cancel(const std::string& id) { return client.call("tasks/cancel", {{"taskId", id}}); }

  ModernClient client{*this, kAsksAllAndTasks};
};

mcp::ToolOutcome task_that(mcp::Call& call, mcp::ToolOutcome (*rest)(mcp::Call&)) {
  if (!call.as_task()) return call.wait();
  return rest(call);
}
mcp::ToolOutcome task_that_asks(mcp::Call& call) {
  return task_that(call, ask_name);
}
mcp::ToolOutcome task_that_fetches(mcp::Call& call) {
  return task_that(call, fetch_one);
}
mcp::ToolOutcome task_that_naps(mcp::Call& call) {
  if (!call.as_task()) return call.wait();
  if (!call.sleep("nap", core::minutes(10))) return call.wait();
  return said("rested");
}
mcp::ToolOutcome task_that_is_done(mcp::Call& call) {
  return task_that(call, [](mcp::Call&) { return said("done"); });
}

std::string text_of(const json& task) {
  return task.at("result").at("content").at(0).at("text");
}

void is_acknowledged(const Reply& reply) {
  CHECK(reply.status == 200);
  json result = reply.result();
  result.erase("_meta");
  CHECK(result == json{{"resultType", "complete"}});
}

}  // namespace

TEST_CASE("Tasks: a call that becomes one is answered with it, and it is there by then") {
  Tasks world;
  act = task_that_fetches;
  const Reply reply = world.client.call_tool("act");
  CHECK(reply.status == 200);
  CHECK(reply.form == Reply::Form::one_json);
  json task = reply.result();
  const std::string id = task.at("taskId");
  CHECK(id.size() >= 22);
  task.erase("taskId");
  task.erase("_meta");
  CHECK(task == json{{"resultType", "task"},
                     {"status", "working"},
                     {"createdAt", core::iso8601(world.now)},
                     {"lastUpdatedAt", core::iso8601(world.now)},
                     {"ttlMs", 3'600'000},
                     {"pollIntervalMs", 1000}});
  CHECK(world.left_over() == "tasks 1");
  CHECK(world.performed == 0);
  json got = world.get(id);
  CHECK(got["resultType"] == "complete");
  CHECK(got["taskId"] == id);
  CHECK(got["status"] == "working");
  CHECK_FALSE(got.contains("result"));
}

TEST_CASE("Tasks: what it does outside it does in the background, and its result is kept") {
  Tasks world;
  act = task_that_fetches;
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  const std::string id = world.create();
  world.now = world.now + core::seconds(3);
  world.go_on();
  CHECK(world.performed == 1);
  const json task = world.get(id);
  CHECK(task["status"] == "completed");
  CHECK(task["createdAt"] == core::iso8601(world.now - core::seconds(3)));
  CHECK(task["lastUpdatedAt"] == core::iso8601(world.now));
  CHECK(text_of(task) == "fetched");
  CHECK_FALSE(task.contains("error"));
  CHECK_FALSE(task.contains("inputRequests"));
  CHECK(world.get(id) == task);
}

TEST_CASE("Tasks: one that is done at once is completed from the start") {
  Tasks world;
  act = task_that_is_done;
  const std::string id = world.create();
  CHECK(text_of(world.get(id)) == "done");
}

TEST_CASE("Tasks: a failure of the tool is a result, an error is a failure") {
  Tasks world;
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    return mcp::ToolResult::error("It went wrong.");
  };
  json task = world.get(world.create());
  CHECK(task["status"] == "completed");
  CHECK(task["result"]["isError"] == true);
  CHECK(text_of(task) == "It went wrong.");

  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    return mcp::Error{mcp::ErrorCode::internal_error, "It broke.", R"({"x":1})"};
  };
  task = world.get(world.create());
  CHECK(task["status"] == "failed");
  CHECK(task["error"] == json{{"code", -32603}, {"message", "It broke."}, {"data", {{"x", 1}}}});
  CHECK_FALSE(task.contains("result"));
}

TEST_CASE("Tasks: what the tool says of its progress is the status message") {
  Tasks world;
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    call.progress(1, 2, "half way");
    if (!call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}})) return call.wait();
    call.progress(2, 2, "all the way");
    return said("done");
  };
  const std::string id = world.create();
  CHECK(world.get(id)["statusMessage"] == "half way");
  world.go_on();
  CHECK(world.get(id)["statusMessage"] == "all the way");
}

TEST_CASE("Tasks: only who declares the extension gets tasks, and others get their answer at once") {
  Tasks world;
  act = task_that_is_done;
  ModernClient plain(world, kAsksAll);
  CHECK(plain.call_tool("act").tool_text() == "done");
  for (const std::string& revision : kLegacyRevisions) {
    LegacyClient legacy(world, revision, kAsksAllAndTasks);
    CHECK(legacy.call_tool("act").tool_text() == "done");
  }
  CHECK(world.left_over() == "");

  const std::string id = world.create();
  for (const char* method : {"tasks/get", "tasks/update", "tasks/cancel"}) {
    const Reply reply = plain.call(method, {{"taskId", id}, {"inputResponses", kNothing}});
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32021);
    CHECK(reply.error()["data"] == json{{"requiredCapabilities", kTasks}});
  }
  CHECK(world.status(id) == "completed");
}

TEST_CASE("Tasks: a tool that never is one is none, whatever it wishes") {
  World world(scripted_offer(mcp::TaskSupport::none));
  act = task_that_is_done;
  ModernClient client(world, kAsksAllAndTasks);
  CHECK(client.call_tool("act").tool_text() == "done");
  CHECK_FALSE(client.call("server/discover").result()["capabilities"].contains("extensions"));
}

TEST_CASE("Tasks: they are announced to the era that has them") {
  Tasks world;
  CHECK(world.client.call("server/discover").result()["capabilities"]["extensions"] == kTasks["extensions"]);
  for (const std::string& revision : kLegacyRevisions) {
    LegacyClient legacy(world, revision);
    CHECK_FALSE(legacy.hello["capabilities"].contains("extensions"));
    CHECK_FALSE(legacy.hello["capabilities"].contains("tasks"));
    CHECK(legacy.call("tasks/get", {{"taskId", "x"}}).code() == -32601);
  }
}

TEST_CASE("Tasks: a tool that must be one is nothing for those who know none") {
  Tasks world(mcp::TaskSupport::required);
  int runs = 0;
  act = [&](mcp::Call& call) {
    ++runs;
    return task_that_is_done(call);
  };
  ModernClient plain(world, kAsksAll);
  const Reply reply = plain.call_tool("act");
  CHECK(reply.status == 400);
  CHECK(reply.code() == -32021);
  CHECK(reply.error()["data"] == json{{"requiredCapabilities", kTasks}});
  for (const std::string& revision : kLegacyRevisions) {
    CHECK(LegacyClient(world, revision, kTasks).call_tool("act").code() == -32602);
  }
  CHECK(runs == 0);
  CHECK(text_of(world.get(world.create())) == "done");
}

TEST_CASE("Tasks: an id that is none of this grant's is unknown, whoever else it may be") {
  Tasks world;
  act = task_that_asks;
  const std::string id = world.create();
  ModernClient bob(world, world.bob, kAsksAllAndTasks);
  for (const char* method : {"tasks/get", "tasks/update", "tasks/cancel"}) {
    for (const std::string& wrong : {id + "x", std::string(), std::string("unknown")}) {
      const Reply reply = world.client.call(method, {{"taskId", wrong}, {"inputResponses", kNothing}});
      CHECK((reply.status == 200 || wrong.empty()));
      CHECK((wrong.empty() || reply.code() == -32602));
    }
    const Reply foreign = bob.call(method, {{"taskId", id}, {"inputResponses", {{"name", named("Eve")}}}});
    CHECK(foreign.status == 200);
    CHECK(foreign.code() == -32602);
    for (const json& params : {kNothing, json{{"taskId", 7}}, json{{"taskId", nullptr}}}) {
      CHECK(world.client.call(method, params).code() == -32602);
    }
  }
  CHECK(world.status(id) == "input_required");
}

// ---- Asking ----

TEST_CASE("Tasks: what one must know it asks by its status, and hears by tasks/update") {
  Tasks world;
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    const mcp::Answer* name = call.ask("name", form());
    const mcp::Answer* roots = call.ask("roots", mcp::ListRoots{});
    if (!name || !roots) return call.wait();
    return said(show(*name) + show(*roots));
  };
  const Reply created = world.client.call_tool("act");
  CHECK(created.result()["status"] == "input_required");
  CHECK_FALSE(created.result().contains("inputRequests"));
  const std::string id = created.result()["taskId"];
  json task = world.get(id);
  CHECK(task["inputRequests"]["roots"] == json{{"method", "roots/list"}, {"params", kNothing}});
  CHECK(keys(task["inputRequests"]) == std::vector<std::string>{"name", "roots"});

  // In parts, with keys that nobody asked for, in another process.
  is_acknowledged(world.update(id, {{"unknown", named("Eve")}, {"roots", {{"roots", json::array()}}}}));
  task = world.get(id);
  CHECK(task["status"] == "input_required");
  CHECK(keys(task["inputRequests"]) == std::vector<std::string>{"name"});
  world.evict();
  is_acknowledged(world.update(id, {{"roots", {{"roots", {1}}}}}));  // answered already
  is_acknowledged(world.update(id, kNothing));
  is_acknowledged(world.update(id, {{"name", named("A")}}));  // breaks the schema: asked again
  task = world.get(id);
  CHECK(keys(task["inputRequests"]) == std::vector<std::string>{"name"});
  is_acknowledged(world.update(id, {{"name", named("Ada")}}));
  CHECK(text_of(world.get(id)) == R"({"name":"Ada"}{"roots":[]})");
  // Too late for anything else.
  is_acknowledged(world.update(id, {{"name", named("Eve")}}));
  CHECK(text_of(world.get(id)) == R"({"name":"Ada"}{"roots":[]})");
}

TEST_CASE("Tasks: answers that nobody waits for do not set anything off") {
  Tasks world;
  act = task_that_fetches;
  const std::string id = world.create();
  is_acknowledged(world.update(id, {{"name", named("Ada")}}));
  is_acknowledged(world.update(id, kNothing));
  CHECK(world.flows.size() == 1);
  CHECK(world.status(id) == "working");
}

TEST_CASE("Tasks: answers of another type are errors") {
  Tasks world;
  act = task_that_asks;
  const std::string id = world.create();
  for (const json& wrong : {json(7), json(nullptr), json("x"), json::array()}) {
    CHECK(world.update(id, wrong).code() == -32602);
  }
  CHECK(world.client.call("tasks/update", {{"taskId", id}}).code() == -32602);
  CHECK(world.status(id) == "input_required");
}

TEST_CASE("Tasks: what the client cannot be asked is the task's failure") {
  Tasks world;
  act = task_that_asks;
  ModernClient mute(world, kTasks);
  const json task = world.get(world.create(mute));
  CHECK(task["status"] == "failed");
  CHECK(task["error"]["code"] == -32021);
}

TEST_CASE("Tasks: one asks twenty times and no more") {
  Tasks world;
  act = task_that_asks;
  const std::string id = world.create();
  for (uint32_t round = 1; round < mcp::kMaxRounds; ++round) world.update(id, {{"name", named("A")}});
  CHECK(world.status(id) == "input_required");
  world.update(id, {{"name", named("A")}});
  CHECK(world.get(id)["error"]["code"] == -32603);
}

TEST_CASE("Tasks: a call may ask first and become a task then") {
  Tasks world;
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    const mcp::Answer* name = call.ask("name", form());
    if (!name) return call.wait();
    if (!call.as_task()) return call.wait();
    const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
    if (!one) return call.wait();
    const mcp::Answer* roots = call.ask("roots", mcp::ListRoots{});
    if (!roots) return call.wait();
    return said(show(*name) + one->bytes + show(*roots));
  };
  const Reply asked = world.client.call_tool("act");
  CHECK(asked.result()["resultType"] == "input_required");
  const Reply created = again(world.client, asked, {{"name", named("Ada")}});
  CHECK(created.result()["resultType"] == "task");
  const std::string id = created.result()["taskId"];
  CHECK(world.left_over() == "tasks 1");
  world.go_on();
  CHECK(keys(world.get(id)["inputRequests"]) == std::vector<std::string>{"roots"});
  world.update(id, {{"roots", {{"roots", json::array()}}}});
  CHECK(text_of(world.get(id)) == R"({"name":"Ada"}fetched{"roots":[]})");
}

TEST_CASE("Tasks: what a call does before it becomes one is not done again") {
  Tasks world;
  world.perform = [](const core::Effect&) { return succeeded("x"); };
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.perform("before", core::Fetch{"GET", "https://one.example/", {}, {}})) return call.wait();
    if (!call.as_task()) return call.wait();
    if (!call.perform("after", core::Fetch{"GET", "https://two.example/", {}, {}})) return call.wait();
    return said("done");
  };
  const std::string id = world.create();
  CHECK(world.performed == 1);
  world.go_on();
  CHECK(world.performed == 2);
  CHECK(world.status(id) == "completed");
}

// ---- Time ----

TEST_CASE("Tasks: one that sleeps is woken by the alarm, in whatever process") {
  Tasks world;
  act = task_that_naps;
  const std::string id = world.create();
  CHECK(world.flows.empty());  // nothing keeps the object awake
  REQUIRE(world.next_alarm);
  CHECK(*world.next_alarm == world.now + core::minutes(10));
  SECTION("in the same") {}
  SECTION("in the next") {
    world.now = world.now + core::minutes(1);
    world.evict();
    REQUIRE(world.next_alarm);
    world.now = world.now - core::minutes(1);
  }
  world.pass(just_before(core::minutes(10)));
  CHECK(world.status(id) == "working");
  world.pass(core::milliseconds(1));
  CHECK(text_of(world.get(id)) == "rested");
}

TEST_CASE("Tasks: an effect that the end of the process interrupted is taken up again") {
  Tasks world;
  act = task_that_fetches;
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  const std::string id = world.create();
  CHECK(world.flows.size() == 1);
  world.evict();
  CHECK(world.status(id) == "working");
  REQUIRE(world.next_alarm);
  CHECK(*world.next_alarm <= world.now);
  world.pass(core::milliseconds(0));
  world.go_on();
  CHECK(world.performed == 1);
  CHECK(text_of(world.get(id)) == "fetched");
}

TEST_CASE("Tasks: naps and other effects together go on in the background") {
  Tasks world;
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    const bool rested = call.sleep("nap", core::seconds(30));
    const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
    if (!rested || !one) return call.wait();
    return said(one->bytes);
  };
  const std::string id = world.create();
  REQUIRE(world.flows.size() == 1);
  CHECK(world.flows[0].effects.size() == 2);
  world.go_on();
  CHECK(text_of(world.get(id)) == "no such effect here");
}

TEST_CASE("Tasks: one is kept for an hour") {
  CHECK(mcp::kTaskLifetime == core::hours(1));
  Tasks world;
  act = task_that_asks;
  const std::string id = world.create();
  world.pass(just_before(core::hours(1)));
  CHECK(world.status(id) == "input_required");
  world.now = world.now + core::milliseconds(1);
  CHECK(world.client.call("tasks/get", {{"taskId", id}}).code() == -32602);
  CHECK(world.update(id, {{"name", named("Ada")}}).code() == -32602);
  CHECK(world.left_over() == "tasks 1");
  world.pass(core::milliseconds(0));
  CHECK(world.left_over() == "");
}

TEST_CASE("Tasks: a sleep that outlasts its task wakes nobody") {
  Tasks world;
  int runs = 0;
  act = [&](mcp::Call& call) -> mcp::ToolOutcome {
    ++runs;
    if (!call.as_task()) return call.wait();
    if (!call.sleep("nap", core::hours(2))) return call.wait();
    return said("rested");
  };
  world.create();
  world.pass(core::hours(3));
  CHECK(runs == 2);
  CHECK(world.left_over() == "");
  CHECK_FALSE(world.next_alarm);
}

TEST_CASE("Tasks: a grant has a hundred, and no more for now") {
  Tasks world;
  act = task_that_asks;
  ModernClient bob(world, world.bob, kAsksAllAndTasks);
  world.create(bob);
  for (int64_t i = 0; i < mcp::kMaxTasks; ++i) world.create();
  const Reply reply = world.client.call_tool("act");
  CHECK(reply.status == 200);
  CHECK(reply.code() == 403);
  CHECK(mentions(reply.message(), "100 tasks"));
  world.create(bob);
  CHECK(world.left_over() == "tasks 102");
  world.pass(core::hours(1));
  world.create();
}

// ---- Ends ----

TEST_CASE("Tasks: one that is cancelled does not go on") {
  Tasks world;
  int runs = 0;
  SECTION("while it asks") {
    act = task_that_asks;
    const std::string id = world.create();
    is_acknowledged(world.cancel(id));
    CHECK(world.status(id) == "cancelled");
    CHECK_FALSE(world.get(id).contains("inputRequests"));
    is_acknowledged(world.update(id, {{"name", named("Ada")}}));
    CHECK(world.status(id) == "cancelled");
    is_acknowledged(world.cancel(id));
  }
  SECTION("while it does something") {
    act = [&](mcp::Call& call) {
      ++runs;
      return task_that_fetches(call);
    };
    const std::string id = world.create();
    is_acknowledged(world.cancel(id));
    SECTION("which ends well") {
      world.go_on();
    }
    SECTION("which traps") {
      world.lose_flow();
    }
    SECTION("which the process does not survive") {
      world.evict();
      world.pass(core::minutes(1));
    }
    CHECK(runs == 2);
    CHECK(world.status(id) == "cancelled");
  }
  SECTION("while it sleeps") {
    act = task_that_naps;
    const std::string id = world.create();
    is_acknowledged(world.cancel(id));
    world.pass(core::minutes(11));
    CHECK(world.status(id) == "cancelled");
  }
  SECTION("after its end it has ended") {
    act = task_that_is_done;
    const std::string id = world.create();
    is_acknowledged(world.cancel(id));
    CHECK(world.status(id) == "completed");
    is_acknowledged(world.cancel(id));
  }
}

TEST_CASE("Tasks: one that traps has failed") {
  Tasks world;
  act = task_that_fetches;
  const std::string id = world.create();
  world.lose_flow();
  const json task = world.get(id);
  CHECK(task["status"] == "failed");
  CHECK(task["error"]["code"] == -32603);
}

TEST_CASE("Tasks: the gate is asked each time that one goes on") {
  Tasks world;
  world.perform = [](const core::Effect&) { return succeeded("fetched"); };
  const mcp::Permission refusal{mcp::Permission::Kind::refused, "Paused.", {}};
  SECTION("after an effect") {
    act = task_that_fetches;
    const std::string id = world.create();
    world.gate.answers["act"] = refusal;
    world.go_on();
    CHECK(text_of(world.get(id)) == "Paused.");
  }
  SECTION("after a nap") {
    act = task_that_naps;
    const std::string id = world.create();
    world.gate.answers["act"] = refusal;
    world.pass(core::minutes(10));
    CHECK(text_of(world.get(id)) == "Paused.");
  }
  SECTION("after an answer") {
    act = task_that_asks;
    const std::string id = world.create();
    world.gate.answers["act"] = refusal;
    world.update(id, {{"name", named("Ada")}});
    CHECK(text_of(world.get(id)) == "Paused.");
  }
  SECTION("and where nobody stands behind it any more, it fails") {
    const bool sleeping = recorded(GENERATE(0, 1)) == 1;
    act = sleeping ? task_that_naps : task_that_fetches;
    const std::string id = world.create();
    world.gate.callers.clear();
    world.go_on();
    world.pass(core::minutes(10));
    CHECK(world.status(id) == "failed");
    CHECK(world.get(id)["error"]["code"] == 403);
  }
}

TEST_CASE("Tasks: they end with their grant; where it is replaced, what worked has failed") {
  Tasks world;
  act = task_that_fetches;
  const std::string id = world.create();
  SECTION("ended") {
    world.end_grant("grant-a");
    CHECK(world.left_over() == "");
    world.go_on();
    CHECK(world.left_over() == "");
  }
  SECTION("replaced") {
    world.in_step([](core::Context& step) { mcp::replace_grant(step, "grant-a", "grant-b"); });
    CHECK(world.client.call("tasks/get", {{"taskId", id}}).code() == -32602);
    ModernClient bob(world, world.bob, kAsksAllAndTasks);
    const json task = bob.call("tasks/get", {{"taskId", id}}).result();
    CHECK(task["status"] == "failed");
    CHECK(task["error"]["code"] == 403);
    world.go_on();
    CHECK(bob.call("tasks/get", {{"taskId", id}}).result()["status"] == "failed");
  }
}

// ---- Listening ----

TEST_CASE("Tasks: who listens to one hears of each of its turns") {
  Tasks world;
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    if (!call.as_task()) return call.wait();
    const core::EffectResult* one = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
    if (!one) return call.wait();
    return ask_name(call);
  };
  const std::string id = world.create();
  const std::string other = world.create();
  const auto listen = [](ModernClient& who, const json& ids) {
    return who.call("subscriptions/listen", {{"notifications", {{"taskIds", ids}}}});
  };
  const Reply listening = listen(world.client, {id, "unknown"});
  CHECK(world.news(listening.stream).at(0)["params"]["notifications"] == json{{"taskIds", {id}}});
  ModernClient bob(world, world.bob, kAsksAllAndTasks);
  const Reply foreign = listen(bob, {id});
  CHECK(world.news(foreign.stream).at(0)["params"]["notifications"] == kNothing);

  const auto heard = [&]() -> json {
    const std::vector<json> news = world.news(listening.stream);
    REQUIRE(news.size() == 1);
    CHECK(news[0]["method"] == "notifications/tasks");
    json params = news[0]["params"];
    CHECK(params["_meta"].contains("io.modelcontextprotocol/subscriptionId"));
    params.erase("_meta");
    json got = world.get(id);
    got.erase("_meta");
    got.erase("resultType");
    CHECK(params == got);
    return params;
  };
  world.go_on();
  CHECK(heard()["status"] == "input_required");
  world.update(id, {{"name", named("Ada")}});
  CHECK(heard()["status"] == "completed");
  world.cancel(other);
  CHECK(world.news(listening.stream).empty());
  CHECK(world.news(foreign.stream).empty());
}
