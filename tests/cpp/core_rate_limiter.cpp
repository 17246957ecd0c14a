#include "catch.h"
#include "core/rate_limiter.h"

namespace {

const core::Instant kNoon{1'795'305'600'000};

}  // namespace

TEST_CASE("RateLimiter: so many in a minute of the clock, for each key") {
  core::RateLimiter limiter(2);
  CHECK(limiter.admit("a", kNoon));
  CHECK(limiter.admit("a", kNoon + core::milliseconds(59'999)));
  CHECK_FALSE(limiter.admit("a", kNoon + core::milliseconds(59'999)));
  CHECK(limiter.admit("b", kNoon));
  CHECK(limiter.admit("a", kNoon + core::minutes(1)));
}

TEST_CASE("RateLimiter: 0 is no limit") {
  core::RateLimiter limiter(0);
  for (int i = 0; i < 10'000; ++i) REQUIRE(limiter.admit("a", kNoon));
}

TEST_CASE("RateLimiter: its memory is bounded, and keys of former minutes go first") {
  core::RateLimiter limiter(1);
  CHECK(limiter.admit("former", kNoon - core::minutes(1)));
  for (size_t i = 1; i < core::RateLimiter::kMostKeys; ++i) REQUIRE(limiter.admit(std::to_string(i), kNoon));
  CHECK(limiter.admit("one more", kNoon));
  CHECK_FALSE(limiter.admit("1", kNoon));
  CHECK(limiter.admit("too many", kNoon));  // all of this minute: all are forgotten
  CHECK(limiter.admit("1", kNoon));
}

TEST_CASE("RateLimiter: the next minute is 1 to 60 seconds away") {
  CHECK(core::seconds_to_next_minute(kNoon) == 60);
  CHECK(core::seconds_to_next_minute(kNoon + core::milliseconds(1)) == 60);
  CHECK(core::seconds_to_next_minute(kNoon + core::milliseconds(59'000)) == 1);
  CHECK(core::seconds_to_next_minute(kNoon + core::milliseconds(59'999)) == 1);
}
