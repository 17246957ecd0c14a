// The decision alone: terms, how things stand, an action and a moment in; one outcome with its reason out.

#include "authority/decide.h"

#include "authority/replay.h"
#include "authority_support.h"

using namespace testing;
using authority::Action;
using authority::Decision;
using authority::Standing;
using authority::State;
using authority::Terms;

namespace {

constexpr core::Instant kNow{1'790'000'000'000};

Action buying(int64_t cents) {
  return {"buy", "buy", {}, {{"orders", 1}, {"EUR", cents}}};
}

Reason reason(const Terms& terms, const Action& action, const Standing& standing = {},
              core::Instant now = kNow) {
  const Decision decision = authority::decide(terms, standing, action, now);
  // Whatever was decided can be decided again from what the trail keeps of it.
  CHECK(authority::replay(authority::decision_input(terms, standing, action, now)) ==
        authority::decision_json(decision));
  CHECK((decision.outcome == Outcome::allow) == (decision.reason == Reason::allowed));
  CHECK((decision.outcome == Outcome::ask) == (decision.reason == Reason::approval_required));
  return decision.reason;
}

Standing paused_by(std::vector<std::string> causes) {
  Standing standing;
  standing.pauses = std::move(causes);
  return standing;
}

Standing with_used(std::string measure, Period per, int64_t settled, int64_t held) {
  Standing standing;
  standing.used = {{std::move(measure), per, settled, held, kNow + core::hours(1)}};
  return standing;
}

}  // namespace

TEST_CASE("Decide: what the terms allow is allowed") {
  CHECK(reason(usual_terms(), {"look", "read"}) == Reason::allowed);
  CHECK(reason(usual_terms(), buying(2000)) == Reason::allowed);
}

TEST_CASE("Decide: whoever chose nothing has allowed nothing that costs") {
  Terms terms;
  terms.scopes = {"buy"};
  CHECK(reason(terms, {"buy", "buy"}) == Reason::allowed);
  CHECK(reason(terms, {"buy", "buy", {}, {{"orders", 0}}}) == Reason::allowed);
  CHECK(reason(terms, {"buy", "buy", {}, {{"orders", 1}}}) == Reason::nothing_allowed);
  CHECK(reason(terms, {"buy", "buy", {}, {{"calls", 1}}}) == Reason::nothing_allowed);
}

TEST_CASE("Decide: a scope that was asked for and declined is told from one that was never asked for") {
  CHECK(reason(usual_terms(), {"rule", "admin"}) == Reason::scope_declined);
  CHECK(reason(usual_terms(), {"rule", "other"}) == Reason::scope_never_asked);
}

TEST_CASE("Decide: an ended grant allows nothing, and says how it ended") {
  Terms terms = usual_terms();
  terms.state = State::revoked;
  CHECK(reason(terms, {"look", "read"}) == Reason::grant_revoked);
  terms.state = State::expired;
  CHECK(reason(terms, {"look", "read"}) == Reason::grant_expired);
  terms.state = State::replaced;
  CHECK(reason(terms, {"look", "read"}) == Reason::grant_replaced);
}

TEST_CASE("Decide: a grant is over at the very millisecond that was said") {
  Terms terms = usual_terms();
  terms.bounds.expires_at = kNow;
  CHECK(reason(terms, {"look", "read"}, {}, kNow - core::milliseconds(1)) == Reason::allowed);
  CHECK(reason(terms, {"look", "read"}, {}, kNow) == Reason::grant_expired);
}

TEST_CASE("Decide: only the tools that were named, where any were") {
  Terms terms = usual_terms();
  terms.bounds.tools = {"look"};
  CHECK(reason(terms, {"look", "read"}) == Reason::allowed);
  CHECK(reason(terms, {"buy", "buy"}) == Reason::tool_not_allowed);
  CHECK(reason(terms, {"", "read"}) == Reason::allowed);  // what is no tool has no name
  terms.bounds.tools = std::vector<std::string>();
  CHECK(reason(terms, {"look", "read"}) == Reason::tool_not_allowed);
}

TEST_CASE("Decide: a pause stops every action but the one that is exempt from its cause") {
  const Standing demo = paused_by({"demo"});
  CHECK(reason(usual_terms(), {"look", "read"}, demo) == Reason::paused);
  CHECK(reason(usual_terms(), {"look", "read", "demo"}, demo) == Reason::allowed);
  const Standing both = paused_by({"demo", "human"});
  CHECK(reason(usual_terms(), {"look", "read", "demo"}, both) == Reason::paused);
  CHECK(authority::decide(usual_terms(), both, {"look", "read", "demo"}, kNow).pause == "human");
}

TEST_CASE("Decide: what fits to the last unit is allowed, one more is not") {
  for (const auto& [settled, held] : {std::pair<int64_t, int64_t>(4000, 0), {0, 4000}, {1500, 2500}}) {
    const Standing standing = with_used("EUR", Period::week, settled, held);
    CHECK(reason(usual_terms(), buying(1000), standing) == Reason::allowed);
    CHECK(reason(usual_terms(), buying(1001), standing) == Reason::limit_reached);
  }
  const Decision no =
      authority::decide(usual_terms(), with_used("EUR", Period::week, 4000, 500), buying(501), kNow);
  CHECK(no.limit == Limit{"EUR", 5000, Period::week});
  CHECK(no.used == 4500);
  CHECK(no.asked == 501);
  CHECK(no.frees_at == kNow + core::hours(1));
}

TEST_CASE("Decide: more than all of a limit is told from more than what is left") {
  CHECK(reason(usual_terms(), buying(5001)) == Reason::over_limit);
  Terms terms = usual_terms();
  terms.bounds.limits.push_back({"EUR", 900, Period::action});
  CHECK(reason(terms, buying(900)) == Reason::allowed);
  CHECK(reason(terms, buying(901)) == Reason::over_limit);
  // What was used before counts for nothing at a single action.
  CHECK(reason(terms, buying(900), with_used("EUR", Period::action, 900, 900)) == Reason::allowed);
}

TEST_CASE("Decide: usage of another measure or period is none of a limit's") {
  CHECK(reason(usual_terms(), buying(1000), with_used("EUR", Period::day, 5000, 0)) == Reason::allowed);
  CHECK(reason(usual_terms(), buying(1000), with_used("USD", Period::week, 5000, 0)) == Reason::allowed);
}

TEST_CASE("Decide: each of several limits holds") {
  Terms terms = usual_terms();
  terms.bounds.limits.push_back({"EUR", 1500, Period::day});
  CHECK(reason(terms, buying(1501)) == Reason::over_limit);
  CHECK(reason(terms, buying(1500)) == Reason::allowed);
}

TEST_CASE("Decide: ceilings hold over all deputies, and a measure without one has none") {
  Standing standing;
  standing.ceilings = {{"EUR", 1500, Period::week}, {"EUR", 1200, Period::action}};
  CHECK(reason(usual_terms(), buying(1201), standing) == Reason::over_ceiling);
  CHECK(reason(usual_terms(), buying(1200), standing) == Reason::allowed);
  standing.used_by_all = {{"EUR", Period::week, 400, 100}};
  CHECK(reason(usual_terms(), buying(1000), standing) == Reason::allowed);
  CHECK(reason(usual_terms(), buying(1001), standing) == Reason::ceiling_reached);
}

TEST_CASE("Decide: above a threshold the human is asked, and their word counts") {
  Action action = buying(2001);
  CHECK(reason(usual_terms(), action) == Reason::approval_required);
  action.approval = Action::Approval::given;
  CHECK(reason(usual_terms(), action) == Reason::allowed);
  action.approval = Action::Approval::refused;
  CHECK(reason(usual_terms(), action) == Reason::approval_refused);
  // Below it, nobody has to say anything.
  action = buying(2000);
  action.approval = Action::Approval::refused;
  CHECK(reason(usual_terms(), action) == Reason::allowed);
}

TEST_CASE("Decide: a yes is no way around the limits, and nobody is asked for what is not allowed anyway") {
  Action action = buying(5001);
  CHECK(reason(usual_terms(), action) == Reason::over_limit);
  action.approval = Action::Approval::given;
  CHECK(reason(usual_terms(), action) == Reason::over_limit);
}

TEST_CASE("Decide: a cost that is no amount is refused") {
  CHECK(reason(usual_terms(), buying(-1)) == Reason::invalid_cost);
  CHECK(reason(usual_terms(), buying(authority::kMaxAmount + 1)) == Reason::invalid_cost);
  Terms terms = usual_terms();
  terms.bounds.limits = {{"orders", 1, Period::week}, {"EUR", authority::kMaxAmount, Period::week}};
  terms.bounds.ask_above.clear();
  CHECK(reason(terms, buying(authority::kMaxAmount)) == Reason::allowed);
  CHECK(reason(terms, buying(authority::kMaxAmount),
               with_used("EUR", Period::week, authority::kMaxAmount, authority::kMaxAmount)) ==
        Reason::limit_reached);
}

TEST_CASE("Decide: what is listed twice counts together") {
  const authority::Terms terms = usual_terms();
  const auto decided = [&](std::vector<authority::Cost> costs) {
    authority::Action action{"buy", "buy"};
    action.costs = std::move(costs);
    return authority::decide(terms, {}, action, kNow);
  };
  CHECK(decided({{"EUR", 1000}, {"orders", 1}, {"EUR", 1000}}).reason == Reason::allowed);
  CHECK(decided({{"EUR", 1000}, {"EUR", 1001}}).reason == Reason::approval_required);
  CHECK(decided({{"EUR", 1000}, {"EUR", 1001}}).asked == 2001);
  CHECK(decided({{"EUR", 3000}, {"EUR", 2001}}).reason == Reason::over_limit);
  CHECK(decided({{"orders", 6}, {"orders", 5}}).reason == Reason::over_limit);
  CHECK(decided({{"EUR", authority::kMaxAmount}, {"EUR", 1}}).reason == Reason::invalid_cost);
  CHECK(decided({{"EUR", 2}, {"EUR", -1}}).reason == Reason::invalid_cost);
}

TEST_CASE("Replay: what is no input gives nothing, and a changed number another decision") {
  CHECK(authority::replay("") == "");
  CHECK(authority::replay("{}") == "");
  const std::string input =
      authority::decision_input(usual_terms(), with_used("EUR", Period::week, 4000, 0), buying(1000), kNow);
  std::string changed = input;
  changed.replace(changed.find("4000"), 4, "4001");
  CHECK(json::parse(authority::replay(input)).at("outcome") == "allow");
  CHECK(json::parse(authority::replay(changed)).at("outcome") == "deny");
  core::JsonGate gate;
  CHECK(core::canonical_json(gate.parse(input).root) == input);
}
