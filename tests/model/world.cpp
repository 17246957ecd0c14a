#include "world.h"

#include <algorithm>

#include "authority/approvals.h"
#include "authority/pauses.h"
#include "authority/replay.h"
#include "authority/schema.h"
#include "authority/usage.h"
#include "core/canonical_json.h"
#include "core/json.h"

namespace model {

using authority::Decision;
using authority::Desk;
using authority::Event;
using authority::Outcome;

namespace {

constexpr Ms kStart = 1'790'000'000'000;
constexpr std::string_view kMethod = "tools/call";

std::string in_words(const authority::Used& used) {
  return std::to_string(used.settled) + " settled and " + std::to_string(used.held) + " held of " +
         used.measure + " per " + std::string(name(used.per)) + ", free at " +
         (used.frees_at ? std::to_string(used.frees_at->milliseconds) : "no time");
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& part : sorted(texts)) text += (text.empty() ? "" : " | ") + part;
  return text;
}

bool same(const Decision& a, const Decision& b) {
  return a.outcome == b.outcome && a.reason == b.reason && a.pause == b.pause && a.limit == b.limit &&
         a.used == b.used && a.asked == b.asked && a.frees_at == b.frees_at;
}

bool same(const authority::Used& a, const authority::Used& b) {
  return a.measure == b.measure && a.per == b.per && a.settled == b.settled && a.held == b.held &&
         a.frees_at == b.frees_at;
}

std::string joined(const std::set<int64_t>& numbers) {
  std::string text;
  for (const int64_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

std::string entry_in_short(std::string_view kind, std::string_view grant, std::string_view result,
                           int64_t refers = 0) {
  std::string text = std::string(kind) + ' ' + std::string(grant) + ' ' + std::string(result);
  return refers == 0 ? text : text + " of " + std::to_string(refers);
}

/// The numbers `seq` or `began` in a list of the payload of a receipt.
std::set<int64_t> numbers_in(std::string_view jws, std::string_view list, std::string_view member) {
  const size_t begin = jws.find('.') + 1;
  const std::optional<std::string> payload =
      core::base64url_decode(jws.substr(begin, jws.rfind('.') - begin));
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(payload.value_or(""));
  check(json.ok(), "a receipt is no JSON");
  std::set<int64_t> numbers;
  const auto items = core::member(json.root, list);
  check(items && items->is_array(), "a receipt has no ", std::string(list));
  for (const core::JsonView item : core::JsonArray(items->get_array().value_unsafe()))
    check(numbers.insert(core::integer_member(item, member).value_or(0)).second,
          "a receipt names an effect twice");
  return numbers;
}

authority::Question question_of(const Deed& deed) {
  authority::Question question;
  question.tool = deed.action.tool;
  question.title = "Title";
  question.what = {{"Address", deed.address}};
  question.costs = deed.costs;
  return question;
}

/// What a yes is bound to.
std::string about(const Deed& deed) {
  std::string text = deed.action.tool + '\n' + deed.address;
  for (const authority::Cost& cost : deed.costs) text += '\n' + cost.measure + std::to_string(cost.amount);
  return text;
}

}  // namespace

std::string in_words(const Decision& decision) {
  std::string text = std::string(name(decision.outcome)) + " " + std::string(name(decision.reason));
  if (!decision.pause.empty()) text += " by " + decision.pause;
  if (decision.limit) {
    text += " of " + std::to_string(decision.limit->most) + ' ' + decision.limit->measure + " per " +
            std::string(name(decision.limit->per)) + ", used " + std::to_string(decision.used) + ", asked " +
            std::to_string(decision.asked);
  }
  if (decision.frees_at) text += ", free at " + std::to_string(decision.frees_at->milliseconds);
  return text;
}

// ---- The trail ----

std::vector<std::string> Trail::follow(core::Storage& storage, core::Crypto& crypto) {
  std::vector<std::string> all;
  thread_local core::JsonGate gate;
  for (const authority::Row& row : authority::entries_after(storage, seq, 1'000'000)) {
    check(row.seq == seq + 1, "the trail has a gap after " + std::to_string(seq));
    check(row.hash == core::base64url(crypto.sha256(row.entry)), "the hash of an entry is another one");
    const core::JsonResult json = gate.parse(row.entry);
    check(json.ok() && core::canonical_json(json.root) == row.entry, "not canonical: ", row.entry);
    const auto text = [&](std::string_view name) {
      return std::string(core::string_member(json.root, name).value_or(""));
    };
    check(core::string_member(json.root, "prev") == hash, "the chain is broken at ", row.entry);
    check(core::integer_member(json.root, "seq") == row.seq, "an entry has another number: ", row.entry);
    const std::string kind = text("kind"), result = text("result");
    check(kind == row.kind && text("grant") == row.grant_id, "a row and its entry differ: ", row.entry);
    if (row.arguments) {
      const std::string digest = core::base64url(crypto.sha256(*row.salt + *row.arguments));
      check(text("arguments") == digest, "arguments and digest differ: ", row.entry);
    }
    const auto input = core::member(json.root, "input"), decision = core::member(json.root, "decision");
    check(input.has_value() == decision.has_value(), "half a decision: ", row.entry);
    if (input) {
      check(authority::replay(core::canonical_json(*input)) == core::canonical_json(*decision),
            "decides otherwise when made again: ", row.entry);
    }

    const int64_t refers = core::integer_member(json.root, "refers").value_or(0);
    // One that asks its human may be over with that, or wait for them.
    if (kind == "call" && (result == "waiting" || result == "asked")) open.insert(row.seq);
    if (kind == "outcome") {
      check(!closed.contains(refers), "a second outcome: ", row.entry);
      check(open.erase(refers) == 1, "an outcome of no call: ", row.entry);
      closed.insert(refers);
    }
    std::string what = entry_in_short(kind, row.grant_id, result, kind == "denials" ? 0 : refers);
    if (const auto details = core::member(json.root, "details"); details && kind == "denials") {
      check(refers > 0 && refers < row.seq, "counts what was not refused: ", row.entry);
      what += " more " + std::to_string(core::integer_member(*details, "more").value_or(0));
    }
    all.push_back(std::move(what));
    seq = row.seq;
    hash = row.hash;
  }
  return all;
}

// ---- A history ----

World::World() {
  notary_ = {"https://shop.example", "wasm", std::make_shared<core::Signer>(crypto_, std::string(32, 's'))};
  storage_.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
  authority::migrate(storage_, 0);
}

std::optional<World::Problem> World::run(const std::vector<Step>& history, uint64_t seed) {
  known_ = Known();
  seed_ = crypto_.sha256(std::to_string(seed));
  now_ = kStart;
  last_asked_ = 0;
  // All of a history is taken back at its end.
  storage_.begin();
  std::optional<Problem> problem;
  size_t at = 0;
  try {
    for (; at < history.size(); ++at) {
      apply(history[at]);
      if (at % 10 == 9) compare_all();
    }
    compare_all();
    for (const auto& [id, grant] : known_.reference.grants) compare_grant(id);
  } catch (const std::exception& error) {
    problem = {std::min(at, history.size() - 1), error.what()};
  }
  storage_.roll_back();
  return problem;
}

core::Context World::context() {
  entropy_.emplace(crypto_, crypto_.sha256(seed_ + std::to_string(++steps_)));
  return core::Context{core::Instant{now_}, *entropy_, crypto_, &storage_};
}

void World::apply(const Step& step) {
  if (step.wait > 0) now_ += step.wait;
  if (step.wait < 0) {
    const std::vector<Ms> moments = known_.reference.moments(now_);
    // Mostly the very next one.
    const size_t index = step.pick % 8 < 6 ? 0 : step.pick / 8 % 6;
    now_ = moments[std::min(index, moments.size() - 1)] + step.wait * -1 - 2;
  }
  // Which of two questions of one millisecond is the older one is open.
  if (now_ == last_asked_) ++now_;
  touched_.clear();
  expected_.clear();
  const std::optional<Known> before = step.crashes ? std::optional(known_) : std::nullopt;
  storage_.begin();
  try {
    context_.emplace(context());
    act(step);
    std::vector<std::string> entries = known_.trail.follow(storage_, crypto_);
    if (sorted(entries) != sorted(expected_))
      throw Mismatch("entries: " + joined(entries) + "\n    expected: " + joined(expected_));
  } catch (...) {
    storage_.roll_back();
    throw;
  }
  if (before) {
    storage_.roll_back();
    known_ = *before;
    ++seen["crashes"];
  } else {
    storage_.commit();
    // The host keeps the earliest.
    const std::optional<core::Instant> alarm = context_->alarm;
    if (alarm && (!known_.alarm || alarm->milliseconds < *known_.alarm)) known_.alarm = alarm->milliseconds;
  }
  const Reference& reference = known_.reference;
  if (reference.grants.contains(touched_)) compare_grant(touched_);
  for (const auto& [id, use] : reference.uses)
    check(known_.alarm && *known_.alarm <= use.expires_at, "no alarm for a use that waits");
  for (const auto& [key, refusals] : reference.denials)
    check(known_.alarm && *known_.alarm <= refusals.until, "no alarm for refusals that were counted");
}

void World::act(const Step& step) {
  using Kind = Step::Kind;
  const std::string& grant = known_.grants[static_cast<size_t>(step.client)];
  Place& place = known_.places[static_cast<size_t>(step.place)];
  if (grant.empty() && step.kind != Kind::authorise) return;
  touched_ = grant;
  Reference& reference = known_.reference;
  switch (step.kind) {
    case Kind::authorise: authorise(step.client, step.pick); break;
    case Kind::use: {
      known_.last_call = {grant, step.pick};
      Place none{"", "", grant, step.pick};
      run_call(none, step.pick, Run::to_its_end);
      break;
    }
    case Kind::again: {
      const auto& [of, deed] = step.pick % 3 == 0 ? known_.last_call : known_.last_asked;
      if (of.empty()) return;
      Place none{"", "", of, deed};
      run_call(none, step.pick, Run::to_its_end);
      break;
    }
    case Kind::begin:
      // Whoever was there is never gone on with.
      place = {"", "", grant, step.pick};
      run_call(place, step.pick, Run::to_a_wait);
      break;
    case Kind::go_on: go_on(place, step.pick); break;
    case Kind::stop: stop(place); break;
    case Kind::many: ask_many(grant, step.pick); break;
    case Kind::answer: answer(step.pick); break;
    case Kind::revoke: end_grant(grant, Event::revoke, authority::kByHuman, "page"); break;
    case Kind::revoke_all:
      for (const std::string& each : known_.grants) {
        if (!each.empty()) end_grant(each, Event::revoke, authority::kByHuman, "page");
      }
      break;
    case Kind::pause:
    case Kind::resume: pause_or_resume(step); break;
    case Kind::bounds: {
      const Choice choice = choice_of(step.pick, now_);
      authority::set_bounds(storage_, grant, choice.bounds, "sentence");
      Grant& known = reference.grants.at(grant);
      if (!authority::has_ended(known.terms.state)) known.terms.bounds = choice.bounds;
      note_bounds(grant);
      break;
    }
    case Kind::ceilings:
      authority::set_ceilings(storage_, ceilings_of(step.pick));
      reference.ceilings = ceilings_of(step.pick);
      note_bounds("");
      break;
    case Kind::alarm: alarm(); break;
    case Kind::forget: forget(step.pick); break;
    case Kind::archive: archive(step.pick); break;
    case Kind::nothing: storage_.forget(); break;
  }
}

// ---- Grants ----

void World::authorise(int client, uint64_t pick) {
  const Choice choice = choice_of(pick, now_);
  authority::Grant grant;
  grant.id = "g" + std::to_string(++known_.grants_made);
  grant.principal = "person";
  grant.client_id = "client-" + std::to_string(client);
  grant.terms = {authority::State::active, choice.scopes, choice.requested, choice.bounds};
  grant.created_at = core::Instant{now_};
  authority::add_grant(storage_, grant);
  authority::append(*context_, notary_,
                    {.kind = "grant",
                     .actor = {grant.principal, grant.id, grant.client_id, {}, "page"},
                     .details = authority::terms_json(grant.terms)});
  known_.reference.grants[grant.id].terms = grant.terms;
  expect(entry_in_short("grant", grant.id, ""));
  std::string& current = known_.grants[static_cast<size_t>(client)];
  if (!current.empty()) {
    // Only of one that still stands is anything carried over.
    const authority::State before = known_.reference.grants.at(current).terms.state;
    end_grant(current, Event::replace, authority::kByNewGrant, "client");
    if (!authority::has_ended(before)) {
      authority::carry_over(storage_, current, grant.id, core::Instant{now_});
      ++seen["replaced"];
    }
  }
  current = touched_ = grant.id;
  note_bounds(grant.id);
}

void World::end_grant(const std::string& id, Event event, std::string_view reason, std::string_view by) {
  const auto revocation = authority::end(*context_, notary_, id, event, reason, by);
  Reference& reference = known_.reference;
  const bool stood = !authority::has_ended(reference.grants.at(id).terms.state);
  check(revocation.has_value() == stood, "ends what had ended, or not what stood: ", id);
  if (!stood) return;
  if (event == Event::replace) {
    reference.replace(id, "g" + std::to_string(known_.grants_made), now_);
  } else {
    reference.end(id, event);
  }
  const Grant& grant = reference.grants.at(id);
  expect(entry_in_short("revocation", id, name(grant.terms.state)));
  check(numbers_in(revocation->receipt, "in_flight", "seq") == grant.in_flight,
        "other effects were in flight at the end of ", id);
  check(revocation->in_flight == static_cast<int64_t>(grant.in_flight.size()),
        "counts other effects in flight");
  ++seen[std::string(name(event))];
  if (!grant.in_flight.empty()) ++seen["ended with effects in flight"];
}

void World::note_bounds(const std::string& id) {
  // What is used already may be more than the new limits: then it must not grow.
  const auto note = [&](const std::string& of, const std::vector<authority::Limit>& limits) {
    for (const authority::Limit& limit : limits) {
      if (limit.per == authority::Period::action) continue;
      const authority::Used used = known_.reference.used(of, limit, "", now_);
      known_.before_bounds[{of, limit.measure, limit.per}] = used.settled + used.held;
    }
  };
  note(id, id.empty() ? known_.reference.ceilings : known_.reference.grants.at(id).terms.bounds.limits);
}

void World::pause_or_resume(const Step& step) {
  Random random(step.pick);
  Reference& reference = known_.reference;
  std::string cause(
      random.of({authority::kHumanPause, authority::kDemoPause, authority::kAdministratorPause}));
  const bool all = random.one_in(3);
  const std::string of = all ? std::string(authority::kAllDeputies) : touched_;
  std::set<std::string>& causes = all ? reference.pauses_of_all : reference.grants.at(touched_).pauses;
  // Mostly a cause that is in force.
  if (step.kind == Step::Kind::resume && !causes.empty() && !random.one_in(4)) cause = *causes.begin();
  if (step.kind == Step::Kind::pause) {
    authority::pause(storage_, of, cause, core::Instant{now_});
    causes.insert(cause);
  } else {
    authority::resume(storage_, of, cause);
    causes.erase(cause);
  }
  check(authority::paused(storage_, of, cause) == (step.kind == Step::Kind::pause), "paused otherwise");
  if (all) return;
  authority::State& state = reference.grants.at(touched_).terms.state;
  if (!authority::has_ended(state))
    state = causes.empty() ? authority::State::active : authority::State::paused;
}

// ---- Calls ----

void World::run_call(Place& place, uint64_t pick, Run how) {
  Reference& reference = known_.reference;
  const Deed deed = deed_of(place.deed);
  const std::string id = touched_ = place.grant;
  const bool first = place.id.empty();
  const std::optional<authority::Grant> grant = authority::find_grant(storage_, id);
  check(grant.has_value(), "a grant is lost");
  const std::string_view era = pick % 3 == 0 ? "legacy" : "modern";
  Desk desk(*context_, notary_, *grant,
            {"person", id, grant->client_id, pick % 3 == 0 ? "session" : "", era});
  authority::Use use = authority::Use::decode(place.ticket);
  const authority::Subject subject{std::string(kMethod), deed.action.tool};
  authority::Action asked = deed.action;
  if (first) asked.costs = {{"calls", 1}};
  const Decision expected =
      decide(reference.grants.at(id).terms, reference.view(id, place.id, now_), asked, now_);
  const auto keep =
      pick % 11 == 0 ? authority::Entry::Arguments::digest_only : authority::Entry::Arguments::kept;
  Decision decision = desk.admit(use, subject, deed.action, deed.arguments, keep);
  compare(decision, expected);

  const int64_t began = use.began;
  const auto over = [&](std::string_view result) {
    if (result == "done" && place.charged) {
      reference.settle(place.id, now_);
      ++reference.grants.at(id).hours[now_ / kHour].effects;
    } else if (place.charged) {
      reference.release(place.id);
    }
    if (began != 0) {
      reference.over(place.id);
      expect(entry_in_short("outcome", id, result, began));
    } else if (result == "done" || result == "failed") {
      reference.call(id, now_);
      expect(entry_in_short("call", id, result));
    } else {
      if (result == "denied") ++reference.grants.at(id).hours[now_ / kHour].denials;
      denied(id, deed.action.tool, std::string(name(decision.reason)), result);
    }
    place = Place();
  };
  if (decision.outcome != Outcome::allow) {
    // An effect has run, and nobody is left to say what came of it: it counts.
    if (!first && reference.uses.at(place.id).in_flight) reference.settle(place.id, now_);
    return over("denied");
  }
  check(!authority::has_ended(reference.grants.at(id).terms.state), "goes on after the end of its grant");
  place.id = use.id;
  if (!first) reference.uses.at(use.id).in_flight = false;

  // The code of a tool is run from its first line each time; the desk does not rely on it.
  if (!deed.costs.empty() && (first || pick % 4 != 0)) decision = charge(desk, use, place, deed);
  const bool waits = decision.outcome != Outcome::deny &&
                     (how == Run::to_a_wait || (how == Run::either && pick / 4 % 2 == 0));
  if (!waits) {
    const auto end =
        decision.outcome == Outcome::allow && pick / 8 % 4 != 0 ? Desk::End::done : Desk::End::failed;
    const authority::Link link = desk.end(use, subject, end);
    check(desk.end(use, subject, end).seq == link.seq, "a call ends twice");
    if (decision.outcome == Outcome::deny) return over("denied");
    if (decision.outcome == Outcome::ask) return over("asked");
    return over(end == Desk::End::done ? "done" : "failed");
  }
  const bool effect = decision.outcome == Outcome::allow && pick / 32 % 3 != 0;
  desk.waits(use, subject, effect ? Desk::For::effect : Desk::For::client);
  if (began == 0) {
    reference.call(id, now_);
    expect(entry_in_short("call", id, decision.outcome == Outcome::ask ? "asked" : "waiting"));
  }
  reference.uses[use.id] = {id, use.began, effect, now_ + 16 * kMinute};
  reference.keep_holding(use.id, now_);
  place.ticket = use.encode();
  ++seen[effect ? "effects that take time" : "waits for the client"];
}

Decision World::charge(Desk& desk, authority::Use& use, Place& place, const Deed& deed) {
  Reference& reference = known_.reference;
  const std::string& id = place.grant;
  authority::Action action = deed.action;
  action.costs = deed.costs;
  action.approval = reference.answer(id, about(deed), use.id, now_);
  const Decision expected =
      decide(reference.grants.at(id).terms, reference.view(id, use.id, now_), action, now_);
  const Desk::Charged charged = desk.charge(use, deed.action, question_of(deed));
  compare(charged.decision, expected);
  check(charged.asked.has_value() == (charged.decision.outcome == Outcome::ask), "asks, or does not");
  if (charged.asked) {
    compare_asked(*charged.asked, id, about(deed));
    known_.last_asked = {id, place.deed};
  }
  if (charged.decision.outcome == Outcome::allow) {
    if (action.approval == authority::Action::Approval::given) {
      reference.redeem(id, about(deed), use.id, now_);
      for (const Yes& yes : reference.questions) {
        if (yes.state == Yes::State::used) known_.used_by[yes.id].insert(yes.used_by);
      }
      for (const auto& [yes, users] : known_.used_by) check(users.size() == 1, "a yes was used twice");
      ++seen["a yes was used"];
    }
    reference.hold(use.id, id, deed.costs, now_);
    place.charged = true;
  }
  return charged.decision;
}

void World::compare_asked(const authority::Asked& asked, const std::string& grant, const std::string& about) {
  const Yes* waiting = known_.reference.waiting(grant, about, now_);
  check(asked.asked_now == !waiting, "asks anew what waits, or not what is new");
  check(!waiting || waiting->id == asked.id, "names another question");
  if (!waiting) known_.reference.ask(grant, about, asked.id, now_);
  last_asked_ = now_;
}

void World::denied(const std::string& grant, const std::string& name, const std::string& reason,
                   std::string_view result) {
  const auto group = known_.reference.denials.find({grant, name, reason});
  if (group != known_.reference.denials.end() && group->second.until > now_) {
    ++group->second.more;
    return;
  }
  sweep_denials();
  expect(entry_in_short("call", grant, result));
  known_.reference.denials[{grant, name, reason}] = {0, now_ + kMinute};
}

void World::sweep_denials() {
  std::erase_if(known_.reference.denials, [&](const auto& entry) {
    const auto& [key, refusals] = entry;
    if (refusals.until > now_) return false;
    if (refusals.more > 0)
      expected_.push_back("denials " + std::get<0>(key) + " denied more " + std::to_string(refusals.more));
    return true;
  });
}

void World::go_on(Place& place, uint64_t pick) {
  if (place.id.empty()) return;
  touched_ = place.grant;
  const auto known = known_.reference.uses.find(place.id);
  if (known == known_.reference.uses.end() || known->second.expires_at <= now_) {
    go_on_too_late(place, pick);
    place = Place();
    return;
  }
  // The host stops a call whose grant has ended; the desk would deny it.
  const bool ended = authority::has_ended(known_.reference.grants.at(place.grant).terms.state);
  if (ended) return stop(place);
  run_call(place, pick, Run::either);
}

/// The use was abandoned, or would have been: what it held is free, and may be somebody else's by now. What
/// is made of it here is open, but not all of it.
void World::go_on_too_late(const Place& place, uint64_t pick) {
  ++seen["went on too late"];
  const Known before = known_;
  storage_.begin();
  try {
    const Deed deed = deed_of(place.deed);
    const authority::Grant grant = *authority::find_grant(storage_, place.grant);
    Desk desk(*context_, notary_, grant, {"person", grant.id, grant.client_id, "", "modern"});
    authority::Use use = authority::Use::decode(place.ticket);
    const authority::Subject subject{std::string(kMethod), deed.action.tool};
    if (desk.admit(use, subject, deed.action, deed.arguments, {}).outcome == Outcome::allow) {
      bool goes_on = true;
      if (!deed.costs.empty() && pick % 2 == 0) {
        goes_on = desk.charge(use, deed.action, question_of(deed)).decision.outcome == Outcome::allow;
      }
      if (goes_on && pick / 2 % 2 == 0) desk.waits(use, subject, Desk::For::effect);
      const bool done = goes_on && pick / 2 % 2 == 1;
      if (done || !goes_on) desk.end(use, subject, done ? Desk::End::done : Desk::End::failed);
      if (done && use.charged) {
        for (const authority::Cost& cost : deed.costs) {
          const authority::Limit limit{cost.measure, 0, authority::Period::day};
          const auto with = authority::used_of(storage_, grant.id, {limit}, core::Instant{now_});
          check(cost.amount == 0 || with.at(0).settled >= cost.amount,
                "an effect of a use that went on too late is not counted");
        }
      }
    }
    known_.trail.follow(storage_, crypto_);
    compare_limits(place.grant);
  } catch (...) {
    storage_.roll_back();
    throw;
  }
  storage_.roll_back();
  known_ = before;
  context_.emplace(context());
}

void World::stop(Place& place) {
  if (place.id.empty()) return;
  touched_ = place.grant;
  Reference& reference = known_.reference;
  authority::stop_use(*context_, notary_, place.id, "stopped");
  if (const int64_t began = reference.over(place.id)) {
    expect(entry_in_short("outcome", place.grant, "stopped", began));
    reference.release(place.id);
    ++seen["stopped"];
  }
  place = Place();
}

// ---- The human ----

void World::ask_many(const std::string& id, uint64_t pick) {
  const std::optional<authority::Grant> grant = authority::find_grant(storage_, id);
  for (int i = 0; i < 23; ++i) {
    authority::Question question;
    question.grant_id = id;
    question.tool = "buy";
    question.what = {{"Number", std::to_string(pick) + "." + std::to_string(i)}};
    context_->now = core::Instant{++now_};
    compare_asked(authority::ask(*context_, question), id, question.what[0].second);
  }
  ++seen["more questions than may wait"];
}

void World::answer(uint64_t pick) {
  Reference& reference = known_.reference;
  if (reference.questions.empty()) return;
  std::vector<size_t> open;
  for (size_t i = 0; i < reference.questions.size(); ++i) {
    const Yes& yes = reference.questions[i];
    if (yes.state == Yes::State::waiting && yes.expires_at > now_) open.push_back(i);
  }
  // Sometimes one that does not wait any more.
  const bool any = open.empty() || pick % 16 == 0;
  const size_t index = any ? pick / 64 % reference.questions.size() : open[pick / 64 % open.size()];
  Yes& yes = reference.questions[index];
  touched_ = yes.grant;
  const bool approve = pick / 16 % 4 != 0;
  const auto answered = authority::answer(*context_, yes.id,
                                          approve ? authority::Verdict::approve : authority::Verdict::refuse);
  const bool waits = yes.state == Yes::State::waiting && yes.expires_at > now_;
  check(answered.has_value() == waits,
        waits ? "a question cannot be answered" : "answers what does not wait");
  if (!waits) return;
  yes.state = approve ? Yes::State::approved : Yes::State::refused;
  yes.expires_at = now_ + 10 * kMinute;
  check(answered->state ==
            (approve ? authority::Approval::State::approved : authority::Approval::State::refused),
        "another answer is kept");
  ++seen[approve ? "approved" : "refused"];
}

// ---- By itself ----

void World::alarm() {
  Reference& reference = known_.reference;
  known_.alarm.reset();
  for (const authority::Grant& grant : authority::grants_over(*context_)) {
    check(grant.terms.bounds.expires_at && grant.terms.bounds.expires_at->milliseconds <= now_,
          "is over before its time");
    end_grant(grant.id, Event::expire, authority::kByTime, "alarm");
  }
  for (const auto& [id, grant] : reference.grants) {
    const auto& end = grant.terms.bounds.expires_at;
    check(authority::has_ended(grant.terms.state) || !end || end->milliseconds > now_, "is not over in time");
  }
  authority::sweep_uses(*context_, notary_);
  const std::map<std::string, Waiting> uses = reference.uses;
  for (const auto& [id, use] : uses) {
    if (use.expires_at > now_) continue;
    expect(entry_in_short("outcome", use.grant, "abandoned", use.began));
    reference.over(id);
    reference.release(id);
    ++seen["abandoned"];
  }
  authority::sweep_denials(*context_, notary_, "person");
  sweep_denials();
  authority::sweep_usage(storage_, core::Instant{now_});
  authority::sweep_approvals(storage_, core::Instant{now_});
  reference.forget(now_);
}

void World::forget(uint64_t pick) {
  Reference& reference = known_.reference;
  switch (pick % 3) {
    case 0:
      authority::sweep_usage(storage_, core::Instant{now_});
      authority::sweep_approvals(storage_, core::Instant{now_});
      reference.forget(now_);
      break;
    case 1:
      authority::sweep_denials(*context_, notary_, "person");
      sweep_denials();
      break;
    default: authority::erase_arguments(storage_, pick % 2 == 0 ? touched_ : ""); break;
  }
}

void World::archive(uint64_t pick) {
  if (known_.trail.seq == 0) return;
  authority::drop_entries(storage_, known_.trail.seq - static_cast<int64_t>(pick % 20));
  check(authority::head(storage_).hash == known_.trail.hash, "the archive took the head with it");
}

// ---- Comparing ----

void World::compare(const Decision& real, const Decision& expected) {
  ++seen[std::string(name(real.reason))];
  if (!same(real, expected)) throw Mismatch(in_words(real) + "\n    expected: " + in_words(expected));
}

void World::within(const authority::Used& used, const std::string& grant, const authority::Limit& limit) {
  int64_t& before = known_.before_bounds[{grant, limit.measure, limit.per}];
  const int64_t sum = used.settled + used.held;
  if (sum > std::max(limit.most, before)) throw Mismatch("over the limit: " + in_words(used));
  before = std::min(before, sum);
}

void World::compare_limits(const std::string& id) {
  const Grant& grant = known_.reference.grants.at(id);
  for (const authority::Limit& limit : grant.terms.bounds.limits) {
    for (const authority::Used& used : authority::used_of(storage_, id, {limit}, core::Instant{now_}))
      within(used, id, limit);
  }
  // They are looked at for what an action costs alone.
  const std::vector<authority::Cost> all = {{"EUR", 1}, {"items", 1}, {"orders", 1}};
  const authority::Standing standing = authority::standing(storage_, id, {}, all, "", core::Instant{now_});
  for (const authority::Used& used : standing.used_by_all) {
    for (const authority::Limit& limit : standing.ceilings) {
      if (limit.measure == used.measure && limit.per == used.per) within(used, "", limit);
    }
  }
}

void World::compare_grant(const std::string& id) {
  const Reference& reference = known_.reference;
  const Grant& known = reference.grants.at(id);
  const auto& limits = known.terms.bounds.limits;
  auto limit = limits.begin();
  for (const authority::Used& used : authority::used_of(storage_, id, limits, core::Instant{now_})) {
    while (limit->per == authority::Period::action) ++limit;
    const authority::Used expected = reference.used(id, *limit, "", now_);
    if (!same(used, expected))
      throw Mismatch(id + ": " + in_words(used) + "\n    expected: " + in_words(expected));
    within(used, id, *limit++);
  }
  if (!authority::has_ended(known.terms.state)) return;
  const auto revocation = authority::find_revocation(storage_, id);
  check(revocation.has_value(), id, " ended without a receipt");
  const std::string& jws = revocation->ended_receipt;
  const std::set<int64_t> ended = jws.empty() ? std::set<int64_t>() : numbers_in(jws, "ended", "began");
  if (ended != known.ended)
    throw Mismatch("of " + id + " ended after it: " + joined(ended) +
                   "\n    expected: " + joined(known.ended));
}

void World::compare_all() {
  const Reference& reference = known_.reference;
  std::vector<std::string> waiting, expected_waiting;
  for (const authority::Approval& approval : authority::list_approvals(storage_, 1000, core::Instant{now_})) {
    const bool open = approval.state == authority::Approval::State::waiting ||
                      approval.state == authority::Approval::State::approved ||
                      approval.state == authority::Approval::State::used;
    if (open) waiting.push_back(approval.id + ' ' + std::string(name(approval.state)));
  }
  for (const Yes& yes : reference.questions) {
    if (yes.state == Yes::State::used) expected_waiting.push_back(yes.id + " used");
    if (yes.expires_at <= now_) continue;
    if (yes.state == Yes::State::waiting) expected_waiting.push_back(yes.id + " waiting");
    if (yes.state == Yes::State::approved) expected_waiting.push_back(yes.id + " approved");
  }
  if (sorted(waiting) != sorted(expected_waiting))
    throw Mismatch("questions: " + joined(waiting) + "\n    expected: " + joined(expected_waiting));
  for (const std::string& id : known_.grants) {
    if (id.empty()) continue;
    compare_grant(id);
    compare_limits(id);
    const Grant& known = reference.grants.at(id);
    const std::optional<authority::Grant> grant = authority::find_grant(storage_, id);
    check(grant.has_value() && grant->terms.state == known.terms.state, id, " is in another state");
    check(grant->terms.bounds == known.terms.bounds, id, " has other bounds");
    check(grant->ended_at.has_value() == authority::has_ended(known.terms.state), id, " ended at no time");
    check(authority::pauses_of(storage_, id) == reference.view(id, "", now_).pauses, id, " has other pauses");
    const core::Instant from{(now_ / kHour - 47) * kHour};
    const authority::Activity activity = authority::activity_of(storage_, id, from, core::hours(1), 48);
    for (size_t i = 0; i < 48; ++i) {
      const auto hour = known.hours.find(now_ / kHour - 47 + static_cast<Ms>(i));
      const Hour seen_hour = hour == known.hours.end() ? Hour() : hour->second;
      check(activity.calls[i] == seen_hour.calls && activity.effects[i] == seen_hour.effects &&
                activity.denials[i] == seen_hour.denials,
            id, " was used otherwise");
    }
  }
}

}  // namespace model
