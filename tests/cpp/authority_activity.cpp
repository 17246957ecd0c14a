// Calls that are nothing but that: their entries in the trail stand for them, and their count is written
// later.
#include <map>
#include <random>

#include "authority_support.h"

using namespace testing;

namespace {

constexpr int64_t kHour = 3'600'000, kMinute = 60'000;

authority::Terms many_calls() {
  authority::Terms terms = usual_terms();
  terms.bounds.limits = {
      {"calls", 1'000'000, Period::minute}, {"orders", 1'000'000, Period::week}, {"EUR", 5000, Period::week}};
  return terms;
}

/// The calls of `grant_id` that its rows count.
int64_t written(Realm& realm, std::string_view grant_id = "g1") {
  return realm.storage.query("SELECT coalesce(sum(calls), 0) FROM activity WHERE grant_id = ?", {grant_id})
      .integer(0, 0);
}
int64_t used(Realm& realm, Period period, std::string_view grant_id = "g1") {
  return authority::used_of(realm.storage, grant_id, {{"calls", 0, period}}, realm.now).at(0).settled;
}
std::vector<int64_t> calls_by_hour(Realm& realm, std::string_view grant_id, int64_t first_hour) {
  return authority::activity_of(realm.storage, grant_id, core::Instant{first_hour * kHour}, core::hours(1),
                                96)
      .calls;
}

}  // namespace

TEST_CASE("Activity: of a call that only reads, no row is written but its entry") {
  Realm realm;
  realm.grant("g1", many_calls());
  realm.look();
  CHECK(written(realm) == 1);
  for (int i = 0; i < 3; ++i) realm.look();
  CHECK(written(realm) == 1);
  CHECK(used(realm, Period::minute) == 4);
  CHECK(used(realm, Period::hour) == 4);
}

TEST_CASE("Activity: 32 entries stand for calls; before the next one they are written") {
  Realm realm;
  realm.grant("g1", many_calls());
  for (int i = 0; i < 33; ++i) realm.look();
  CHECK(written(realm) == 1);
  realm.storage.forget();
  CHECK(used(realm, Period::hour) == 33);
  realm.look();
  CHECK(written(realm) == 33);
  realm.storage.forget();
  CHECK(used(realm, Period::hour) == 34);
}

TEST_CASE("Activity: what others do leaves no call behind") {
  for (const bool forgetful : {false, true}) {
    Realm realm;
    realm.grant("g1", many_calls());
    realm.grant("g2", many_calls());
    for (int i = 0; i < 2; ++i) realm.look();
    for (int i = 0; i < 40; ++i) {
      if (forgetful) realm.storage.forget();
      realm.buy(100, "a shirt", "g2");
    }
    realm.storage.forget();
    CHECK(used(realm, Period::hour) == 2);
    CHECK(used(realm, Period::hour, "g2") == 40);
  }
}

TEST_CASE("Activity: a call that the human is asked about does not count") {
  Realm realm;
  realm.grant("g1", many_calls());
  realm.look();
  CHECK(realm.buy(2001).decision.outcome == Outcome::ask);
  realm.look();
  realm.storage.forget();
  CHECK(used(realm, Period::hour) == 2);
}

TEST_CASE("Activity: whatever happens in between, an object that wakes up knows of all calls") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Realm realm, forgetful;
    for (Realm* each : {&realm, &forgetful}) {
      for (const std::string id : {"g1", "g2", "g3"}) each->grant(id, many_calls());
    }
    const int64_t first_hour = realm.now.milliseconds / kHour - 48;
    std::map<std::string, std::vector<int64_t>, std::less<>> expected;
    for (int i = 0; i < 300; ++i) {
      const std::string id = "g" + std::to_string(1 + random() % 3);
      auto& hours = expected.try_emplace(id, 96, 0).first->second;
      const unsigned what = random() % 100;
      const int64_t by = static_cast<int64_t>(random() % 20) * kMinute;
      for (Realm* each : {&realm, &forgetful}) {
        if (what < 70) each->look(id);
        if (what >= 70 && what < 78) each->buy(10, "a shirt", id);
        if (what >= 78 && what < 80) each->buy(5001, "what is too much", id);
        if (what >= 80 && what < 82) each->buy(2001, "what the human is asked about", id);
        if (what >= 82 && what < 96) each->now = each->now + core::milliseconds(by);
        if (what >= 96) each->now = each->now - core::milliseconds(5 * by);
      }
      if (what < 78) ++hours.at(static_cast<size_t>(realm.now.milliseconds / kHour - first_hour));
      forgetful.storage.forget();
      if (i % 10 != 0) continue;
      for (const auto& [grant_id, hour] : expected) {
        REQUIRE(used(realm, Period::minute, grant_id) == used(forgetful, Period::minute, grant_id));
        REQUIRE(used(forgetful, Period::hour, grant_id) ==
                hour.at(static_cast<size_t>(realm.now.milliseconds / kHour - first_hour)));
      }
      if (i % 50 != 0) continue;
      for (const auto& [grant_id, hour] : expected) {
        REQUIRE(calls_by_hour(realm, grant_id, first_hour) == hour);
        REQUIRE(calls_by_hour(forgetful, grant_id, first_hour) == hour);
      }
    }
  }
}
