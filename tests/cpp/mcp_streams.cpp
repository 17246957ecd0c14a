// Event streams: who may read them, what is kept of them and for how long.
#include "mcp/streams.h"

#include "call_support.h"
#include "mcp/sessions.h"

using namespace testing;
using mcp::Revision;
using mcp::StreamKind;

namespace {

struct Opening {
  StreamKind kind = StreamKind::call;
  std::string session = "s1";
  std::string grant = "grant-a";
  Revision revision = Revision::v2025_06_18;
};

std::string open(World& world, const Opening& how = {}) {
  std::string id;
  world.in_step([&](core::Context& step) {
    id = mcp::open_stream(step, how.kind, {how.grant, how.session, how.revision});
  });
  return id;
}
const Opening kModernCall = {StreamKind::call, "", "grant-a", mcp::kModern};

void say(World& world, const std::string& stream, std::string_view text) {
  world.in_step([&](core::Context& step) { mcp::send(step, stream, text); });
}
void finish(World& world, const std::string& stream) {
  world.in_step([&](core::Context& step) { mcp::finish_stream(step, stream); });
}
bool resume(World& world, const std::string& stream, int64_t seq, std::string_view session = "s1") {
  bool resumed = false;
  world.in_step([&](core::Context& step) { resumed = mcp::resume_stream(step, session, {stream, seq}); });
  return resumed;
}
/// What a reader gets who comes now.
std::vector<std::string> read(World& world, const std::string& stream) {
  const size_t before = world.events(stream).size();
  REQUIRE(world.link(stream));
  const std::vector<Event> events = world.events(stream);
  std::vector<std::string> data;
  for (size_t i = before; i < events.size(); ++i) data.push_back(events[i].data);
  return data;
}
using Texts = std::vector<std::string>;

}  // namespace

// ---- Over HTTP ----

TEST_CASE("Streams: a session has a standing stream, which begins with an event in 2025-11-25 alone") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    LegacyClient client(world, revision);
    const Reply standing = client.get();
    CHECK(standing.status == 200);
    CHECK(standing.header("Content-Type") == "text/event-stream");
    CHECK(standing.header("Cache-Control") == "no-store");
    CHECK(standing.header("X-Accel-Buffering") == "no");
    CHECK_FALSE(standing.headers.has("Mcp-Session-Id"));
    CHECK(world.is_open(standing.stream));
    const std::vector<Event> events = world.events(standing.stream);
    CHECK(events.size() == (revision == "2025-11-25" ? 1 : 0));
    if (!events.empty()) {
      CHECK(events[0].data == "");
      CHECK_FALSE(events[0].id.empty());
      CHECK(world.streams[standing.stream].text == "id: " + events[0].id + "\ndata: \n\n");
    }
  }
}

TEST_CASE("Streams: events of sessions have ids of their own, modern ones have none") {
  World world(scripted_offer());
  act = [](mcp::Call& call) -> mcp::ToolOutcome {
    call.log(mcp::LogLevel::error, "", 1);
    return fetch_one(call);
  };
  std::set<std::string> ids;
  for (const std::string& revision : kLegacyRevisions) {
    LegacyClient client(world, revision);
    for (int i = 0; i < 2; ++i) {
      const Reply reply = client.call_tool("act");
      world.go_on();
      const std::vector<Event> events = world.events(reply.stream);
      CHECK(events.size() == (revision == "2025-11-25" ? 3 : 2));
      for (const Event& event : events) {
        CHECK(event.id.starts_with(reply.stream));
        CHECK(ids.insert(event.id).second);
      }
    }
  }
  ModernClient client(world);
  client.more_meta["io.modelcontextprotocol/logLevel"] = "error";
  const Reply reply = client.call_tool("act");
  world.go_on();
  for (const Event& event : world.events(reply.stream)) CHECK(event.id == "");
  CHECK(world.streams[reply.stream].text.starts_with("event: message\ndata: {"));
}

TEST_CASE("Streams: GET is for clients that take streams, in a session of their own") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-06-18");
  const auto get = [&](HeaderList headers, const mcp::Caller& caller) {
    return world.send(make_request("GET", headers), caller).status;
  };
  const HeaderList own = {{"Mcp-Session-Id", client.session()}, {"Accept", "text/event-stream"}};
  CHECK(get({{"Mcp-Session-Id", client.session()}, {"Accept", "application/json"}}, world.alice) == 406);
  CHECK(get({{"Mcp-Session-Id", client.session()}}, world.alice) == 406);
  CHECK(get({{"Accept", "text/event-stream"}}, world.alice) == 400);
  CHECK(get({{"Accept", "text/event-stream"}, {"Mcp-Session-Id", "unknown"}}, world.alice) == 404);
  CHECK(get(own, world.bob) == 404);
  CHECK(world.left_over() == "");
  HeaderList modern = own;
  modern.emplace_back("MCP-Protocol-Version", "2026-07-28");
  CHECK(get(modern, world.alice) == 405);
  HeaderList unknown = own;
  unknown.emplace_back("MCP-Protocol-Version", "1999-01-01");
  CHECK(get(unknown, world.alice) == 400);
  CHECK(get(own, world.alice) == 200);
}

TEST_CASE("Streams: the modern era has neither GET nor DELETE") {
  World world(scripted_offer());
  for (const char* method : {"GET", "DELETE"}) {
    const Reply reply = world.send(
        make_request(method, {{"MCP-Protocol-Version", "2026-07-28"}, {"Accept", "text/event-stream"}}));
    CHECK(reply.status == 405);
    CHECK(reply.header("Allow") == "POST, GET, DELETE");
  }
}

TEST_CASE("Streams: a second GET takes the place of the first") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  LegacyClient other(world, "2025-11-25");
  const Reply first = client.get();
  const Reply foreign = other.get();
  const Reply second = client.get();
  CHECK(first.stream != second.stream);
  CHECK_FALSE(world.is_open(first.stream));
  CHECK(world.is_open(second.stream));
  CHECK(world.is_open(foreign.stream));
  world.in_step([](core::Context& step) { mcp::notify_list_changed(step, mcp::List::tools); });
  CHECK(world.messages(first.stream).empty());
  CHECK(world.messages(second.stream).size() == 1);
  CHECK(world.messages(foreign.stream).size() == 1);
}

TEST_CASE("Streams: Last-Event-ID brings what comes after that event, of that stream alone") {
  for (const std::string& revision : kLegacyRevisions) {
    CAPTURE(revision);
    World world(scripted_offer());
    act = [](mcp::Call& call) -> mcp::ToolOutcome {
      for (int i = 1; i <= 3; ++i) call.log(mcp::LogLevel::error, "", i);
      return fetch_one(call);
    };
    LegacyClient client(world, revision);
    const Reply standing = client.get();
    const Reply one = client.call_tool("act");
    const Reply two = client.call_tool("act");
    const std::vector<Event> events = world.events(one.stream);
    world.hang_up(one.stream);
    world.news(one.stream);
    world.go_on();

    const size_t last = events.size() - 1;
    const Reply back = client.get(events[last - 2].id);
    CHECK(back.status == 200);
    CHECK(back.stream == one.stream);
    const std::vector<json> news = world.news(one.stream);
    REQUIRE(news.size() == 3);
    CHECK(news[0]["params"]["data"] == 2);
    CHECK(news[1]["params"]["data"] == 3);
    CHECK(news[2]["id"] == 1);
    // The standing stream is still there, and its reader too.
    CHECK(world.is_open(standing.stream));

    // The last word itself, once more, and nothing after it.
    client.get(world.events(one.stream)[last + 2].id);
    CHECK(world.news(one.stream).size() == 1);
    client.get(world.events(one.stream).back().id);
    CHECK(world.news(one.stream).empty());
    CHECK_FALSE(world.is_open(one.stream));
  }
}

TEST_CASE("Streams: events that are unknown, another's or no longer kept are 404") {
  World world(scripted_offer());
  LegacyClient client(world, "2025-11-25");
  LegacyClient neighbour(world, "2025-11-25");
  LegacyClient foreign(world, "2025-11-25", world.bob);
  const std::string id = world.events(client.get().stream).at(0).id;
  const std::string stream = id.substr(0, id.rfind('.'));
  CHECK(neighbour.get(id).status == 404);
  CHECK(foreign.get(id).status == 404);
  for (const std::string& wrong :
       {stream, stream + ".", stream + ".x", stream + ".-1", stream + ".1", stream + ".0x",
        stream + ".00000000000000000000001", stream + ".99999999999999999999", "x" + id, std::string("."),
        std::string(".0"), std::string("0"), stream + ".0.0", stream + ". 0", stream + ".+0"}) {
    CAPTURE(wrong);
    const Reply reply = client.get(wrong);
    // 00..01 is a way to write an event that is not there yet.
    CHECK(reply.status == 404);
    CHECK(reply.code() == -32600);
  }
  CHECK(client.get(id).status == 200);
  // A stream of the modern era is nobody's to resume.
  world.in_step([](core::Context& step) { CHECK_FALSE(mcp::resume_stream(step, "", {"any", 0})); });
  const std::string modern = open(world, kModernCall);
  say(world, modern, "{}");
  CHECK_FALSE(resume(world, modern, 0, ""));
  CHECK(client.get(modern + ".0").status == 404);
}

// ---- Keeping ----

TEST_CASE("Streams: what is sent before anybody reads is kept, also the end") {
  World world;
  for (const bool modern : {false, true}) {
    const std::string stream = open(world, modern ? kModernCall : Opening{});
    say(world, stream, "1");
    say(world, stream, "2");
    finish(world, stream);
    say(world, stream, "3");  // after the end
    CHECK(read(world, stream) == Texts{"1", "2"});
    CHECK_FALSE(world.is_open(stream));
    CHECK(world.link(stream) == !modern);
  }
}

TEST_CASE("Streams: a modern stream keeps nothing once it is read") {
  World world;
  const std::string stream = open(world, kModernCall);
  say(world, stream, "1");
  CHECK(world.left_over() == "stream_events 1, streams 1");
  CHECK(read(world, stream) == Texts{"1"});
  CHECK(world.left_over() == "streams 1");
  const int64_t written = world.storage.rows_written();
  say(world, stream, "2");
  CHECK(world.storage.rows_written() == written);
  CHECK(world.events(stream).back().data == "2");
  finish(world, stream);
  CHECK(world.left_over() == "");
  say(world, stream, "3");
  finish(world, stream);
}

TEST_CASE("Streams: 256 events are kept, and of more the last ones") {
  World world;
  const std::string stream = open(world);
  for (int64_t i = 0; i < mcp::kMaxEvents; ++i) say(world, stream, std::to_string(i));
  CHECK(resume(world, stream, 0));
  CHECK(read(world, stream).size() == 255);
  world.hang_up(stream);

  say(world, stream, "256");
  CHECK(world.left_over() == "stream_events 256, streams 1");
  CHECK(resume(world, stream, 0));  // the first has been seen
  CHECK(read(world, stream).size() == 256);
  world.hang_up(stream);

  say(world, stream, "257");
  CHECK_FALSE(resume(world, stream, 0));
  CHECK(resume(world, stream, 1));
  const Texts data = read(world, stream);
  CHECK(data.size() == 256);
  CHECK(data.front() == "2");
  CHECK(data.back() == "257");
  CHECK(world.left_over() == "stream_events 256, streams 1");
}

TEST_CASE("Streams: a mebibyte of events is kept, counted in bytes") {
  for (const std::string& letter : {std::string("x"), std::string("é")}) {
    CAPTURE(letter);
    World world;
    const std::string stream = open(world);
    const std::string empty = mcp::event_text(stream + ".0", "");
    const size_t frame = empty.size() + std::string_view("event: message\n").size();
    const auto data = [&](size_t bytes) {
      std::string text;
      while (text.size() + letter.size() <= bytes) text += letter;
      return text + std::string(bytes - text.size(), '.');
    };
    const size_t half = static_cast<size_t>(mcp::kMaxEventBytes) / 2;
    say(world, stream, data(half - frame));
    say(world, stream, data(half - frame));
    CHECK(world.left_over() == "stream_events 2, streams 1");
    // The same once more, and a byte.
    const std::string other = open(world);
    say(world, other, data(half - frame));
    say(world, other, data(half - frame + 1));
    CHECK(world.left_over() == "stream_events 3, streams 2");
    world.in_step([&](core::Context& step) { mcp::drop_stream(step, other); });
    say(world, stream, "1");
    CHECK(world.left_over() == "stream_events 2, streams 1");  // the first had to go
    say(world, stream, data(half + 1));
    CHECK(world.left_over() == "stream_events 2, streams 1");
    // One that is larger than all may be is kept alone.
    say(world, stream, data(2 * half + 1));
    CHECK(world.left_over() == "stream_events 1, streams 1");
  }
}

TEST_CASE("Streams: a stream waits a minute for its first reader") {
  for (const bool modern : {false, true}) {
    World world;
    const std::string stream = open(world, modern ? kModernCall : Opening{});
    say(world, stream, "1");
    CHECK(mcp::kUnread == core::minutes(1));
    CHECK(world.next_alarm == world.now + mcp::kUnread);
    world.pass(just_before(mcp::kUnread));
    CHECK(world.left_over() == "stream_events 1, streams 1");
    world.pass(core::milliseconds(1));
    CHECK(world.left_over() == "");
    CHECK_FALSE(world.link(stream));
  }
}

TEST_CASE("Streams: a reader may come back for five minutes, and a stream that is read stays") {
  CHECK(mcp::kResumable == core::minutes(5));
  World world;
  const std::string stream = open(world);
  read(world, stream);
  world.pass(core::hours(5));
  CHECK(world.is_open(stream));
  say(world, stream, "1");
  world.hang_up(stream);
  world.pass(just_before(mcp::kResumable));
  CHECK(resume(world, stream, 0));
  read(world, stream);
  // Coming back begins the time anew.
  world.pass(core::hours(1));
  world.hang_up(stream);
  world.pass(just_before(mcp::kResumable));
  CHECK(world.left_over() == "stream_events 1, streams 1");
  world.pass(core::milliseconds(1));
  CHECK(world.left_over() == "");
  CHECK_FALSE(resume(world, stream, 0));
}

TEST_CASE("Streams: what has ended can be read again for five minutes") {
  World world;
  const std::string stream = open(world);
  read(world, stream);
  say(world, stream, "1");
  say(world, stream, "2");
  finish(world, stream);
  CHECK_FALSE(world.is_open(stream));
  world.pass(just_before(mcp::kResumable));
  CHECK(resume(world, stream, 0));
  CHECK(read(world, stream) == Texts{"2"});
  CHECK_FALSE(world.is_open(stream));
  world.pass(mcp::kResumable);
  CHECK(world.left_over() == "");
}

TEST_CASE("Streams: hanging up leaves a legacy stream to come back to, with the time to wait") {
  World world;
  const std::string stream = open(world);
  const auto hang_up = [&] {
    world.in_step([&](core::Context& step) { mcp::hang_up(step, stream, core::milliseconds(1500)); });
  };
  SECTION("while it is read") {
    read(world, stream);
    say(world, stream, "1");
    hang_up();
  }
  SECTION("before it is read") {
    say(world, stream, "1");
    hang_up();
    CHECK(read(world, stream).front() == "1");
  }
  CHECK(world.events(stream).back().retry == "1500");
  CHECK_FALSE(world.is_open(stream));
  say(world, stream, "2");
  CHECK(resume(world, stream, 0));
  CHECK(read(world, stream) == Texts{"2"});
  CHECK(world.is_open(stream));  // once is enough
  finish(world, stream);
  hang_up();
  CHECK_FALSE(world.is_open(stream));
}

TEST_CASE("Streams: modern ones are not hung up") {
  World world;
  const std::string stream = open(world, kModernCall);
  read(world, stream);
  world.in_step([&](core::Context& step) { mcp::hang_up(step, stream, core::seconds(1)); });
  CHECK(world.is_open(stream));
}

TEST_CASE("Streams: a reader that takes over is the only one") {
  World world;
  const std::string stream = open(world);
  read(world, stream);
  say(world, stream, "1");
  say(world, stream, "2");
  CHECK(resume(world, stream, 0));  // the client came back before its leaving was noticed
  CHECK(read(world, stream) == Texts{"2"});
  say(world, stream, "3");
  CHECK(world.events(stream).back().data == "3");
  CHECK(world.events(stream).size() == 4);
}

TEST_CASE("Streams: after the process came back only what is linked is read") {
  World world;
  const std::string kept = open(world);
  const std::string left = open(world);
  const std::string modern = open(world, kModernCall);
  const std::string modern_left = open(world, kModernCall);
  for (const std::string& stream : {kept, left, modern, modern_left}) read(world, stream);
  world.evict({left, modern_left});
  for (const std::string& stream : {kept, left, modern, modern_left}) say(world, stream, "1");
  CHECK(world.events(kept).size() == 1);
  CHECK(world.events(left).empty());
  CHECK(world.events(modern).size() == 1);
  CHECK(world.left_over() == "stream_events 2, streams 3");
  CHECK(read(world, left) == Texts{"1"});
  world.evict({kept, left, modern});
  world.pass(mcp::kResumable);
  CHECK(world.left_over() == "");
}

// ---- Bounds ----

TEST_CASE("Streams: a grant has a hundred streams, and a new one takes the place of the oldest") {
  World world;
  std::vector<std::string> streams;
  const std::string foreign = open(world, {StreamKind::call, "s2", "grant-b"});
  read(world, foreign);
  for (int64_t i = 0; i < mcp::kMaxStreams; ++i) {
    world.now = world.now + core::milliseconds(1);
    streams.push_back(open(world));
    read(world, streams.back());
  }
  CHECK(world.left_over() == "streams 101");
  CHECK(world.is_open(streams[0]));
  world.now = world.now + core::milliseconds(1);

  SECTION("those whose reader has left come first") {
    world.hang_up(streams[50]);
    open(world);
    CHECK_FALSE(world.link(streams[50]));
    CHECK(world.is_open(streams[0]));
  }
  SECTION("then those that answer no call") {
    world.hang_up(streams[50]);
    const std::string listening = open(world, {StreamKind::listen, "", "grant-a", mcp::kModern});
    read(world, listening);
    open(world);
    CHECK_FALSE(world.is_open(listening));
    CHECK(world.is_open(streams[0]));
  }
  SECTION("then the oldest") {
    open(world);
    CHECK_FALSE(world.is_open(streams[0]));
    CHECK(world.is_open(streams[1]));
  }
  CHECK(world.is_open(foreign));
  CHECK(world.left_over() == "streams 101");
}

// ---- Ends ----

TEST_CASE("Streams: sessions and grants end with their streams, and nothing of them is left") {
  World world(scripted_offer());
  act = ask_name;
  LegacyClient client(world, "2025-11-25", kAsksAll);
  LegacyClient other(world, "2025-06-18", kAsksAll);
  ModernClient modern(world, kAsksAllAndTasks);
  LegacyClient foreign(world, "2025-11-25", world.bob, kAsksAll);
  for (LegacyClient* each : {&client, &other, &foreign}) {
    each->get();
    each->call("resources/subscribe", {{"uri", "test://thing"}});
    each->call_tool("act");
  }
  modern.call_tool("act");
  const Reply listening = modern.call(
      "subscriptions/listen",
      {{"notifications", {{"toolsListChanged", true}, {"resourceSubscriptions", {"test://thing"}}}}});
  REQUIRE(listening.form == Reply::Form::open_stream);
  CHECK(world.left_over() == "calls 4, stream_events 7, streams 7, subscriptions 5");

  client.end();
  CHECK(world.left_over() == "calls 3, stream_events 4, streams 5, subscriptions 4");
  CHECK(world.is_open(listening.stream));
  world.end_grant("grant-a");
  CHECK(world.left_over() == "calls 1, stream_events 3, streams 2, subscriptions 1");
  CHECK_FALSE(world.is_open(listening.stream));
  foreign.end();
  CHECK(world.left_over() == "");
}

TEST_CASE("Streams: listening ends in good order with its grant, whatever its id is") {
  World world(scripted_offer());
  for (const json& id : {json(7), json("seven")}) {
    json meta = ModernClient::meta();
    const Reply reply =
        world.post(request_json(id, "subscriptions/listen", {{"_meta", meta}, {"notifications", kNothing}}),
                   ModernClient::headers("subscriptions/listen"));
    world.news(reply.stream);
    world.end_grant("grant-a");
    CHECK(world.news(reply.stream) ==
          std::vector<json>{
              {{"jsonrpc", "2.0"},
               {"id", id},
               {"result",
                {{"resultType", "complete"}, {"_meta", {{"io.modelcontextprotocol/subscriptionId", id}}}}}}});
    CHECK_FALSE(world.is_open(reply.stream));
  }
}

// ---- Text ----

TEST_CASE("Streams: an event is one, whatever its data") {
  CHECK(mcp::event_text("", "{}") == "event: message\ndata: {}\n\n");
  CHECK(mcp::event_text("a.1", "{}") == "id: a.1\nevent: message\ndata: {}\n\n");
  CHECK(mcp::event_text("a.0", "") == "id: a.0\ndata: \n\n");
  CHECK(mcp::event_text("", "{\n\r\n}") == "event: message\ndata: {   }\n\n");
}

TEST_CASE("Streams: an event id names a stream and a place in it") {
  const auto point = mcp::read_event_id("stream.12");
  REQUIRE(point);
  CHECK(point->stream_id == "stream");
  CHECK(point->seq == 12);
  CHECK(mcp::read_event_id("a.b.0")->stream_id == "a.b");
  for (const char* wrong : {"", "stream", "stream.", "stream.x", "stream.-1", "stream.1x", "stream. 1",
                            "stream.+1", "stream.9223372036854775808"}) {
    CHECK_FALSE(mcp::read_event_id(wrong));
  }
}
