// The audit trail as a human reads it.

#include "trail_view.h"

#include "authority/revocation.h"
#include "authority_support.h"
#include "authority_view.h"

using namespace testing;

namespace {

authority::Vocabulary words() {
  return {kMeasures, {}, {{"buy", "Buy a T-shirt", "buy"}}};
}

/// What the human reads of the newest entry: "name | sentence".
std::string newest(Realm& realm) {
  const auto rows = authority::entries_before(realm.storage, int64_t{1} << 53, "", "", 1);
  const json view = json::parse(entry_view(rows.at(0), words(), realm.storage));
  return (view.at("client").is_null() ? "" : view.at("client").get<std::string>()) + " | " +
         view.at("text").get<std::string>();
}

struct Trail : Realm {
  Trail() {
    grant();
    name("g1", "Claude");
  }
  void name(std::string_view grant, std::string_view client) {
    storage.query("UPDATE grants SET client_name = ? WHERE id = ?", {client, grant});
  }
  void write(authority::Entry entry) {
    step([&](core::Context& context) { authority::append(context, notary, entry); });
  }
  std::string told(std::string_view kind, std::string_view grant, std::string_view result, json details) {
    const std::string text = details.is_null() ? "" : details.dump();
    authority::Entry entry;
    entry.kind = kind;
    entry.actor = {"ada", std::string(grant), "c1", {}, "page"};
    entry.subject = {"tools/call", "buy"};
    entry.result = result;
    entry.details = text;
    write(entry);
    return newest(*this);
  }
};

}  // namespace

TEST_CASE("Trail: what a deputy did, tried and was refused is told after its name") {
  Trail trail;
  trail.buy(100);
  CHECK(newest(trail) == "Claude | used \"Buy a T-shirt\".");
  trail.buy(2001);
  CHECK(newest(trail) == "Claude | asked you before \"Buy a T-shirt\".");
  trail.buy(5001);
  CHECK(newest(trail) == "Claude | was refused \"Buy a T-shirt\": it takes more than you allow.");
  CHECK(trail.told("outcome", "g1", "stopped", nullptr) == "Claude | was stopped in \"Buy a T-shirt\".");
  CHECK(trail.told("outcome", "g1", "abandoned", nullptr) == "Claude | left \"Buy a T-shirt\" unfinished.");
  CHECK(trail.told("outcome", "g1", "failed", nullptr) == "Claude | did not get \"Buy a T-shirt\" done.");
  CHECK(trail.told("call", "g1", "waiting", nullptr) == "Claude | began \"Buy a T-shirt\".");
  CHECK(trail.told("denials", "g1", "denied", {{"more", 1}, {"reason", "paused"}}) ==
        "Claude | was refused \"Buy a T-shirt\" 1 more time: it was paused.");
  CHECK(trail.told("denials", "g1", "denied", {{"more", 2}, {"reason", "limit_reached"}}) ==
        "Claude | was refused \"Buy a T-shirt\" 2 more times: its limit is reached.");
}

TEST_CASE("Trail: every reason there is can be told") {
  Trail trail;
  for (int i = 1; i <= static_cast<int>(Reason::approval_refused); ++i) {
    const std::string code(authority::name(static_cast<Reason>(i)));
    const std::string told = trail.told("denials", "g1", "denied", {{"more", 3}, {"reason", code}});
    CHECK(told.find(": " + code + '.') == std::string::npos);
  }
}

TEST_CASE("Trail: what the human and others did about a deputy") {
  Trail trail;
  CHECK(trail.told("grant", "g1", "", nullptr) == "Claude | became your deputy.");
  CHECK(trail.told("scopes", "g1", "", nullptr) ==
        "Claude | may be allowed more: its token has more scopes.");
  CHECK(trail.told("bounds", "g1", "", nullptr) == "Claude | got other bounds.");
  CHECK(trail.told("approval", "g1", "approved", nullptr) == "Claude | got your yes to \"Buy a T-shirt\".");
  CHECK(trail.told("approval", "g1", "refused", nullptr) == "Claude | got your no to \"Buy a T-shirt\".");
  CHECK(trail.told("pause", "g1", "", {{"cause", "administrator"}}) ==
        "Claude | was paused by an administrator.");
  CHECK(trail.told("resume", "g1", "", {{"cause", "human"}}) == "Claude | may go on: resumed by you.");
  CHECK(trail.told("pause", "", "", {{"cause", "demo"}}) == " | All deputies were paused by the demo.");
  CHECK(trail.told("resume", "", "", {{"cause", "human"}}) == " | All deputies may go on: resumed by you.");
  CHECK(trail.told("ceilings", "", "", nullptr) == " | The limits over all deputies were changed.");
  CHECK(trail.told("revocation", "g1", "", {{"reason", authority::kByHuman}}) ==
        "Claude | was revoked by you.");
  CHECK(trail.told("revocation", "g1", "", {{"reason", authority::kByTime}}) ==
        "Claude | ended: its time was over.");
  CHECK(trail.told("erasure", "g1", "", {{"arguments", 2}}) ==
        " | The details of 2 entries of Claude were erased.");
  CHECK(trail.told("erasure", "", "", {{"arguments", 1}, {"records", 2}}) ==
        " | The details of 1 entry were erased, and those of 2 records.");
}

TEST_CASE("Trail: two clients of one name are told apart, and each keeps its name") {
  Trail trail;
  trail.now = trail.now + core::seconds(1);
  trail.grant("g2", usual_terms(), "c2");
  trail.name("g2", "Claude");
  trail.now = trail.now + core::seconds(1);
  trail.grant("g3", usual_terms(), "c1");
  trail.name("g3", "Claude");
  CHECK(deputy_name(trail.found("g1"), trail.storage) == "Claude");
  CHECK(deputy_name(trail.found("g2"), trail.storage) == "Claude (2)");
  CHECK(deputy_name(trail.found("g3"), trail.storage) == "Claude");
}
