#include "reference.h"

#include <algorithm>

namespace model {

using authority::Decision;
using authority::Limit;
using authority::Outcome;
using authority::Period;
using authority::Reason;
using authority::Used;

namespace {

constexpr Ms kHold = 16 * kMinute, kWait = 15 * kMinute;
constexpr size_t kMostQuestions = 20;

Ms length_of(Period per) {
  switch (per) {
    case Period::action: return 0;
    case Period::minute: return kMinute;
    case Period::hour: return kHour;
    case Period::day: return kDay;
    case Period::week: return 7 * kDay;
    case Period::month: return 30 * kDay;
  }
  return 0;
}

bool is_in(const std::string& item, const std::vector<std::string>& list) {
  return std::count(list.begin(), list.end(), item) > 0;
}

/// What the costs come to, a negative one to less than nothing.
std::vector<authority::Cost> together(const std::vector<authority::Cost>& costs) {
  std::vector<authority::Cost> sums;
  for (const authority::Cost& cost : costs) {
    auto sum =
        std::find_if(sums.begin(), sums.end(), [&](const auto& s) { return s.measure == cost.measure; });
    if (sum == sums.end()) {
      sums.push_back(cost);
    } else {
      sum->amount = std::min(sum->amount, cost.amount) < 0 ? -1 : sum->amount + cost.amount;
    }
  }
  return sums;
}

}  // namespace

Decision decide(const authority::Terms& terms, const View& view, const authority::Action& action, Ms now) {
  const auto no = [](Reason reason) { return Decision{Outcome::deny, reason}; };
  if (terms.state == authority::State::revoked) return no(Reason::grant_revoked);
  if (terms.state == authority::State::replaced) return no(Reason::grant_replaced);
  const auto& end = terms.bounds.expires_at;
  if (terms.state == authority::State::expired || (end && end->milliseconds <= now))
    return no(Reason::grant_expired);
  if (!is_in(action.scope, terms.scopes))
    return no(is_in(action.scope, terms.requested_scopes) ? Reason::scope_declined
                                                          : Reason::scope_never_asked);
  if (terms.bounds.tools && action.tool != "" && !is_in(action.tool, *terms.bounds.tools))
    return no(Reason::tool_not_allowed);
  for (const std::string& cause : view.pauses) {
    if (cause != action.exempt_from_pause) return {Outcome::deny, Reason::paused, cause};
  }
  for (const auto& [measure, amount] : together(action.costs)) {
    if (amount < 0 || amount > authority::kMaxAmount) return no(Reason::invalid_cost);
    if (amount == 0) continue;
    const auto check = [&, name = measure, cost = amount](const std::vector<Limit>& limits,
                                                          const auto& used_of, Reason alone,
                                                          Reason with_others) {
      for (const Limit& limit : limits) {
        if (limit.measure != name) continue;
        if (cost > limit.most) return Decision{Outcome::deny, alone, "", limit, 0, cost, {}};
        if (limit.per == Period::action) continue;
        const Used used = used_of(limit);
        const int64_t sum = used.settled + used.held;
        if (sum + cost > limit.most)
          return Decision{Outcome::deny, with_others, "", limit, sum, cost, used.frees_at};
      }
      return Decision{};
    };
    const auto about_it = [name = measure](const Limit& limit) { return limit.measure == name; };
    if (std::none_of(terms.bounds.limits.begin(), terms.bounds.limits.end(), about_it))
      return {Outcome::deny, Reason::nothing_allowed, "", Limit{measure, 0, Period::action}, 0, amount, {}};
    Decision decision = check(terms.bounds.limits, view.of_grant, Reason::over_limit, Reason::limit_reached);
    if (decision.outcome == Outcome::allow)
      decision = check(view.ceilings, view.of_all, Reason::over_ceiling, Reason::ceiling_reached);
    if (decision.outcome != Outcome::allow) return decision;
  }
  using Approval = authority::Action::Approval;
  for (const authority::Threshold& threshold : terms.bounds.ask_above) {
    for (const auto& [measure, amount] : together(action.costs)) {
      if (measure != threshold.measure || amount <= threshold.amount) continue;
      if (action.approval == Approval::given) continue;
      const bool refused = action.approval == Approval::refused;
      return {refused ? Outcome::deny : Outcome::ask,
              refused ? Reason::approval_refused : Reason::approval_required,
              "",
              Limit{measure, threshold.amount, Period::action},
              0,
              amount,
              {}};
    }
  }
  return {};
}

View Reference::view(const std::string& grant, const std::string& use, Ms now) const {
  std::set<std::string> causes = grants.at(grant).pauses;
  causes.insert(pauses_of_all.begin(), pauses_of_all.end());
  return {{causes.begin(), causes.end()},
          ceilings,
          [=, this](const Limit& limit) { return used(grant, limit, use, now); },
          [=, this](const Limit& limit) { return used("", limit, use, now); }};
}

Used Reference::used(const std::string& grant, const Limit& limit, const std::string& use, Ms now) const {
  Used sum{limit.measure, limit.per};
  const Ms span = length_of(limit.per);
  if (limit.measure == authority::kCalls) {
    const Ms since = now / span * span;
    for (const Ms at : grants.at(grant).calls) sum.settled += at >= since ? 1 : 0;
    sum.frees_at = core::Instant{since + span};
    return sum;
  }
  std::optional<Ms> first;
  for (const Charge& charge : charges) {
    if (charge.use == use || charge.measure != limit.measure || charge.at < now - span) continue;
    if (!grant.empty() && charge.grant != grant) continue;
    if (charge.held_until && *charge.held_until <= now) continue;
    (charge.held_until ? sum.held : sum.settled) += charge.amount;
    first = std::min(first.value_or(charge.at), charge.at);
  }
  if (first) sum.frees_at = core::Instant{*first + span + 1};
  return sum;
}

bool Reference::end(const std::string& id, authority::Event event) {
  Grant& grant = grants.at(id);
  authority::State& state = grant.terms.state;
  if (state != authority::State::active && state != authority::State::paused) return false;
  switch (event) {
    case authority::Event::revoke: state = authority::State::revoked; break;
    case authority::Event::expire: state = authority::State::expired; break;
    case authority::Event::replace: state = authority::State::replaced; break;
    case authority::Event::pause:
    case authority::Event::resume: return false;
  }
  for (const auto& [use, waiting] : uses) {
    if (waiting.grant == id && waiting.in_flight) grant.in_flight.insert(waiting.began);
  }
  for (Yes& yes : questions) {
    const bool open = yes.state == Yes::State::waiting || yes.state == Yes::State::approved;
    if (yes.grant == id && open) yes.state = Yes::State::over;
  }
  return true;
}

void Reference::replace(const std::string& old, const std::string& by, Ms now) {
  if (!end(old, authority::Event::replace)) return;
  for (Charge& charge : charges) {
    if (charge.grant == old) charge.grant = by;
  }
  for (const Ms at : grants.at(old).calls) {
    if (at >= now / kHour * kHour) call(by, at);
  }
}

void Reference::hold(const std::string& use, const std::string& grant,
                     const std::vector<authority::Cost>& costs, Ms now) {
  release(use);
  for (const authority::Cost& cost : costs) {
    if (cost.amount != 0) charges.push_back({use, grant, cost.measure, cost.amount, now, now + kHold});
  }
}

void Reference::settle(const std::string& use, Ms now) {
  for (Charge& charge : charges) {
    if (charge.use != use || !charge.held_until) continue;
    charge.held_until.reset();
    charge.at = now;
  }
}

void Reference::release(const std::string& use) {
  std::erase_if(charges, [&](const Charge& charge) { return charge.use == use && charge.held_until; });
}

void Reference::keep_holding(const std::string& use, Ms now) {
  for (Charge& charge : charges) {
    if (charge.use == use && charge.held_until) charge.held_until = now + kHold;
  }
}

void Reference::call(const std::string& grant, Ms now) {
  grants.at(grant).calls.push_back(now);
  ++grants.at(grant).hours[now / kHour].calls;
}

authority::Action::Approval Reference::answer(const std::string& grant, const std::string& about,
                                              const std::string& use, Ms now) const {
  using Approval = authority::Action::Approval;
  Approval answer = Approval::none;
  for (const Yes& yes : questions) {
    if (yes.grant != grant || yes.about != about) continue;
    if (yes.state == Yes::State::used && yes.used_by == use) return Approval::given;
    if (yes.expires_at <= now) continue;
    if (yes.state == Yes::State::approved) answer = Approval::given;
    if (yes.state == Yes::State::refused) answer = Approval::refused;
  }
  return answer;
}

void Reference::redeem(const std::string& grant, const std::string& about, const std::string& use, Ms now) {
  Yes* first = nullptr;
  for (Yes& yes : questions) {
    if (yes.grant != grant || yes.about != about) continue;
    if (yes.state == Yes::State::used && yes.used_by == use) return;
    if (yes.state == Yes::State::approved && yes.expires_at > now && !first) first = &yes;
  }
  if (!first) return;
  first->state = Yes::State::used;
  first->used_by = use;
}

const Yes* Reference::waiting(const std::string& grant, const std::string& about, Ms now) const {
  for (const Yes& yes : questions) {
    if (yes.grant == grant && yes.about == about && yes.state == Yes::State::waiting && yes.expires_at > now)
      return &yes;
  }
  return nullptr;
}

void Reference::ask(const std::string& grant, const std::string& about, const std::string& id, Ms now) {
  std::vector<Yes*> open;
  for (Yes& yes : questions) {
    if (yes.grant == grant && yes.state == Yes::State::waiting && yes.expires_at > now) open.push_back(&yes);
  }
  if (open.size() >= kMostQuestions) open.front()->state = Yes::State::over;
  questions.push_back({id, grant, about, Yes::State::waiting, now, now + kWait, ""});
}

int64_t Reference::over(const std::string& use) {
  const auto found = uses.find(use);
  if (found == uses.end()) return 0;
  Grant& grant = grants.at(found->second.grant);
  const int64_t began = found->second.began;
  if (grant.in_flight.contains(began)) grant.ended.insert(began);
  uses.erase(found);
  return began;
}

void Reference::forget(Ms now) {
  std::erase_if(charges, [&](const Charge& charge) {
    return charge.at < now - 31 * kDay || (charge.held_until && *charge.held_until <= now);
  });
  std::erase_if(questions, [&](const Yes& yes) { return yes.asked_at < now - 7 * kDay; });
  for (auto& [id, grant] : grants) {
    std::erase_if(grant.hours, [&](const auto& hour) { return hour.first < (now - 31 * kDay) / kHour; });
  }
}

std::vector<Ms> Reference::moments(Ms now) const {
  std::set<Ms> all = {(now / kMinute + 1) * kMinute, (now / kMinute + 2) * kMinute,
                      (now / kHour + 1) * kHour};
  for (const Charge& charge : charges) {
    if (charge.held_until) all.insert(*charge.held_until);
    for (const Ms days : {1, 7, 30}) all.insert(charge.at + days * kDay);
  }
  for (const Yes& yes : questions) all.insert(yes.expires_at);
  for (const auto& [id, use] : uses) all.insert(use.expires_at);
  for (const auto& [key, refusals] : denials) all.insert(refusals.until);
  for (const auto& [id, grant] : grants) {
    if (grant.terms.bounds.expires_at) all.insert(grant.terms.bounds.expires_at->milliseconds);
  }
  return {all.upper_bound(now + 1), all.end()};
}

}  // namespace model
