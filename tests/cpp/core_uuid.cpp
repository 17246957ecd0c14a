#include "core/uuid.h"

#include <set>

#include "support.h"

using testing::World;

TEST_CASE("UUIDs are of version 7, and their order is that of time") {
  World world;
  core::Context step = world.step();
  const std::string id = core::uuid_v7(core::Instant{0x0123'4567'89AB}, step.entropy);
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
    const std::string next = core::uuid_v7(core::Instant{1'790'000'000'000 + i}, step.entropy);
    CHECK(next > last);
    CHECK(next[14] == '7');
    CHECK(std::string_view("89ab").find(next[19]) != std::string_view::npos);
    CHECK(seen.insert(next).second);
    CHECK(next != core::uuid_v7(core::Instant{1'790'000'000'000 + i}, step.entropy));
    last = next;
  }
}

TEST_CASE("UUIDs after one another only grow, whatever the clock does") {
  World world;
  core::Context step = world.step();
  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 500; ++i) {
    // It stands still, and now and then it is set back.
    const core::Instant now{1'790'000'000'000 - (i % 100 == 99 ? 5000 : 0)};
    const std::string next = core::uuid_v7_after(last, now, step.entropy);
    CHECK(next > last);
    CHECK(next.size() == 36);
    CHECK(next[14] == '7');
    CHECK(std::string_view("89ab").find(next[19]) != std::string_view::npos);
    CHECK(next.starts_with(last.substr(0, 8)));
    CHECK(seen.insert(next).second);
    last = next;
  }
  CHECK(core::uuid_v7_after(last, core::Instant{1'790'000'000'001}, step.entropy)
            .starts_with("01a0c450-6c01-7"));
}

TEST_CASE("UUIDs whose random bits are used up go on in the next millisecond") {
  World world;
  core::Context step = world.step();
  const core::Instant now{0x0123'4567'89AB};
  const std::string next = core::uuid_v7_after("01234567-89ab-7fff-bfff-ffffffffffff", now, step.entropy);
  CHECK(next.starts_with("01234567-89ac-7000-8000-0000"));
  const std::string carried = core::uuid_v7_after("01234567-89ab-7abc-bfff-ffffffffffff", now, step.entropy);
  CHECK(carried.starts_with("01234567-89ab-7"));
  CHECK(carried > "01234567-89ab-7abc-bfff-ffffffffffff");
}

TEST_CASE("Nobody counts from one UUID to the next of the same millisecond") {
  World world;
  core::Context step = world.step();
  const std::string last = "ffffffff-ffff-7000-8000-000000000000";
  std::set<std::string> next;
  for (int i = 0; i < 50; ++i) next.insert(core::uuid_v7_after(last, core::Instant{1}, step.entropy));
  CHECK(next.size() == 50);
}
