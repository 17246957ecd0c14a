#include "edges.h"

#include <optional>
#include <string>
#include <vector>

#include "authority/approvals.h"
#include "authority/audit.h"
#include "authority/schema.h"
#include "authority/usage.h"
#include "world.h"

namespace model {

using authority::Approval;
using authority::Period;
using Given = authority::Action::Approval;

namespace {

constexpr Ms kStart = 1'790'000'000'000;
constexpr Ms kHeld = 16 * kMinute, kWaits = 15 * kMinute, kCounts = 10 * kMinute;

/// An object with a clock that a check sets.
struct Object {
  Storage storage;
  Crypto crypto;
  std::optional<core::Entropy> entropy;
  int steps = 0;

  Object() {
    storage.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    authority::migrate(storage, 0);
  }
  core::Context at(Ms moment) {
    entropy.emplace(crypto, crypto.sha256(std::to_string(++steps)));
    return core::Context{core::Instant{moment}, *entropy, crypto, &storage};
  }
  int64_t count(core::Statement statement) { return storage.query(statement).integer(0, 0); }
  int64_t used(const std::string& grant, Period per, Ms now) {
    const auto used = authority::used_of(storage, grant, {{"EUR", 0, per}}, core::Instant{now}).at(0);
    return used.settled + used.held;
  }
};

authority::Question question(std::string what) {
  authority::Question question;
  question.grant_id = "g1";
  question.tool = "buy";
  question.title = "Buy";
  question.what = {{"What", std::move(what)}, {"Where", "here"}};
  question.costs = {{"EUR", 5}};
  return question;
}

/// Amounts so large that a limit could not tell them from what it allows.
void sums() {
  authority::Terms terms;
  terms.scopes = {"buy"};
  terms.bounds.limits = {{"EUR", authority::kMaxAmount, Period::action}};
  const auto reason = [&](std::vector<authority::Cost> costs) {
    authority::Action action{"buy", "buy"};
    action.costs = std::move(costs);
    return authority::decide(terms, {}, action, core::Instant{kStart}).reason;
  };
  using authority::Reason;
  check(reason({{"EUR", authority::kMaxAmount}}) == Reason::allowed, "the largest amount is none");
  check(reason({{"EUR", authority::kMaxAmount}, {"EUR", 1}}) == Reason::invalid_cost, "more than any amount");
  check(reason({{"EUR", 1}, {"EUR", authority::kMaxAmount}}) == Reason::invalid_cost, "more than any amount");
}

void charges() {
  Object object;
  core::Storage& storage = object.storage;
  const std::vector<authority::Cost> costs = {{"EUR", 5}, {"items", 0}};
  authority::hold(storage, "u1", "g1", costs, core::Instant{kStart});
  check(object.count("SELECT count(*) FROM held") == 1, "what costs nothing is held");
  check(object.used("g1", Period::day, kStart + kHeld - 1) == 5, "a hold ends too soon");
  check(object.used("g1", Period::day, kStart + kHeld) == 0, "a hold ends too late");
  authority::sweep_usage(storage, core::Instant{kStart + kHeld - 1});
  check(object.count("SELECT count(*) FROM held") == 1, "a hold is forgotten too soon");
  authority::sweep_usage(storage, core::Instant{kStart + kHeld});
  check(object.count("SELECT count(*) FROM held") == 0, "a hold is never forgotten");

  authority::hold(storage, "u2", "g1", costs, core::Instant{kStart});
  authority::settle(storage, "u2", core::Instant{kStart});
  for (const auto& [per, span] :
       {std::pair(Period::day, kDay), {Period::week, 7 * kDay}, {Period::month, 30 * kDay}}) {
    check(object.used("g1", per, kStart + span) == 5, "a charge counts too short");
    check(object.used("g1", per, kStart + span + 1) == 0, "a charge counts too long");
  }
  // The ledger keeps it, and nobody is held by it any more.
  authority::sweep_usage(storage, core::Instant{kStart + 31 * kDay + kHour});
  check(object.count("SELECT count(*) FROM ledger") == 1, "a line is lost");
  check(object.used("g1", Period::month, kStart + 31 * kDay + kHour) == 0, "a charge is never forgotten");
}

/// A decision's entry holds what was looked at for it, and no more.
void what_is_looked_at() {
  Object object;
  authority::set_ceilings(object.storage, {{"EUR", 9, Period::day}, {"orders", 9, Period::day}});
  authority::Bounds bounds;
  bounds.limits = {{"calls", 9, Period::minute},
                   {"EUR", 9, Period::day},
                   {"EUR", 9, Period::action},
                   {"orders", 9, Period::day}};
  const auto looked_at = [&](const std::vector<authority::Cost>& costs) {
    const authority::Standing standing =
        authority::standing(object.storage, "g1", bounds, costs, "", core::Instant{kStart});
    std::string names;
    for (const auto& used : standing.used) names += used.measure + ' ';
    names += "| ";
    for (const auto& limit : standing.ceilings) names += limit.measure + ' ';
    return names;
  };
  check(looked_at({{"EUR", 1}}) == "EUR | EUR ",
        "looks at other limits for a price: ", looked_at({{"EUR", 1}}));
  check(looked_at({{"EUR", 0}, {"orders", 1}}) == "orders | orders ",
        "looks at limits of what costs nothing");
  check(looked_at({{"EUR", 0}}) == "| ", "looks at ceilings for nothing");
  check(looked_at({{"calls", 1}}) == "calls | ", "looks at ceilings for a call");
}

void activity() {
  Object object;
  core::Storage& storage = object.storage;
  const Ms hour = kStart / kHour * kHour;
  check(!authority::last_used(storage, "g1"), "used before it was");
  authority::count(storage, "g1", {.calls = 1}, core::Instant{hour});
  authority::count(storage, "g1", {.effects = 1}, core::Instant{hour + kHour - 1});
  authority::count(storage, "g1", {.denials = 1}, core::Instant{hour + 2 * kHour});
  authority::count(storage, "g2", {.calls = 1}, core::Instant{hour + 9 * kHour});
  check(authority::last_used(storage, "g1") == core::Instant{hour + 2 * kHour}, "last used at another time");
  const auto of = [&](Ms from, size_t buckets) {
    const authority::Activity activity =
        authority::activity_of(storage, "g1", core::Instant{from}, core::hours(1), buckets);
    std::string text;
    for (size_t i = 0; i < buckets; ++i)
      text += std::to_string(activity.calls[i]) + std::to_string(activity.effects[i]) +
              std::to_string(activity.denials[i]) + ' ';
    return text;
  };
  check(of(hour, 3) == "110 000 001 ", "another activity: ", of(hour, 3));
  check(of(hour, 2) == "110 000 ", "activity of later: ", of(hour, 2));
  check(of(hour + kHour, 2) == "000 001 ", "activity of before: ", of(hour + kHour, 2));
  check(of(hour - kHour, 2) == "000 110 ", "activity of nothing: ", of(hour - kHour, 2));
  authority::sweep_usage(storage, core::Instant{hour + 31 * kDay});
  check(object.count("SELECT count(*) FROM activity") == 3, "activity is forgotten too soon");
  authority::sweep_usage(storage, core::Instant{hour + 31 * kDay + kHour});
  check(object.count("SELECT count(*) FROM activity") == 2, "activity is never forgotten");
}

/// Calls that only their entries in the trail count.
void counted_by_entries() {
  const Ms hour = kStart / kHour * kHour;
  const auto call = [](Object& object, const std::string& grant, Ms at) {
    core::Context step = object.at(at);
    authority::Entry entry{.kind = "call", .result = "done"};
    entry.actor.grant_id = grant;
    const authority::Link link = authority::append(step, {}, entry);
    authority::count_call(object.storage, grant, link.seq, core::Instant{at});
  };
  const auto calls = [](Object& object, Ms at, Period per = Period::hour) {
    return authority::used_of(object.storage, "g1", {{"calls", 0, per}}, core::Instant{at}).at(0).settled;
  };
  const auto rows_say = [](Object& object) {
    return object.count("SELECT sum(calls) FROM activity WHERE grant_id = 'g1'");
  };
  Object busy;
  for (int i = 0; i < 33; ++i) call(busy, "g1", hour);
  check(rows_say(busy) == 1, "a count is written too soon");
  call(busy, "g1", hour);
  check(rows_say(busy) == 33, "a count is written too late");
  busy.storage.forget();
  check(calls(busy, hour) == 34, "a call is lost or counted twice");

  Object beside;
  for (int i = 0; i < 2; ++i) call(beside, "g1", hour);
  for (int i = 0; i < 32; ++i) call(beside, "g2", hour);
  beside.storage.forget();
  check(calls(beside, hour) == 2, "a call is lost behind those of others");

  // The clock goes back into an hour that has its row, and into one that has none.
  for (const Ms back : {hour, hour - kHour}) {
    Object object;
    call(object, "g1", hour);
    call(object, "g1", hour + kHour);
    call(object, "g1", hour + kHour);
    for (int i = 0; i < 2; ++i) call(object, "g1", back + kMinute);
    for (int i = 0; i < 2; ++i) {
      const int64_t there = back == hour ? 3 : 2;
      check(calls(object, back + kMinute) == there, "calls of an hour that came again");
      check(calls(object, back + kMinute, Period::minute) == 2, "calls of a minute that came again");
      check(calls(object, hour + kHour) == 2, "calls of the latest hour");
      object.storage.forget();
    }
    call(object, "g1", hour + kHour);
    object.storage.forget();
    check(calls(object, hour + kHour) == 3, "the latest hour does not go on");
    check(rows_say(object) == 5, "calls are counted at another time");
  }
}

void carried_over() {
  Object object;
  core::Storage& storage = object.storage;
  const Ms hour = kStart / kHour * kHour;
  for (const Ms at : {hour - 1, hour, hour + 1})
    authority::count(storage, "old", {.calls = 1}, core::Instant{at});
  authority::count(storage, "other", {.calls = 1}, core::Instant{hour});
  authority::carry_over(storage, "old", "new", core::Instant{hour + 2});
  const auto calls = authority::used_of(
      storage, "new", {{"calls", 0, Period::minute}, {"calls", 0, Period::hour}}, core::Instant{hour + 3});
  check(calls.at(0).settled == 2 && calls.at(1).settled == 2, "other calls are carried over");
  check(calls.at(0).frees_at == core::Instant{hour + kMinute}, "calls of a minute are free at another time");
  check(calls.at(1).frees_at == core::Instant{hour + kHour}, "calls of an hour are free at another time");
  check(object.count("SELECT count(*) FROM activity WHERE grant_id = 'new'") == 1,
        "calls of before are carried over");
}

void answers() {
  for (const auto verdict : {authority::Verdict::approve, authority::Verdict::refuse}) {
    Object object;
    const bool yes = verdict == authority::Verdict::approve;
    const authority::Question asked = question("a shirt");
    core::Context step = object.at(kStart);
    const std::string id = authority::ask(step, asked).id;
    core::Context later = object.at(kStart + kWaits - 1);
    check(authority::ask(later, asked).id == id, "a question waits too short");
    check(authority::answer(later, id, verdict).has_value(), "a question cannot be answered at its end");
    check(!authority::answer(later, id, verdict), "a question is answered twice");
    const Ms end = kStart + kWaits - 1 + kCounts;
    core::Context before = object.at(end - 1), after = object.at(end);
    check(authority::answer_to(before, asked, "u1") == (yes ? Given::given : Given::refused),
          "counts too short");
    check(authority::answer_to(after, asked, "u1") == Given::none, "an answer counts too long");
    check(authority::answer_to(after, asked, "") == Given::none, "an answer counts too long for nobody");
    authority::redeem(after, asked, "u1");
    check(authority::answer_to(before, asked, "u2") == (yes ? Given::given : Given::refused),
          "used up after its end");
    authority::redeem(before, asked, "u1");
    check(authority::answer_to(before, asked, "u2") == (yes ? Given::none : Given::refused), "not used up");
    check(authority::answer_to(after, asked, "u1") == (yes ? Given::given : Given::none),
          "does not keep its yes");
    check(authority::answer_to(before, asked, "") == (yes ? Given::none : Given::refused), "a yes of nobody");
  }
  Object object;
  core::Context step = object.at(kStart), over = object.at(kStart + kWaits);
  const std::string id = authority::ask(step, question("a shirt")).id;
  check(!authority::answer(over, id, authority::Verdict::approve), "a question waits too long");
  check(authority::find_approval(object.storage, id, core::Instant{kStart + kWaits - 1})->state ==
            Approval::State::waiting,
        "is over too soon");
  check(authority::find_approval(object.storage, id, over.now)->state == Approval::State::expired,
        "is never over");
  check(!authority::find_approval(object.storage, "another", over.now), "finds what is not there");
  check(authority::ask(over, question("a shirt")).asked_now, "what is over still waits");
}

void what_is_shown() {
  Object object;
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    core::Context step = object.at(kStart + i);
    ids.push_back(authority::ask(step, question(std::to_string(i))).id);
  }
  core::Context step = object.at(kStart + 10);
  authority::answer(step, ids[3], authority::Verdict::refuse);
  std::string order;
  for (const Approval& approval : authority::list_approvals(object.storage, 4, step.now)) {
    const authority::Question& shown = approval.question;
    check(shown.tool == "buy" && shown.title == "Buy" && shown.grant_id == "g1" && shown.what.size() == 2 &&
              shown.what[1] == std::pair<std::string, std::string>("Where", "here"),
          "a question is shown otherwise");
    check(approval.id == ids[std::stoul(shown.what[0].second)], "a question is shown as another");
    order += shown.what[0].second;
  }
  check(order == "2103", "shown in another order: ", order);
  // What has waited in vain comes after what waits.
  order.clear();
  for (const Approval& approval :
       authority::list_approvals(object.storage, 3, core::Instant{kStart + kWaits + 1}))
    order += approval.question.what[0].second;
  check(order == "231", "in vain, in another order: ", order);

  authority::sweep_approvals(object.storage, core::Instant{kStart + 7 * kDay});
  check(object.count("SELECT count(*) FROM approvals") == 4, "a question is forgotten too soon");
  authority::sweep_approvals(object.storage, core::Instant{kStart + 7 * kDay + 1});
  check(object.count("SELECT count(*) FROM approvals") == 3, "a question is never forgotten");
}

}  // namespace

void check_edges() {
  sums();
  charges();
  what_is_looked_at();
  activity();
  counted_by_entries();
  carried_over();
  answers();
  what_is_shown();
}

}  // namespace model
