// Decisions, grants and pauses.

#include "authority/decide.h"
#include "authority/grants.h"
#include "authority/pauses.h"
#include "support.h"

using namespace testing;
using authority::Reason;

namespace {

authority::Grant reading_grant() {
  authority::Grant grant;
  grant.id = "g1";
  grant.client_id = "c1";
  grant.scopes = {"shop:read"};
  grant.requested_scopes = {"shop:read", "shop:admin"};
  grant.created_at = core::Instant{1000};
  return grant;
}

}  // namespace

TEST_CASE("what the grant allows is allowed") {
  CHECK(authority::decide(reading_grant(), {}, {"shop:read", {}}).reason == Reason::allowed);
}

TEST_CASE("a scope that was asked for and declined is told from one that was never asked for") {
  CHECK(authority::decide(reading_grant(), {}, {"shop:admin", {}}).reason == Reason::scope_declined);
  CHECK(authority::decide(reading_grant(), {}, {"shop:buy", {}}).reason == Reason::scope_never_asked);
}

TEST_CASE("an ended grant allows nothing, whatever the clock says") {
  authority::Grant grant = reading_grant();
  grant.ended_at = core::Instant{1'000'000'000'000'000};
  CHECK(authority::decide(grant, {}, {"shop:read", {}}).reason == Reason::grant_ended);
}

TEST_CASE("a pause stops every action but the one that is exempt from its cause") {
  const authority::Standing demo{{"demo"}};
  CHECK(authority::decide(reading_grant(), demo, {"shop:read", {}}).reason == Reason::paused);
  CHECK(authority::decide(reading_grant(), demo, {"shop:read", "demo"}).reason == Reason::allowed);
  const authority::Standing both{{"demo", "human"}};
  const authority::Decision decision = authority::decide(reading_grant(), both, {"shop:read", "demo"});
  CHECK(decision.reason == Reason::paused);
  CHECK(decision.pause_cause == "human");
}

TEST_CASE("a pause is lifted by its own cause alone") {
  NativeStorage storage;
  authority::create_pauses_schema(storage);
  authority::pause(storage, "human", core::Instant{1});
  authority::pause(storage, "demo", core::Instant{2});
  authority::resume(storage, "demo");
  CHECK_FALSE(authority::paused(storage, "demo"));
  CHECK(authority::paused(storage, "human"));
  CHECK(authority::standing(storage).pauses == std::vector<std::string>{"human"});
}

TEST_CASE("a grant is kept as it was given, and ends once") {
  NativeStorage storage;
  authority::create_grants_schema(storage);
  authority::Grant grant = reading_grant();
  grant.subject = "user_1";
  grant.permissions = {"shop:admin", "other"};
  authority::add_grant(storage, grant);
  const auto found = authority::find_grant(storage, "g1");
  REQUIRE(found);
  CHECK(found->permissions == grant.permissions);
  CHECK(found->created_at == grant.created_at);
  CHECK_FALSE(found->ended_at);

  CHECK(authority::end_grant(storage, "g1", "revoked", core::Instant{5}) == authority::Ended::now);
  CHECK(authority::end_grant(storage, "g1", "expired", core::Instant{9}) ==
        authority::Ended::before_or_never);
  CHECK(authority::find_grant(storage, "g1")->ended_at == core::Instant{5});
  CHECK(authority::end_grant(storage, "unknown", "revoked", core::Instant{5}) ==
        authority::Ended::before_or_never);
}

TEST_CASE("a grant is succeeded by the newest standing one of the same client that came after it") {
  NativeStorage storage;
  authority::create_grants_schema(storage);
  const auto add = [&](std::string id, std::string client, int64_t at) {
    authority::Grant grant = reading_grant();
    grant.id = std::move(id);
    grant.client_id = std::move(client);
    grant.created_at = core::Instant{at};
    authority::add_grant(storage, grant);
  };
  add("old", "c1", 10);
  CHECK_FALSE(authority::find_successor(storage, "old"));
  add("earlier", "c1", 5);
  add("of another client", "c2", 20);
  add("ended", "c1", 20);
  authority::end_grant(storage, "ended", "revoked", core::Instant{21});
  CHECK_FALSE(authority::find_successor(storage, "old"));
  add("newer", "c1", 30);
  add("newest", "c1", 40);
  CHECK(authority::find_successor(storage, "old") == "newest");
  CHECK_FALSE(authority::find_successor(storage, "unknown"));
}
