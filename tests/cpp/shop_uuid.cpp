#include "shop/uuid.h"

#include <set>

#include "support.h"

using testing::World;

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
