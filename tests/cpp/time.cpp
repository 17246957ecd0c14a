// Time as an adversary: clocks that go back, moments far ahead, alarms that ring early.
#include "authority_support.h"
#include "story.h"
#include "webhooks.h"

using namespace testing;

// ---- A clock that goes back ----

TEST_CASE("Time: no minute's calls can be used twice, however the clock goes back and forth over its end") {
  Realm realm;
  realm.now = core::Instant{1'790'000'000'000 / 60'000 * 60'000 + 59'000};
  realm.grant();
  int calls = 0;
  for (; realm.look() == Reason::allowed; ++calls) REQUIRE(calls < 100);
  CHECK(calls == 60);
  realm.now = realm.now + core::seconds(2);
  CHECK(realm.look() == Reason::allowed);  // the next minute has begun
  realm.now = realm.now - core::seconds(2);
  for (int more = 1; realm.look() == Reason::allowed; ++more) REQUIRE(more < 60);
  realm.now = realm.now + core::seconds(2);
  CHECK(realm.look() == Reason::limit_reached);
  realm.now = realm.now + core::minutes(1);
  CHECK(realm.look() == Reason::allowed);
}

TEST_CASE("Time: what was used counts also for a clock that has gone back, and is free at its own time") {
  Realm realm;
  realm.grant();
  for (int i = 0; i < 10; ++i) REQUIRE(realm.buy(0).decision.outcome == Outcome::allow);
  const core::Instant used = realm.now;
  for (const core::Duration back : {core::seconds(1), core::hours(1), core::days(8), core::days(400)}) {
    realm.now = used - back;
    CHECK(realm.buy(0).decision.reason == Reason::limit_reached);
  }
  realm.now = used + core::days(7);
  CHECK(realm.buy(0).decision.reason == Reason::limit_reached);
  realm.now = realm.now + core::milliseconds(1);
  CHECK(realm.buy(0).decision.outcome == Outcome::allow);
}

TEST_CASE("Time: what has ended by its time stays ended when the clock goes back") {
  Story story;
  story.appoint();
  story.sign_in();
  const core::Instant end = story.host.now + core::hours(1);
  const json bounds = {{"tools", nullptr}, {"limits", json::array()}, {"expires_at", end.milliseconds}};
  REQUIRE(story.act({{"do", "bounds"}, {"grant", story.grant}, {"bounds", bounds}}).status == 200);
  const std::string noticed_by = GENERATE("a call", "the alarm");
  if (noticed_by == "the alarm") story.host.pass(core::hours(1));
  story.host.now = end;
  CHECK(story.buy_once("late").status == 401);
  story.host.now = end - core::minutes(30);
  CHECK(story.buy_once("late").status == 401);
  story.host.restart();
  CHECK(story.buy_once("late").status == 401);
  story.check();
}

TEST_CASE("Time: a grant that is replaced while the clock is back hands over what was used") {
  Story story;
  story.appoint();
  story.sign_in();
  story.buy("shirt");
  const std::string first = story.grant;
  story.host.now = story.host.now - core::hours(1);
  story.appoint();
  REQUIRE(story.grant != first);
  CHECK(authority::find_grant(story.host.storage.real, first)->end_reason == authority::kByNewGrant);
  CHECK(authority::newest_grant_of(story.host.storage.real, "client-1")->id == story.grant);
  const auto orders_of = [&](const std::string& grant) {
    return authority::used_of(story.host.storage.real, grant, {{"orders", 10, Period::week}}, story.host.now)
        .at(0)
        .settled;
  };
  CHECK(orders_of(story.grant) == 1);
  CHECK(orders_of(first) == 0);
  story.check();
}

TEST_CASE("Time: an alarm that rings too early does nothing and is set again, for later") {
  Story story;
  story.appoint();
  story.sign_in();
  story.buy("shirt");
  const core::Instant due = *story.host.stored_alarm;
  for (const core::Duration early : {core::milliseconds(1), core::seconds(1), core::hours(1)}) {
    story.host.now = due - early;
    for (int i = 0; i < 3; ++i) {
      story.host.ring();
      CHECK(story.host.kv["ORDERS"].empty());
      CHECK(story.host.stored_alarm == due);
    }
  }
  story.host.now = due;
  story.host.ring();
  CHECK(story.host.kv["ORDERS"].size() == 1);
}

// ---- Moments far ahead ----

TEST_CASE(
    "Time: the whole story, over the ends of 31 and 32 bits, in a leap second, over the change of a year") {
  const int64_t moment = GENERATE(int64_t{0},                 // 1970
                                  (int64_t{1} << 31) - 5,     // 2038-01-19
                                  (int64_t{1} << 32) - 5,     // 2106-02-07
                                  int64_t{1'483'228'795},     // before the leap second of 2016-12-31
                                  int64_t{1'792'889'990},     // around the end of summer time in Europe, 2026
                                  int64_t{253'402'300'795});  // the last seconds of 9999
  CAPTURE(moment);
  Story story;
  story.host.now = core::Instant{moment * 1000};
  story.tell();
  story.check_end();
}

TEST_CASE("Time: a webhook that says any time at all is out of time, and nothing overflows") {
  NativeCrypto crypto;
  const core::Instant now{(int64_t{1} << 32) * 1000};
  const auto check = [&](int64_t told) {
    const std::string time = std::to_string(told);
    return check_signature(crypto, "secret",
                           "t=" + time + ",v1=" + core::hex(crypto.hmac_sha256("secret", time + ".{}")), "{}",
                           now);
  };
  CHECK(check(now.milliseconds) == Signature::good);
  for (const int64_t told :
       {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN, now.milliseconds / 1000, now.milliseconds * 1000}) {
    CAPTURE(told);
    CHECK(check(told) == Signature::out_of_time);
  }
}
