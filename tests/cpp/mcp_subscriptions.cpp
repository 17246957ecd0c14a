// Who hears of what: subscriptions/listen in the modern era, resources/subscribe and the standing stream
// before it.
#include "mcp/subscriptions.h"

#include "call_support.h"
#include "mcp/sessions.h"

using namespace testing;

namespace {

constexpr const char* kSubscriptionId = "io.modelcontextprotocol/subscriptionId";

json notification(std::string_view method, json params, const json& id) {
  params["_meta"] = {{kSubscriptionId, id}};
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
}
json acknowledged(const json& honoured, const json& id = 1) {
  return notification("notifications/subscriptions/acknowledged", {{"notifications", honoured}}, id);
}

Reply listen(World& world, const json& filter, const json& capabilities = kNothing) {
  return ModernClient(world, capabilities).call("subscriptions/listen", {{"notifications", filter}});
}

void change(World& world, mcp::List list) {
  world.in_step([&](core::Context& step) { mcp::notify_list_changed(step, list); });
}
void update(World& world, std::string_view uri) {
  world.in_step([&](core::Context& step) { mcp::notify_resource_updated(step, uri); });
}
void change_everything(World& world) {
  for (mcp::List list : {mcp::List::tools, mcp::List::prompts, mcp::List::resources}) change(world, list);
  for (const char* uri : {"test://thing", "test://things/1", "test://things/2"}) update(world, uri);
}

std::vector<std::string> methods(const std::vector<json>& messages) {
  std::vector<std::string> methods;
  for (const json& message : messages) methods.push_back(message["method"]);
  return methods;
}
using Methods = std::vector<std::string>;

std::vector<std::string> many_uris(int64_t count) {
  std::vector<std::string> uris;
  for (int64_t i = 0; i < count; ++i) uris.push_back("test://things/" + std::to_string(i));
  return uris;
}

}  // namespace

TEST_CASE("Listening: the first message says what is honoured") {
  World world(scripted_offer());
  const Reply reply =
      listen(world, {{"toolsListChanged", true},
                     {"promptsListChanged", false},
                     {"resourceSubscriptions", {"test://thing", "test://none", "test://things/1"}},
                     {"taskIds", {"unknown"}},
                     {"somethingNew", true}});
  CHECK(reply.status == 200);
  CHECK(reply.form == Reply::Form::open_stream);
  CHECK(reply.header("Content-Type") == "text/event-stream");
  CHECK(world.news(reply.stream) ==
        std::vector<json>{acknowledged(
            {{"toolsListChanged", true}, {"resourceSubscriptions", {"test://thing", "test://things/1"}}})});
  const Reply all = listen(
      world, {{"toolsListChanged", true}, {"promptsListChanged", true}, {"resourcesListChanged", true}});
  CHECK(world.news(all.stream) ==
        std::vector<json>{acknowledged(
            {{"toolsListChanged", true}, {"promptsListChanged", true}, {"resourcesListChanged", true}})});
  const Reply none = listen(world, kNothing);
  CHECK(world.news(none.stream) == std::vector<json>{acknowledged(kNothing)});
}

TEST_CASE("Listening: every message bears the id of the request, of the type that it had") {
  World world(scripted_offer());
  for (const json& id : {json(0), json(-7), json("x"), json("7"), json("q\"uote")}) {
    CAPTURE(id.dump());
    const Reply reply = world.post(
        request_json(
            id, "subscriptions/listen",
            {{"_meta", ModernClient::meta()},
             {"notifications", {{"toolsListChanged", true}, {"resourceSubscriptions", {"test://thing"}}}}}),
        ModernClient::headers("subscriptions/listen"));
    change(world, mcp::List::tools);
    update(world, "test://thing");
    const std::vector<json> news = world.news(reply.stream);
    REQUIRE(news.size() == 3);
    for (const json& message : news) CHECK(message["params"]["_meta"][kSubscriptionId] == id);
    CHECK(news[1] == notification("notifications/tools/list_changed", kNothing, id));
    CHECK(news[2] == notification("notifications/resources/updated", {{"uri", "test://thing"}}, id));
    world.hang_up(reply.stream);
  }
  CHECK(world.left_over() == "");
}

TEST_CASE("Listening: nothing comes that was not asked for") {
  World world(scripted_offer());
  const std::vector<std::pair<json, Methods>> cases = {
      {kNothing, {}},
      {{{"toolsListChanged", true}}, {"notifications/tools/list_changed"}},
      {{{"promptsListChanged", true}}, {"notifications/prompts/list_changed"}},
      {{{"resourcesListChanged", true}}, {"notifications/resources/list_changed"}},
      {{{"resourceSubscriptions", {"test://things/2"}}}, {"notifications/resources/updated"}},
      {{{"resourceSubscriptions", {"test://things/{id}", "test://things/", "test://Thing"}}}, {}},
      {{{"toolsListChanged", "yes"}, {"resourceSubscriptions", "test://thing"}}, {}},
  };
  std::vector<Reply> replies;
  for (const auto& [filter, expected] : cases) replies.push_back(listen(world, filter));
  for (const Reply& reply : replies) world.news(reply.stream);
  change_everything(world);
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].first.dump());
    CHECK(methods(world.news(replies[i].stream)) == cases[i].second);
  }
}

TEST_CASE("Listening: what is asked for twice comes once") {
  World world(scripted_offer());
  const Reply reply = listen(world, {{"resourceSubscriptions", {"test://thing", "test://thing"}}});
  world.news(reply.stream);
  update(world, "test://thing");
  CHECK(world.news(reply.stream).size() == 1);
}

TEST_CASE("Listening: it needs a filter, and a client that takes streams") {
  World world(scripted_offer());
  ModernClient client(world);
  CHECK(client.call("subscriptions/listen").code() == -32602);
  for (const json& wrong : {json(true), json(nullptr), json::array()}) {
    const Reply reply = listen(world, wrong);
    CHECK(reply.status == 200);
    CHECK(reply.code() == -32602);
  }
  client.more_headers = {{"Accept", "application/json"}};
  const Reply reply = client.call("subscriptions/listen", {{"notifications", kNothing}});
  CHECK(reply.status == 406);
  CHECK(world.left_over() == "");
}

TEST_CASE("Listening: a stream follows 200 resources and tasks, and refuses more") {
  World world(scripted_offer());
  CHECK(mcp::kMaxTopics == 200);
  const Reply full = listen(world, {{"resourceSubscriptions", many_uris(200)}});
  CHECK(world.news(full.stream).at(0)["params"]["notifications"]["resourceSubscriptions"].size() == 200);
  CHECK(listen(world, {{"resourceSubscriptions", many_uris(201)}}).code() == -32602);
  CHECK(listen(world, {{"resourceSubscriptions", many_uris(200)}, {"taskIds", {"t"}}}).code() == -32602);
  CHECK(world.left_over() == "streams 1, subscriptions 200");
}

TEST_CASE("Listening: a URI of 2000 bytes can be followed, a longer one cannot") {
  World world(scripted_offer());
  const std::string longest = "test://things/" + std::string(2000 - 14, 'x');
  const Reply reply = listen(world, {{"resourceSubscriptions", {longest, longest + "x"}}});
  CHECK(world.news(reply.stream).at(0)["params"]["notifications"]["resourceSubscriptions"] ==
        json::array({longest}));
  LegacyClient client(world, "2025-11-25");
  CHECK(client.call("resources/subscribe", {{"uri", longest}}).result() == kNothing);
  CHECK(client.call("resources/subscribe", {{"uri", longest + "x"}}).code() == -32602);
}

TEST_CASE("Listening: it survives eviction, and ends when the client goes") {
  World world(scripted_offer());
  const Reply reply = listen(world, {{"toolsListChanged", true}});
  world.news(reply.stream);
  world.evict();
  change(world, mcp::List::tools);
  CHECK(world.news(reply.stream).size() == 1);
  world.hang_up(reply.stream);
  CHECK(world.left_over() == "");
  change(world, mcp::List::tools);
  CHECK(world.news(reply.stream).empty());
}

TEST_CASE("Listening: what comes before the client reads is kept, after the acknowledgement") {
  World world(scripted_offer());
  world.link_streams = false;
  const Reply reply = listen(world, {{"toolsListChanged", true}});
  change(world, mcp::List::tools);
  CHECK(world.link(reply.stream));
  CHECK(methods(world.messages(reply.stream)) ==
        Methods{"notifications/subscriptions/acknowledged", "notifications/tools/list_changed"});
}

TEST_CASE("Listening: who can never read a resource does not hear of it") {
  World world(scripted_offer());
  const json filter = {{"resourceSubscriptions", {"test://thing", "test://things/1"}}};
  SECTION("hidden") {
    world.gate.hidden = {"test://thing"};
  }
  SECTION("out of scope") {
    world.gate.answers["test://thing"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer"};
  }
  const Reply reply = listen(world, filter);
  CHECK(world.news(reply.stream) ==
        std::vector<json>{acknowledged({{"resourceSubscriptions", {"test://things/1"}}})});
}

// ---- Legacy ----

TEST_CASE("Subscribing: a session hears of the resources that it subscribed to, until it unsubscribes") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    LegacyClient client(world, revision);
    LegacyClient other(world, revision);
    const Reply standing = client.get();
    const Reply foreign = other.get();
    CHECK(client.call("resources/subscribe", {{"uri", "test://thing"}}).result() == kNothing);
    CHECK(client.call("resources/subscribe", {{"uri", "test://thing"}}).result() == kNothing);
    CHECK(client.call("resources/subscribe", {{"uri", "test://things/2"}}).result() == kNothing);
    CHECK(other.call("resources/subscribe", {{"uri", "test://things/1"}}).result() == kNothing);
    update(world, "test://thing");
    update(world, "test://things/1");
    CHECK(world.news(standing.stream) == std::vector<json>{{{"jsonrpc", "2.0"},
                                                            {"method", "notifications/resources/updated"},
                                                            {"params", {{"uri", "test://thing"}}}}});
    CHECK(world.news(foreign.stream).size() == 1);

    CHECK(client.call("resources/unsubscribe", {{"uri", "test://thing"}}).result() == kNothing);
    CHECK(client.call("resources/unsubscribe", {{"uri", "test://thing"}}).result() == kNothing);
    update(world, "test://thing");
    update(world, "test://things/2");
    CHECK(world.news(standing.stream).at(0)["params"]["uri"] == "test://things/2");
  }
}

TEST_CASE("Subscribing: it holds through eviction and for a new standing stream") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  client.call("resources/subscribe", {{"uri", "test://thing"}});
  update(world, "test://thing");  // nobody reads: nothing to keep it in
  world.evict();
  const Reply standing = client.get();
  CHECK(world.news(standing.stream).empty());
  update(world, "test://thing");
  CHECK(world.news(standing.stream).size() == 1);
  // Away for a moment: it is kept.
  const std::string last = world.events(standing.stream).back().id;
  world.hang_up(standing.stream);
  update(world, "test://thing");
  client.get(last);
  CHECK(world.news(standing.stream).size() == 1);
}

TEST_CASE("Subscribing: resources that are not there are errors") {
  for (const std::string& revision : kLegacyRevisions) {
    World world(scripted_offer());
    LegacyClient client(world, revision);
    for (const char* method : {"resources/subscribe", "resources/unsubscribe"}) {
      const Reply unknown = client.call(method, {{"uri", "test://none"}});
      CHECK(unknown.status == 200);
      CHECK(unknown.code() == -32002);
      CHECK(unknown.error()["data"] == json{{"uri", "test://none"}});
      CHECK(client.call(method, {{"uri", 7}}).code() == -32602);
      CHECK(client.call(method).code() == -32602);
    }
    CHECK(world.left_over() == "");
  }
}

TEST_CASE("Subscribing: who can never read a resource cannot follow it, who lacks a scope may ask for it") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  world.gate.hidden = {"test://thing"};
  world.gate.answers["test://thing"] = {mcp::Permission::Kind::refused, "Declined.", {}};
  world.gate.answers["test://things/{id}"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer scope=\"x\""};
  const Reply refused = client.call("resources/subscribe", {{"uri", "test://thing"}});
  CHECK(refused.code() == 403);
  CHECK(refused.message() == "Declined.");
  const Reply lacking = client.call("resources/subscribe", {{"uri", "test://things/1"}});
  CHECK(lacking.status == 403);
  CHECK(lacking.header("WWW-Authenticate") == "Bearer scope=\"x\"");
  // What is refused for now may be followed.
  world.gate.hidden.clear();
  CHECK(client.call("resources/subscribe", {{"uri", "test://thing"}}).result() == kNothing);
}

TEST_CASE("Subscribing: a session follows 200 resources") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  for (const std::string& uri : many_uris(200)) {
    REQUIRE(client.call("resources/subscribe", {{"uri", uri}}).body.contains("result"));
  }
  CHECK(client.call("resources/subscribe", {{"uri", "test://thing"}}).code() == -32602);
  client.call("resources/unsubscribe", {{"uri", "test://things/7"}});
  CHECK(client.call("resources/subscribe", {{"uri", "test://thing"}}).result() == kNothing);
  CHECK(world.left_over() == "subscriptions 200");
}

TEST_CASE("Subscribing: sessions hear of changed lists without asking, on the standing stream alone") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = ask_name;
    LegacyClient client(world, revision, kAsksAll);
    const Reply call = client.call_tool("act");
    const Reply standing = client.get();
    world.news(call.stream);
    change_everything(world);
    CHECK(world.news(standing.stream) ==
          std::vector<json>{{{"jsonrpc", "2.0"}, {"method", "notifications/tools/list_changed"}},
                            {{"jsonrpc", "2.0"}, {"method", "notifications/prompts/list_changed"}},
                            {{"jsonrpc", "2.0"}, {"method", "notifications/resources/list_changed"}}});
    CHECK(world.news(call.stream).empty());
  }
}

TEST_CASE(
    "Subscribing: a grant that is replaced takes its subscriptions with it, and its lists have changed") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  client.call("resources/subscribe", {{"uri", "test://thing"}});
  const Reply standing = client.get();
  const Reply listening = listen(world, {{"promptsListChanged", true}});
  world.news(listening.stream);
  world.in_step([](core::Context& step) { mcp::replace_grant(step, "grant-a", "grant-b"); });
  CHECK(world.news(standing.stream).size() == 3);
  CHECK(methods(world.news(listening.stream)) == Methods{"notifications/prompts/list_changed"});
  update(world, "test://thing");
  CHECK(world.news(standing.stream).size() == 1);
  world.end_grant("grant-b");
  CHECK(world.left_over() == "");
}
