// The outbox: at least once, later when it fails, never after its time.
#include "core/outbox.h"

#include "support.h"

using testing::World;

namespace {

struct Outbox : World {
  Outbox() { core::create_outbox_schema(storage); }

  void put(std::string_view key, core::Duration life = core::days(30)) {
    core::Context context = step();
    core::enqueue(context, key, "value of " + std::string(key), now + life);
    alarm = context.alarm;
  }
  std::vector<core::Delivery> due(size_t most = 100) { return core::due(storage, now, most); }
  std::vector<std::string> due_keys(size_t most = 100) {
    std::vector<std::string> keys;
    for (const core::Delivery& delivery : due(most)) keys.push_back(delivery.key);
    return keys;
  }
  void pass(core::Duration time) { now = now + time; }
};

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("Outbox: what is put in is due a moment later, and the alarm is set for it") {
  Outbox outbox;
  outbox.put("a");
  CHECK(outbox.alarm == outbox.now + core::milliseconds(100));
  CHECK(core::next_due(outbox.storage) == outbox.alarm);
  CHECK(outbox.due().empty());
  outbox.pass(core::milliseconds(100));
  const std::vector<core::Delivery> due = outbox.due();
  REQUIRE(due.size() == 1);
  CHECK(due[0].key == "a");
  CHECK(due[0].value == "value of a");
}

TEST_CASE("Outbox: an earlier alarm stays") {
  Outbox outbox;
  core::Context step = outbox.step();
  step.alarm = outbox.now + core::milliseconds(5);
  core::enqueue(step, "a", "v", outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(5));
  step.alarm = outbox.now + core::days(1);
  core::enqueue(step, "b", "v", outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(100));
}

TEST_CASE("Outbox: an empty one needs no alarm") {
  Outbox outbox;
  CHECK_FALSE(core::next_due(outbox.storage));
  CHECK(outbox.due().empty());
}

TEST_CASE("Outbox: deliveries come oldest first and in batches, again and again until they are confirmed") {
  Outbox outbox;
  for (const char* key : {"a", "b", "c"}) outbox.put(key);
  outbox.pass(core::seconds(1));
  CHECK(outbox.due_keys(2) == Keys{"a", "b"});
  CHECK(outbox.due_keys(2) == Keys{"a", "b"});  // the first answer got lost: at least once

  std::vector<int64_t> seqs;
  for (const core::Delivery& delivery : outbox.due(2)) seqs.push_back(delivery.seq);
  core::delivered(outbox.storage, seqs);
  CHECK(outbox.due_keys(2) == Keys{"c"});
  core::delivered(outbox.storage, seqs);  // twice is harmless
  core::failed(outbox.storage, seqs, outbox.now);
  CHECK(outbox.due_keys() == Keys{"c"});
  core::delivered(outbox.storage, std::vector{outbox.due()[0].seq});
  CHECK_FALSE(core::next_due(outbox.storage));
}

TEST_CASE("Outbox: what fails waits twice as long each time, at most five minutes") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::milliseconds(100));
  const std::vector<int64_t> seqs = {outbox.due().at(0).seq};
  for (int64_t expected : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
    core::failed(outbox.storage, seqs, outbox.now);
    CHECK(core::next_due(outbox.storage) == outbox.now + core::seconds(expected));
    outbox.pass(core::milliseconds(expected * 1000 - 1));
    CHECK(outbox.due().empty());
    outbox.pass(core::milliseconds(1));
    CHECK(outbox.due_keys() == Keys{"a"});
  }
}

TEST_CASE("Outbox: what fails does not hold up the others") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::seconds(1));
  core::failed(outbox.storage, std::vector{outbox.due().at(0).seq}, outbox.now);
  outbox.put("b");
  outbox.pass(core::milliseconds(100));
  CHECK(outbox.due_keys() == Keys{"b"});
  CHECK(core::next_due(outbox.storage) <= outbox.now);
}

TEST_CASE("Outbox: nothing is given up before its time is over, and nothing is delivered after it") {
  Outbox outbox;
  outbox.put("a");
  const core::Instant expires = outbox.now + core::days(30);
  int tries = 0;
  while (outbox.now < expires) {
    const std::optional<core::Instant> next = core::next_due(outbox.storage);
    REQUIRE(next);
    outbox.now = *next;
    const std::vector<core::Delivery> due = outbox.due();
    if (due.empty()) break;
    ++tries;
    core::failed(outbox.storage, std::vector{due[0].seq}, outbox.now);
  }
  CHECK(tries > 8'000);
  CHECK(outbox.now >= expires);
  CHECK(outbox.due().empty());
  CHECK_FALSE(core::next_due(outbox.storage));
}

TEST_CASE("Outbox: a copy lives for what is left of its time, at least a minute") {
  Outbox outbox;
  outbox.put("a", core::days(30));
  outbox.pass(core::days(29));
  CHECK(outbox.due().at(0).ttl_seconds == 86'400);
  outbox.pass(core::seconds(86'400 - 61));
  CHECK(outbox.due().at(0).ttl_seconds == 61);
  outbox.pass(core::seconds(60));
  CHECK(outbox.due().at(0).ttl_seconds == 60);
  outbox.pass(core::seconds(1));
  CHECK(outbox.due().empty());
}

TEST_CASE("Outbox: the schema may be created again and keeps what is there") {
  Outbox outbox;
  outbox.put("a");
  core::create_outbox_schema(outbox.storage);
  CHECK(core::next_due(outbox.storage));
}
