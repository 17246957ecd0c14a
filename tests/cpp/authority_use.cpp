// Uses of an authority, with their storage: what is counted, held, asked, written, and what ends.

#include "authority/revocation.h"
#include "authority_support.h"

using namespace testing;
using authority::Desk;
using authority::Entry;

using authority::Use;

namespace {

std::vector<authority::Used> used(Realm& realm, std::string_view measure) {
  std::vector<authority::Used> all =
      authority::used_of(realm.storage, "g1", realm.found().terms.bounds.limits, realm.now);
  std::erase_if(all, [&](const authority::Used& entry) { return entry.measure != measure; });
  return all;
}
int64_t settled(Realm& realm, std::string_view measure) {
  return used(realm, measure).at(0).settled;
}
int64_t held(Realm& realm, std::string_view measure) {
  return used(realm, measure).at(0).held;
}

/// A purchase that takes more than one step: it is charged, and then waits for its effect.
Use begin_purchase(Realm& realm, int64_t cents, Reason expected = Reason::allowed) {
  return realm.step([&](core::Context& context) {
    const authority::Grant grant = realm.found();
    Desk desk(context, realm.notary, grant, {"ada", "g1", "c1", "session", "legacy"});
    Use use;
    REQUIRE(desk.admit(use, Realm::kBuy, Realm::action(), "{}", Realm::kKept).reason == Reason::allowed);
    const Desk::Charged charged = desk.charge(use, Realm::action(), Realm::question(cents));
    REQUIRE(charged.decision.reason == expected);
    if (expected == Reason::allowed)
      desk.waits(use, Realm::kBuy, Desk::For::effect);
    else
      desk.end(use, Realm::kBuy, Desk::End::failed);
    return Use::decode(use.encode());
  });
}
Reason finish_purchase(Realm& realm, Use use, int64_t cents, Desk::End how) {
  return realm.step([&](core::Context& context) {
    const authority::Grant grant = realm.found();
    Desk desk(context, realm.notary, grant, {"ada", "g1", "c1", "session", "legacy"});
    const authority::Decision decision = desk.admit(use, Realm::kBuy, Realm::action(), "{}", Realm::kKept);
    if (decision.reason == Reason::allowed) desk.charge(use, Realm::action(), Realm::question(cents));
    desk.end(use, Realm::kBuy, how);
    return decision.reason;
  });
}

std::optional<authority::Revocation> revoke(Realm& realm) {
  return realm.step([&](core::Context& context) {
    return authority::end(context, realm.notary, "g1", authority::Event::revoke, authority::kByHuman, "page");
  });
}

std::optional<authority::Approval> say(Realm& realm, const std::string& id, authority::Verdict verdict) {
  return realm.step([&](core::Context& context) { return authority::answer(context, id, verdict); });
}

json payload_of(const std::string& jws) {
  const size_t from = jws.find('.') + 1;
  return json::parse(*core::base64url_decode(jws.substr(from, jws.rfind('.') - from)));
}

}  // namespace

TEST_CASE("Use: what is bought is used up, in its period and no longer") {
  Realm realm;
  realm.grant();
  for (int i = 0; i < 10; ++i) CHECK(realm.buy(100).decision.reason == Reason::allowed);
  CHECK(settled(realm, "orders") == 10);
  CHECK(settled(realm, "EUR") == 1000);
  const auto no = realm.buy(100);
  CHECK(no.decision.reason == Reason::limit_reached);
  // A charge counts for seven days to the millisecond, and is free one later, as was said.
  CHECK(no.decision.frees_at == realm.now + core::days(7) + core::milliseconds(1));
  realm.now = realm.now + core::days(7);
  CHECK(realm.buy(100).decision.reason == Reason::limit_reached);
  realm.now = realm.now + core::milliseconds(1);
  CHECK(realm.buy(100).decision.reason == Reason::allowed);
}

TEST_CASE("Use: what is denied costs nothing, not even a call") {
  Realm realm;
  authority::Terms terms = usual_terms();
  terms.bounds.limits[0].most = 3;
  realm.grant("g1", terms);
  for (int i = 0; i < 20; ++i) CHECK(realm.buy(5001).decision.reason == Reason::over_limit);
  CHECK(settled(realm, "calls") == 0);
  CHECK(settled(realm, "EUR") == 0);
  for (int i = 0; i < 3; ++i) CHECK(realm.look() == Reason::allowed);
  CHECK(realm.look() == Reason::limit_reached);
  realm.now = core::Instant{(realm.now.milliseconds / 60'000 + 1) * 60'000};
  CHECK(realm.look() == Reason::allowed);
}

TEST_CASE("Use: what has begun is held, so that what runs side by side cannot overspend") {
  Realm realm;
  authority::Terms terms = usual_terms();
  terms.bounds.limits[0].most = 1000;
  realm.grant("g1", terms);
  std::vector<Use> begun;
  for (int i = 0; i < 10; ++i) begun.push_back(begin_purchase(realm, 100));
  for (int i = 0; i < 190; ++i) begin_purchase(realm, 100, Reason::limit_reached);
  CHECK(held(realm, "orders") == 10);
  for (size_t i = 0; i < begun.size(); ++i) {
    CHECK(finish_purchase(realm, begun[i], 100, i < 4 ? Desk::End::done : Desk::End::failed) ==
          Reason::allowed);
  }
  // Four are bought; what came to nothing is free again.
  CHECK(settled(realm, "orders") == 4);
  CHECK(held(realm, "orders") == 0);
  for (int i = 0; i < 6; ++i) CHECK(realm.buy(100).decision.reason == Reason::allowed);
  CHECK(realm.buy(100).decision.reason == Reason::limit_reached);
}

TEST_CASE("Use: what a crash left held is free when its time is over, and the trail says so") {
  Realm realm;
  realm.grant();
  begin_purchase(realm, 2000);
  begin_purchase(realm, 2000);
  CHECK(realm.alarm == realm.now + authority::kHoldLifetime);
  CHECK(realm.buy(1001).decision.reason == Reason::limit_reached);
  realm.now = realm.now + authority::kHoldLifetime - core::milliseconds(1);
  CHECK(realm.buy(1001).decision.reason == Reason::limit_reached);
  realm.now = realm.now + core::milliseconds(1);
  CHECK(realm.buy(1001).decision.reason == Reason::allowed);
  realm.step([&](core::Context& context) { authority::sweep_uses(context, realm.notary); });
  const std::vector<json> entries = realm.entries();
  CHECK(entries.back().at("kind") == "outcome");
  CHECK(entries.back().at("result") == "abandoned");
  CHECK(realm.storage.query("SELECT count(*) FROM uses").integer(0, 0) == 0);
}

TEST_CASE("Use: whoever comes to it when its time is over abandons it, and begins a new one") {
  // The alarm is late, or was there already.
  for (const bool swept : {false, true}) {
    Realm realm;
    realm.grant();
    const Use late = begin_purchase(realm, 2000);
    realm.now = realm.now + authority::kHoldLifetime;
    if (swept) realm.step([&](core::Context& context) { authority::sweep_uses(context, realm.notary); });
    // What the first held is free, and somebody else's.
    CHECK(realm.buy(2000).decision.reason == Reason::allowed);
    CHECK(realm.buy(2000).decision.reason == Reason::allowed);
    finish_purchase(realm, late, 2000, Desk::End::failed);
    CHECK(settled(realm, "EUR") == 4000);
    CHECK(held(realm, "EUR") == 0);
    int64_t outcomes = 0;
    for (const json& entry : realm.entries()) {
      if (entry.at("kind") != "outcome") continue;
      ++outcomes;
      CHECK(entry.at("result") == "abandoned");
      CHECK(entry.at("refers") == late.began);
    }
    CHECK(outcomes == 1);
  }
}

TEST_CASE("Use: an effect that has run counts, though its deputy may not go on") {
  Realm realm;
  realm.grant();
  const Use running = begin_purchase(realm, 2000);
  authority::pause(realm.storage, "g1", authority::kHumanPause, realm.now);
  CHECK(finish_purchase(realm, running, 2000, Desk::End::failed) == Reason::paused);
  CHECK(settled(realm, "EUR") == 2000);
  CHECK(held(realm, "EUR") == 0);
}

TEST_CASE("Use: a grant that replaces another has used up what the other had") {
  Realm realm;
  realm.grant();
  for (int i = 0; i < 10; ++i) realm.buy(10);
  realm.now = realm.now + core::seconds(1);
  realm.grant("g2");
  realm.step([&](core::Context& context) {
    authority::end(context, realm.notary, "g1", authority::Event::replace, authority::kByNewGrant, "client");
    authority::carry_over(realm.storage, "g1", "g2", realm.now);
  });
  CHECK(realm.buy(10, "a shirt", "g2").decision.reason == Reason::limit_reached);
  CHECK(realm.look("g1") == Reason::grant_replaced);
}

TEST_CASE("Use: a ceiling counts all deputies together") {
  Realm realm;
  realm.grant("g1", usual_terms(), "c1");
  realm.grant("g2", usual_terms(), "c2");
  authority::set_ceilings(realm.storage, {{"EUR", 3000, Period::week}});
  CHECK(realm.buy(2000, "a", "g1").decision.reason == Reason::allowed);
  CHECK(realm.buy(1001, "a", "g2").decision.reason == Reason::ceiling_reached);
  CHECK(realm.buy(1000, "a", "g2").decision.reason == Reason::allowed);
  CHECK(realm.buy(0, "a", "g2").decision.reason == Reason::allowed);
}

TEST_CASE("Pauses: each cause is lifted by itself alone, for one deputy or for all") {
  Realm realm;
  realm.grant("g1", usual_terms(), "c1");
  realm.grant("g2", usual_terms(), "c2");
  authority::pause(realm.storage, "g1", authority::kHumanPause, realm.now);
  authority::pause(realm.storage, "g1", authority::kAdministratorPause, realm.now);
  CHECK(realm.look("g1") == Reason::paused);
  CHECK(realm.look("g2") == Reason::allowed);
  CHECK(realm.found("g1").terms.state == authority::State::paused);
  authority::resume(realm.storage, "g1", authority::kHumanPause);
  CHECK(realm.look("g1") == Reason::paused);
  authority::resume(realm.storage, "g1", authority::kAdministratorPause);
  CHECK(realm.look("g1") == Reason::allowed);
  CHECK(realm.found("g1").terms.state == authority::State::active);

  authority::pause(realm.storage, authority::kAllDeputies, authority::kHumanPause, realm.now);
  CHECK(realm.look("g1") == Reason::paused);
  CHECK(realm.look("g2") == Reason::paused);
  authority::resume(realm.storage, authority::kAllDeputies, authority::kDemoPause);
  CHECK(realm.look("g2") == Reason::paused);
  authority::resume(realm.storage, authority::kAllDeputies, authority::kHumanPause);
  CHECK(realm.look("g2") == Reason::allowed);
}

TEST_CASE("Approval: above the threshold the human is asked, once for one action, and their yes works once") {
  Realm realm;
  realm.grant();
  const auto first = realm.buy(2001);
  CHECK(first.decision.reason == Reason::approval_required);
  REQUIRE(first.asked);
  CHECK(first.asked->asked_now);
  const auto again = realm.buy(2001);
  CHECK(again.asked->id == first.asked->id);
  CHECK_FALSE(again.asked->asked_now);
  CHECK(settled(realm, "EUR") == 0);

  REQUIRE(say(realm, first.asked->id, authority::Verdict::approve));
  CHECK(realm.buy(2001, "another shirt").decision.reason == Reason::approval_required);
  CHECK(realm.buy(2002).decision.reason == Reason::approval_required);
  CHECK(realm.buy(2001).decision.reason == Reason::allowed);
  CHECK(realm.buy(2001).decision.reason == Reason::approval_required);
  CHECK(authority::find_approval(realm.storage, first.asked->id, realm.now)->state ==
        authority::Approval::State::used);
}

TEST_CASE("Approval: of 200 uses of one yes exactly one goes through") {
  Realm realm;
  authority::Terms terms = usual_terms();
  terms.bounds.limits = {
      {"calls", 1000, Period::minute}, {"orders", 1000, Period::week}, {"EUR", 1'000'000, Period::week}};
  realm.grant("g1", terms);
  say(realm, realm.buy(2001).asked->id, authority::Verdict::approve);
  int went_through = 0;
  for (int i = 0; i < 200; ++i) went_through += realm.buy(2001).decision.reason == Reason::allowed ? 1 : 0;
  CHECK(went_through == 1);
}

TEST_CASE("Approval: a call that has used its yes goes on with it") {
  Realm realm;
  realm.grant();
  say(realm, realm.buy(2001).asked->id, authority::Verdict::approve);
  Use use = begin_purchase(realm, 2001);
  CHECK(finish_purchase(realm, use, 2001, Desk::End::done) == Reason::allowed);
  CHECK(settled(realm, "EUR") == 2001);
}

TEST_CASE("Approval: the yes that a call was given stands, whatever is said to the next") {
  Realm realm;
  realm.grant();
  say(realm, realm.buy(2001).asked->id, authority::Verdict::approve);
  const Use use = begin_purchase(realm, 2001);
  realm.now = realm.now + core::milliseconds(1);
  const std::string refused = realm.buy(2001).asked->id;
  say(realm, refused, authority::Verdict::refuse);
  CHECK(finish_purchase(realm, use, 2001, Desk::End::done) == Reason::allowed);
  CHECK(settled(realm, "EUR") == 2001);
}

TEST_CASE("Approval: a call that has a yes uses up no second one") {
  Realm realm;
  authority::Terms terms = usual_terms();
  terms.bounds.limits[2].most = 10'000;
  realm.grant("g1", terms);
  say(realm, realm.buy(2001).asked->id, authority::Verdict::approve);
  const Use use = begin_purchase(realm, 2001);
  realm.now = realm.now + core::milliseconds(1);
  say(realm, realm.buy(2001).asked->id, authority::Verdict::approve);
  finish_purchase(realm, use, 2001, Desk::End::done);
  CHECK(realm.buy(2001).decision.reason == Reason::allowed);
}

TEST_CASE("Approval: it belongs to one grant") {
  Realm realm;
  realm.grant("g1", usual_terms(), "c1");
  realm.grant("g2", usual_terms(), "c2");
  say(realm, realm.buy(2001, "a shirt", "g1").asked->id, authority::Verdict::approve);
  CHECK(realm.buy(2001, "a shirt", "g2").decision.reason == Reason::approval_required);
  CHECK(realm.buy(2001, "a shirt", "g1").decision.reason == Reason::allowed);
}

TEST_CASE("Approval: question and answer have their time, and each is answered once") {
  Realm realm;
  realm.grant();
  std::string id = realm.buy(2001).asked->id;
  realm.now = realm.now + authority::kQuestionWaits;
  CHECK_FALSE(say(realm, id, authority::Verdict::approve));
  CHECK(authority::find_approval(realm.storage, id, realm.now)->state == authority::Approval::State::expired);

  id = realm.buy(2001).asked->id;
  realm.now = realm.now + authority::kQuestionWaits - core::milliseconds(1);
  REQUIRE(say(realm, id, authority::Verdict::approve));
  CHECK_FALSE(say(realm, id, authority::Verdict::refuse));
  realm.now = realm.now + authority::kAnswerCounts - core::milliseconds(1);
  CHECK(realm.buy(2001).decision.reason == Reason::allowed);

  id = realm.buy(2001).asked->id;
  REQUIRE(say(realm, id, authority::Verdict::approve));
  realm.now = realm.now + authority::kAnswerCounts;
  CHECK(realm.buy(2001).decision.reason == Reason::approval_required);
}

TEST_CASE("Approval: a no counts for its time, and then may be asked again") {
  Realm realm;
  realm.grant();
  const std::string id = realm.buy(2001).asked->id;
  REQUIRE(say(realm, id, authority::Verdict::refuse));
  CHECK(realm.buy(2001).decision.reason == Reason::approval_refused);
  realm.now = realm.now + authority::kAnswerCounts;
  CHECK(realm.buy(2001).decision.reason == Reason::approval_required);
}

TEST_CASE("Approval: the oldest of too many questions goes") {
  Realm realm;
  realm.grant();
  std::vector<std::string> ids;
  for (int i = 0; i <= authority::kMaxQuestions; ++i) {
    realm.now = realm.now + core::milliseconds(1);
    ids.push_back(realm.buy(2001, std::to_string(i)).asked->id);
  }
  CHECK_FALSE(authority::find_approval(realm.storage, ids[0], realm.now));
  CHECK(authority::find_approval(realm.storage, ids[1], realm.now));
  CHECK(authority::list_approvals(realm.storage, 100, realm.now).size() == authority::kMaxQuestions);
}

TEST_CASE("Revocation: it is final, and nothing begins after it") {
  Realm realm;
  realm.grant();
  const std::string question = realm.buy(2001).asked->id;
  REQUIRE(revoke(realm));
  CHECK_FALSE(revoke(realm));
  CHECK(realm.look() == Reason::grant_revoked);
  CHECK(realm.buy(1).decision.reason == Reason::grant_revoked);
  CHECK_FALSE(say(realm, question, authority::Verdict::approve));
  authority::resume(realm.storage, "g1", authority::kHumanPause);
  CHECK(realm.found().terms.state == authority::State::revoked);
  CHECK(realm.found().end_reason == "human");
  authority::set_bounds(realm.storage, "g1", {}, "none");
  CHECK(realm.found().terms.bounds == usual_terms().bounds);
}

TEST_CASE("Revocation: the receipt lists what was in flight, and how that ended is added") {
  Realm realm;
  realm.grant();
  const Use running = begin_purchase(realm, 100);
  const Use finished = begin_purchase(realm, 100);
  finish_purchase(realm, finished, 100, Desk::End::done);
  const std::string waiting = realm.step([&](core::Context& context) {
    const authority::Grant grant = realm.found();
    Desk desk(context, realm.notary, grant, {"ada", "g1", "c1", "session", "legacy"});
    Use use;
    desk.admit(use, Realm::kBuy, Realm::action(), "{}", Realm::kKept);
    desk.waits(use, Realm::kBuy, Desk::For::client);
    return use.id;
  });
  const auto revocation = revoke(realm);
  REQUIRE(revocation);
  CHECK(revocation->in_flight == 1);
  const json receipt = payload_of(revocation->receipt);
  CHECK(receipt.at("in_flight") == json::array({{{"name", "buy"}, {"seq", running.began}}}));
  CHECK(receipt.at("reason") == "human");
  const json last = realm.entries().back();
  CHECK(receipt.at("seq") == last.at("seq"));
  CHECK(receipt.at("hash") == authority::head(realm.storage).hash);

  // What waited for its client was no effect: its end is in the trail, not in the receipt.
  for (const std::string& id : {waiting, running.id}) {
    realm.step([&](core::Context& context) { authority::stop_use(context, realm.notary, id, "stopped"); });
  }
  const json ended = payload_of(authority::find_revocation(realm.storage, "g1")->ended_receipt);
  CHECK(ended.at("ended") ==
        json::array({{{"began", running.began}, {"result", "stopped"}, {"seq", realm.entries().size()}}}));
}

TEST_CASE("Revocation: a grant whose time is over is found, and the alarm is set for the next") {
  Realm realm;
  authority::Terms terms = usual_terms();
  terms.bounds.expires_at = realm.now + core::hours(1);
  realm.grant("g1", terms);
  CHECK(realm.step([](core::Context& context) { return authority::grants_over(context); }).empty());
  CHECK(realm.alarm == terms.bounds.expires_at);
  realm.now = realm.now + core::hours(1);
  CHECK(realm.look() == Reason::grant_expired);
  const auto over = realm.step([](core::Context& context) { return authority::grants_over(context); });
  REQUIRE(over.size() == 1);
  CHECK(over[0].id == "g1");
}

TEST_CASE("Grants: one is kept as it was given, and succeeded by the newest of the same client") {
  Realm realm;
  realm.grant("before", usual_terms(), "c9");
  realm.now = realm.now + core::seconds(1);
  authority::Grant grant;
  grant.id = "g0";
  grant.principal = "ada";
  grant.client_id = "c9";
  grant.client_name = "Claude";
  grant.terms = usual_terms();
  grant.sentence = "It may look.";
  grant.permissions = {"shop:admin", "other"};
  grant.created_at = realm.now;
  authority::add_grant(realm.storage, grant);
  const authority::Grant found = realm.found("g0");
  CHECK(found.permissions == grant.permissions);
  CHECK(found.terms.bounds == grant.terms.bounds);
  CHECK(found.terms.scopes == grant.terms.scopes);
  CHECK(found.sentence == grant.sentence);
  CHECK_FALSE(found.ended_at);

  CHECK_FALSE(authority::find_successor(realm.storage, "g0"));
  realm.grant("other", usual_terms(), "c8");
  CHECK_FALSE(authority::find_successor(realm.storage, "g0"));
  realm.now = realm.now + core::seconds(1);
  realm.grant("newer", usual_terms(), "c9");
  realm.now = realm.now + core::seconds(1);
  realm.grant("newest", usual_terms(), "c9");
  CHECK(authority::find_successor(realm.storage, "g0") == "newest");
  authority::end_grant(realm.storage, "newest", authority::Event::revoke, "human", realm.now);
  CHECK(authority::find_successor(realm.storage, "g0") == "newer");
  CHECK_FALSE(authority::find_successor(realm.storage, "unknown"));
}

TEST_CASE(
    "Schema: grants and pauses of before there were bounds are taken over, and allow nothing that costs") {
  NativeStorage storage;
  storage.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  storage.query("INSERT INTO settings VALUES ('principal', 'ada')");
  storage.query(
      "CREATE TABLE grants (id TEXT PRIMARY KEY, client_id TEXT NOT NULL, client_name TEXT NOT NULL, scopes "
      "TEXT NOT NULL, requested_scopes TEXT NOT NULL, subject TEXT NOT NULL, email TEXT NOT NULL, name TEXT "
      "NOT NULL, identity_session TEXT NOT NULL, permissions TEXT NOT NULL, created_at INTEGER NOT NULL, "
      "ended_at INTEGER, end_reason TEXT) WITHOUT ROWID");
  storage.query("CREATE TABLE pauses (cause TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID");
  storage.query(
      "INSERT INTO grants VALUES ('old', 'c', 'C', 'read', 'read', 's', '', '', '', '', 1, NULL, NULL)");
  storage.query(
      "INSERT INTO grants VALUES ('gone', 'c', 'C', 'read', 'read', 's', '', '', '', '', 1, 2, 'revoked')");
  storage.query("INSERT INTO pauses VALUES ('demo', 5)");
  CHECK(authority::migrate(storage, 0) == 4);
  CHECK(authority::migrate(storage, 4) == 4);
  const authority::Grant old = *authority::find_grant(storage, "old");
  CHECK(old.principal == "ada");
  CHECK(old.terms.state == authority::State::active);
  CHECK(old.terms.bounds == authority::Bounds());
  CHECK(authority::find_grant(storage, "gone")->terms.state == authority::State::revoked);
  CHECK(authority::paused(storage, authority::kAllDeputies, "demo"));
}
