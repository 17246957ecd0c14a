// The outbox: at least once, later when it fails, never after its time, and of one key in order.
#include "core/outbox.h"

#include "support.h"

using testing::failed;
using testing::json;
using testing::succeeded;
using testing::World;

namespace {

struct Outbox : World {
  Outbox() { core::create_outbox_schema(storage); }

  void enqueue(const core::Outgoing& outgoing, core::Duration life = core::days(30)) {
    core::Context context = step();
    core::enqueue(context, outgoing, now + life);
    alarm = context.alarm;
  }
  void put(const std::string& key, core::Duration life = core::days(30)) {
    enqueue(core::OutgoingCopy{"COPIES", key, "value of " + key}, life);
  }
  void remove(const std::string& key) { enqueue(core::OutgoingDelete{"COPIES", key}); }
  void post(const std::string& url = "https://hooks.example/secret/path?token=1") {
    core::OutgoingPost post{url, {}, R"({"private":true})"};
    post.headers.add("Content-Type", "application/json");
    post.headers.add("Idempotency-Key", "abc");
    enqueue(post);
  }

  std::vector<core::Delivery> due(size_t most = 100) {
    core::Context context = step();
    std::vector<core::Delivery> deliveries = core::due(context, most);
    log.insert(log.end(), context.log.begin(), context.log.end());
    return deliveries;
  }
  /// "put a", "delete b", "post https://...".
  std::vector<std::string> due_now(size_t most = 100) {
    std::vector<std::string> all;
    for (const core::Delivery& delivery : due(most)) {
      if (const auto* copy = std::get_if<core::PutCopy>(&delivery.effect)) all.push_back("put " + copy->key);
      if (const auto* end = std::get_if<core::DeleteCopy>(&delivery.effect))
        all.push_back("delete " + end->key);
      if (const auto* post = std::get_if<core::Fetch>(&delivery.effect)) all.push_back("post " + post->url);
    }
    return all;
  }
  void settle(int64_t seq, const core::EffectResult& result) {
    core::Context context = step();
    core::settle(context, seq, result);
    log.insert(log.end(), context.log.begin(), context.log.end());
  }
  void pass(core::Duration time) { now = now + time; }
};

using Texts = std::vector<std::string>;

/// The only delivery that is due now.
template <typename Effect>
Effect only(const std::vector<core::Delivery>& due) {
  REQUIRE(due.size() == 1);
  REQUIRE(std::holds_alternative<Effect>(due[0].effect));
  return std::get<Effect>(due[0].effect);
}

}  // namespace

TEST_CASE("Outbox: what is put in is due a moment later, and the alarm is set for it") {
  Outbox outbox;
  outbox.put("a");
  CHECK(outbox.alarm == outbox.now + core::milliseconds(100));
  CHECK(core::next_due(outbox.storage) == outbox.alarm);
  CHECK(outbox.due().empty());
  outbox.pass(core::milliseconds(100));
  CHECK(outbox.due_now() == Texts{"put a"});
}

TEST_CASE("Outbox: a delivery is all that was put in") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::seconds(1));
  const auto copy = only<core::PutCopy>(outbox.due());
  CHECK(copy.binding == "COPIES");
  CHECK(copy.key == "a");
  CHECK(copy.value == "value of a");
  outbox.settle(outbox.due().at(0).seq, succeeded());

  outbox.remove("b");
  outbox.pass(core::seconds(1));
  const auto end = only<core::DeleteCopy>(outbox.due());
  CHECK(end.binding == "COPIES");
  CHECK(end.key == "b");
  outbox.settle(outbox.due().at(0).seq, succeeded());

  outbox.post();
  outbox.pass(core::seconds(1));
  const auto post = only<core::Fetch>(outbox.due());
  CHECK(post.method == "POST");
  CHECK(post.url == "https://hooks.example/secret/path?token=1");
  CHECK(post.headers.fields() ==
        testing::HeaderList{{"Content-Type", "application/json"}, {"Idempotency-Key", "abc"}});
  CHECK(post.body == R"({"private":true})");
}

TEST_CASE("Outbox: an earlier alarm stays") {
  Outbox outbox;
  core::Context step = outbox.step();
  step.alarm = outbox.now + core::milliseconds(5);
  core::enqueue(step, core::OutgoingDelete{"COPIES", "a"}, outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(5));
  step.alarm = outbox.now + core::days(1);
  core::enqueue(step, core::OutgoingDelete{"COPIES", "b"}, outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(100));
}

TEST_CASE("Outbox: an empty one needs no alarm") {
  Outbox outbox;
  CHECK_FALSE(core::next_due(outbox.storage));
  CHECK(outbox.due().empty());
}

TEST_CASE("Outbox: deliveries come oldest first and in batches, again and again until they are settled") {
  Outbox outbox;
  outbox.put("a");
  outbox.remove("b");
  outbox.post("https://c.example/");
  outbox.pass(core::seconds(1));
  CHECK(outbox.due_now(2) == Texts{"put a", "delete b"});
  CHECK(outbox.due_now(2) == Texts{"put a", "delete b"});  // the first answer got lost: at least once

  const std::vector<core::Delivery> first = outbox.due(2);
  for (const core::Delivery& delivery : first) outbox.settle(delivery.seq, succeeded());
  CHECK(outbox.due_now(2) == Texts{"post https://c.example/"});
  for (const core::Delivery& delivery : first) {  // twice is harmless
    outbox.settle(delivery.seq, succeeded());
    outbox.settle(delivery.seq, failed());
  }
  CHECK(outbox.due_now() == Texts{"post https://c.example/"});
  outbox.settle(outbox.due().at(0).seq, succeeded("", 200));
  CHECK_FALSE(core::next_due(outbox.storage));
  CHECK(outbox.log.empty());
}

TEST_CASE("Outbox: what fails waits twice as long each time, at most five minutes") {
  Outbox outbox;
  SECTION("a copy") {
    outbox.put("a");
  }
  SECTION("a delete") {
    outbox.remove("a");
  }
  SECTION("a request") {
    outbox.post();
  }
  outbox.pass(core::milliseconds(100));
  const int64_t seq = outbox.due().at(0).seq;
  for (int64_t expected : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
    outbox.settle(seq, failed("down"));
    CHECK(core::next_due(outbox.storage) == outbox.now + core::seconds(expected));
    outbox.pass(core::milliseconds(expected * 1000 - 1));
    CHECK(outbox.due().empty());
    outbox.pass(core::milliseconds(1));
    CHECK(outbox.due().size() == 1);
  }
  CHECK(outbox.log.empty());
}

TEST_CASE("Outbox: what fails does not hold up the others") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::seconds(1));
  outbox.settle(outbox.due().at(0).seq, failed());
  outbox.put("b");
  outbox.pass(core::milliseconds(100));
  CHECK(outbox.due_now() == Texts{"put b"});
  CHECK(core::next_due(outbox.storage) <= outbox.now);
}

TEST_CASE("Outbox: nothing is given up before its time is over, and nothing is delivered after it") {
  Outbox outbox;
  outbox.put("a", core::days(3));
  const core::Instant expires = outbox.now + core::days(3);
  int tries = 0;
  while (outbox.now < expires) {
    const std::optional<core::Instant> next = core::next_due(outbox.storage);
    REQUIRE(next);
    outbox.now = *next;
    const std::vector<core::Delivery> due = outbox.due();
    if (due.empty()) break;
    ++tries;
    outbox.settle(due[0].seq, failed());
  }
  CHECK(tries > 800);
  CHECK(outbox.now >= expires);
  CHECK(outbox.due().empty());
  CHECK_FALSE(core::next_due(outbox.storage));
  REQUIRE(outbox.log.size() == 1);
  CHECK(json::parse(outbox.log[0]) ==
        json{{"event", "delivery_expired"}, {"to", "COPIES"}, {"tries", tries}});
}

TEST_CASE("Outbox: a copy lives for what is left of its time, at least a minute") {
  Outbox outbox;
  outbox.put("a", core::days(30));
  const auto ttl_seconds = [&] { return only<core::PutCopy>(outbox.due()).ttl_seconds; };
  outbox.pass(core::days(29));
  CHECK(ttl_seconds() == 86'400);
  outbox.pass(core::seconds(86'400 - 61));
  CHECK(ttl_seconds() == 61);
  outbox.pass(core::seconds(60));
  CHECK(ttl_seconds() == 60);
  outbox.pass(core::seconds(1));
  CHECK(outbox.due().empty());
}

// ---- The order of one key ----

TEST_CASE("Outbox: deliveries of one key leave one at a time, in order") {
  Outbox outbox;
  outbox.put("a");
  outbox.put("b");
  outbox.remove("a");
  outbox.put("a");
  outbox.enqueue(core::OutgoingDelete{"OTHERS", "a"});
  outbox.pass(core::seconds(1));
  CHECK(outbox.due_now() == Texts{"put a", "put b", "delete a"});  // the delete is that of OTHERS
  outbox.settle(5, succeeded());
  outbox.settle(2, succeeded());
  CHECK(outbox.due_now() == Texts{"put a"});
  outbox.settle(1, succeeded());
  CHECK(outbox.due_now() == Texts{"delete a"});
  outbox.settle(3, succeeded());
  CHECK(outbox.due_now() == Texts{"put a"});
  outbox.settle(4, succeeded());
  CHECK_FALSE(core::next_due(outbox.storage));
}

TEST_CASE("Outbox: a put that failed does not come after the delete that followed it") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::seconds(1));
  const int64_t put = outbox.due().at(0).seq;
  SECTION("the delete came while the put was on its way") {
    outbox.remove("a");
    outbox.pass(core::seconds(1));
    CHECK(outbox.due_now() == Texts{"put a"});
    outbox.settle(put, failed());
  }
  SECTION("the delete came while the put waited to be tried again: it is not tried any more") {
    outbox.settle(put, failed());
    outbox.remove("a");
    CHECK(core::next_due(outbox.storage) == outbox.now + core::kBatchDelay);
    outbox.pass(core::kBatchDelay);
  }
  CHECK(outbox.due_now() == Texts{"delete a"});
  outbox.settle(outbox.due().at(0).seq, failed());
  outbox.pass(core::seconds(1));
  CHECK(outbox.due_now() == Texts{"delete a"});
  outbox.settle(outbox.due().at(0).seq, succeeded());
  CHECK_FALSE(core::next_due(outbox.storage));
}

TEST_CASE("Outbox: what waits behind a delivery that expires, leaves then") {
  Outbox outbox;
  outbox.put("a", core::minutes(1));
  outbox.remove("a");
  outbox.pass(core::minutes(1));
  CHECK(outbox.due_now() == Texts{"delete a"});
}

TEST_CASE("Outbox: requests wait for nobody, also to one address") {
  Outbox outbox;
  outbox.post();
  outbox.post();
  outbox.pass(core::seconds(1));
  CHECK(outbox.due().size() == 2);
  outbox.settle(1, failed());
  CHECK(outbox.due().size() == 1);
  outbox.pass(core::seconds(1));
  CHECK(outbox.due().size() == 2);  // the later one is no reason to give the first one up
}

// ---- Answers to a request ----

TEST_CASE("Outbox: a request has arrived with any 2xx") {
  for (const uint32_t code : {200u, 201u, 202u, 204u, 299u}) {
    Outbox outbox;
    outbox.post();
    outbox.settle(1, succeeded("{}", code));
    CHECK_FALSE(core::next_due(outbox.storage));
    CHECK(outbox.log.empty());
  }
}

TEST_CASE("Outbox: a request that will never be taken is dropped, and the log says so without secrets") {
  for (const uint32_t code : {400u, 401u, 403u, 404u, 410u, 422u, 499u}) {
    Outbox outbox;
    outbox.post();
    outbox.settle(1, failed());
    outbox.settle(1, succeeded("why", code));
    CHECK_FALSE(core::next_due(outbox.storage));
    REQUIRE(outbox.log.size() == 1);
    CHECK(
        json::parse(outbox.log[0]) ==
        json{{"event", "delivery_refused"}, {"to", "https://hooks.example"}, {"status", code}, {"tries", 2}});
  }
}

TEST_CASE("Outbox: an address that is none is not in the log either") {
  Outbox outbox;
  outbox.post("https://user:password@hooks.example/");
  outbox.settle(1, succeeded("", 404));
  REQUIRE(outbox.log.size() == 1);
  CHECK(json::parse(outbox.log[0])["to"] == "");
}

TEST_CASE("Outbox: a request that may be taken later is tried again") {
  for (const uint32_t code : {0u, 100u, 301u, 302u, 307u, 408u, 425u, 429u, 500u, 502u, 503u, 599u}) {
    Outbox outbox;
    outbox.post();
    outbox.settle(1, succeeded("why", code));
    CHECK(core::next_due(outbox.storage) == outbox.now + core::kFirstRetry);
    CHECK(outbox.log.empty());
  }
}

TEST_CASE("Outbox: the code of a request says nothing of a copy") {
  Outbox outbox;
  outbox.put("a");
  outbox.settle(1, succeeded("", 0));
  CHECK_FALSE(core::next_due(outbox.storage));
}

// ---- The schema ----

TEST_CASE("Outbox: the schema may be created again and keeps what is there") {
  Outbox outbox;
  outbox.put("a");
  core::create_outbox_schema(outbox.storage);
  core::adopt_old_outbox(outbox.storage, "ORDERS");
  CHECK(core::next_due(outbox.storage));
}

TEST_CASE("Outbox: what an older version has left is delivered, once") {
  Outbox outbox;
  core::Storage& storage = outbox.storage;
  // As that version made it.
  storage.query(
      "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value TEXT NOT NULL,"
      " expires_at INTEGER NOT NULL, due_at INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0)");
  storage.query("CREATE INDEX outbox_by_due ON outbox (due_at)");
  const int64_t now = outbox.now.milliseconds;
  for (const std::string_view key : {"a", "b", "a"}) {
    storage.query("INSERT INTO outbox (key, value, expires_at, due_at, failures) VALUES (?, ?, ?, ?, 3)",
                  {key, "old", now + 86'400'000, now});
  }

  core::adopt_old_outbox(storage, "ORDERS");
  core::adopt_old_outbox(storage, "ORDERS");
  CHECK(outbox.due_now() == Texts{"put a", "put b"});
  const core::Delivery first = outbox.due().at(0);
  const auto& copy = std::get<core::PutCopy>(first.effect);
  CHECK(copy.binding == "ORDERS");
  CHECK(copy.value == "old");
  CHECK(copy.ttl_seconds == 86'400);
  outbox.settle(outbox.due().at(1).seq, failed());
  outbox.settle(first.seq, succeeded());
  CHECK(outbox.due_now() == Texts{"put a"});
  outbox.settle(outbox.due().at(0).seq, succeeded());
  // It goes on where it was: the fourth failure waits eight seconds.
  CHECK(core::next_due(storage) == outbox.now + core::seconds(8));
}
