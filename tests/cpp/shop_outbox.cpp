// Order ids, and the outbox: at least once, later when it fails, never after its time.
#include "shop/outbox.h"

#include <set>

#include "shop/shop.h"
#include "shop/uuid.h"
#include "support.h"

using testing::World;

namespace {

struct Outbox : World {
  Outbox() { shop::create_schema(storage); }

  void put(std::string_view key, core::Duration life = core::days(30)) {
    core::Context context = step();
    shop::enqueue(context, key, "value of " + std::string(key), now + life);
    alarm = context.alarm;
  }
  std::vector<shop::Delivery> due(size_t most = 100) { return shop::due(storage, now, most); }
  std::vector<std::string> due_keys(size_t most = 100) {
    std::vector<std::string> keys;
    for (const shop::Delivery& delivery : due(most)) keys.push_back(delivery.key);
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
  CHECK(shop::next_due(outbox.storage) == outbox.alarm);
  CHECK(outbox.due().empty());
  outbox.pass(core::milliseconds(100));
  const std::vector<shop::Delivery> due = outbox.due();
  REQUIRE(due.size() == 1);
  CHECK(due[0].key == "a");
  CHECK(due[0].value == "value of a");
}

TEST_CASE("Outbox: an earlier alarm stays") {
  Outbox outbox;
  core::Context step = outbox.step();
  step.alarm = outbox.now + core::milliseconds(5);
  shop::enqueue(step, "a", "v", outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(5));
  step.alarm = outbox.now + core::days(1);
  shop::enqueue(step, "b", "v", outbox.now + core::days(1));
  CHECK(step.alarm == outbox.now + core::milliseconds(100));
}

TEST_CASE("Outbox: an empty one needs no alarm") {
  Outbox outbox;
  CHECK_FALSE(shop::next_due(outbox.storage));
  CHECK(outbox.due().empty());
}

TEST_CASE("Outbox: deliveries come oldest first and in batches, again and again until they are confirmed") {
  Outbox outbox;
  for (const char* key : {"a", "b", "c"}) outbox.put(key);
  outbox.pass(core::seconds(1));
  CHECK(outbox.due_keys(2) == Keys{"a", "b"});
  CHECK(outbox.due_keys(2) == Keys{"a", "b"});  // the first answer got lost: at least once

  std::vector<int64_t> seqs;
  for (const shop::Delivery& delivery : outbox.due(2)) seqs.push_back(delivery.seq);
  shop::delivered(outbox.storage, seqs);
  CHECK(outbox.due_keys(2) == Keys{"c"});
  shop::delivered(outbox.storage, seqs);  // twice is harmless
  shop::failed(outbox.storage, seqs, outbox.now);
  CHECK(outbox.due_keys() == Keys{"c"});
  shop::delivered(outbox.storage, std::vector{outbox.due()[0].seq});
  CHECK_FALSE(shop::next_due(outbox.storage));
}

TEST_CASE("Outbox: what fails waits twice as long each time, at most five minutes") {
  Outbox outbox;
  outbox.put("a");
  outbox.pass(core::milliseconds(100));
  const std::vector<int64_t> seqs = {outbox.due().at(0).seq};
  for (int64_t expected : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
    shop::failed(outbox.storage, seqs, outbox.now);
    CHECK(shop::next_due(outbox.storage) == outbox.now + core::seconds(expected));
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
  shop::failed(outbox.storage, std::vector{outbox.due().at(0).seq}, outbox.now);
  outbox.put("b");
  outbox.pass(core::milliseconds(100));
  CHECK(outbox.due_keys() == Keys{"b"});
  CHECK(shop::next_due(outbox.storage) <= outbox.now);
}

TEST_CASE("Outbox: nothing is given up before its time is over, and nothing is delivered after it") {
  Outbox outbox;
  outbox.put("a");
  const core::Instant expires = outbox.now + core::days(30);
  int tries = 0;
  while (outbox.now < expires) {
    const std::optional<core::Instant> next = shop::next_due(outbox.storage);
    REQUIRE(next);
    outbox.now = *next;
    const std::vector<shop::Delivery> due = outbox.due();
    if (due.empty()) break;
    ++tries;
    shop::failed(outbox.storage, std::vector{due[0].seq}, outbox.now);
  }
  CHECK(tries > 8'000);
  CHECK(outbox.now >= expires);
  CHECK(outbox.due().empty());
  CHECK_FALSE(shop::next_due(outbox.storage));
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
  shop::create_schema(outbox.storage);
  CHECK(shop::next_due(outbox.storage));
}

TEST_CASE("Order ids are UUIDs of version 7 whose order is that of time") {
  World world;
  core::Context step = world.step();
  const std::string id = shop::uuid_v7(core::Instant{0x0123'4567'89AB}, step.entropy);
  REQUIRE(id.size() == 36);
  CHECK(id.substr(0, 15) == "01234567-89ab-7");
  CHECK(id[18] == '-');
  CHECK(std::string_view("89ab").find(id[19]) != std::string_view::npos);
  CHECK(id[23] == '-');
  for (size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    CHECK((id[i] == '-') == dash);
    if (!dash) CHECK(std::string_view("0123456789abcdef").find(id[i]) != std::string_view::npos);
  }

  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 200; ++i) {
    const std::string next = shop::uuid_v7(core::Instant{1'790'000'000'000 + i}, step.entropy);
    CHECK(next > last);
    CHECK(next[14] == '7');
    CHECK(std::string_view("89ab").find(next[19]) != std::string_view::npos);
    CHECK(seen.insert(next).second);
    CHECK(next != shop::uuid_v7(core::Instant{1'790'000'000'000 + i}, step.entropy));
    last = next;
  }
}
