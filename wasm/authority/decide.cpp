#include "authority/decide.h"

#include <algorithm>
#include <array>

namespace authority {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Decision deny(Reason reason) {
  return {Outcome::deny, reason};
}

const Used* find(const std::vector<Used>& used, const Limit& limit) {
  const auto found = std::find_if(used.begin(), used.end(), [&](const Used& entry) {
    return entry.measure == limit.measure && entry.per == limit.per;
  });
  return found == used.end() ? nullptr : &*found;
}

/// Nothing where the cost fits. What is held counts as used, so that what runs side by side cannot overspend.
std::optional<Decision> exceeded(const Cost& cost, const Limit& limit, const std::vector<Used>& used,
                                 Reason at_once, Reason in_time) {
  if (limit.measure != cost.measure) return std::nullopt;
  Decision decision{Outcome::deny, at_once, {}, limit, 0, cost.amount, {}};
  if (cost.amount > limit.most) return decision;
  const Used* before = limit.per == Period::action ? nullptr : find(used, limit);
  if (!before) return std::nullopt;
  // Neither sum overflows: amounts are at most kMaxAmount, 2^53 - 1.
  decision.used = before->settled + before->held;
  decision.reason = in_time;
  decision.frees_at = before->frees_at;
  if (decision.used + cost.amount > limit.most) return decision;
  return std::nullopt;
}

std::optional<Decision> ended(const Terms& terms, core::Instant now) {
  switch (terms.state) {
    case State::active:
    case State::paused: break;
    case State::revoked: return deny(Reason::grant_revoked);
    case State::expired: return deny(Reason::grant_expired);
    case State::replaced: return deny(Reason::grant_replaced);
  }
  if (terms.bounds.expires_at && now >= *terms.bounds.expires_at) return deny(Reason::grant_expired);
  return std::nullopt;
}

/// What the costs of this measure come to together; nothing where that, or one of them, is no amount.
std::optional<int64_t> in_all(const std::vector<Cost>& costs, std::string_view measure) {
  int64_t sum = 0;
  for (const Cost& cost : costs) {
    if (cost.measure != measure) continue;
    if (cost.amount < 0 || cost.amount > kMaxAmount - sum) return std::nullopt;
    sum += cost.amount;
  }
  return sum;
}

std::optional<Decision> out_of_bounds(const Terms& terms, const Standing& standing, const Cost& cost) {
  if (cost.amount == 0) return std::nullopt;
  bool chosen = false;
  for (const Limit& limit : terms.bounds.limits) {
    chosen = chosen || limit.measure == cost.measure;
    if (auto no = exceeded(cost, limit, standing.used, Reason::over_limit, Reason::limit_reached)) return no;
  }
  if (!chosen) {
    return Decision{Outcome::deny, Reason::nothing_allowed, {}, Limit{cost.measure}, 0, cost.amount, {}};
  }
  for (const Limit& limit : standing.ceilings) {
    if (auto no = exceeded(cost, limit, standing.used_by_all, Reason::over_ceiling, Reason::ceiling_reached))
      return no;
  }
  return std::nullopt;
}

std::optional<Decision> to_be_asked(const Terms& terms, const Action& action) {
  if (action.approval == Action::Approval::given) return std::nullopt;
  for (const Threshold& threshold : terms.bounds.ask_above) {
    const int64_t amount = in_all(action.costs, threshold.measure).value_or(0);
    if (amount <= threshold.amount) continue;
    const bool refused = action.approval == Action::Approval::refused;
    return Decision{refused ? Outcome::deny : Outcome::ask,
                    refused ? Reason::approval_refused : Reason::approval_required,
                    {},
                    Limit{threshold.measure, threshold.amount, Period::action},
                    0,
                    amount,
                    {}};
  }
  return std::nullopt;
}

}  // namespace

Decision decide(const Terms& terms, const Standing& standing, const Action& action, core::Instant now) {
  if (std::optional<Decision> no = ended(terms, now)) return *no;
  if (!contains(terms.scopes, action.scope)) {
    return deny(contains(terms.requested_scopes, action.scope) ? Reason::scope_declined
                                                               : Reason::scope_never_asked);
  }
  if (terms.bounds.tools && !action.tool.empty() && !contains(*terms.bounds.tools, action.tool)) {
    return deny(Reason::tool_not_allowed);
  }
  for (const std::string& cause : standing.pauses) {
    if (cause != action.exempt_from_pause) return {Outcome::deny, Reason::paused, cause};
  }
  for (const Cost& cost : action.costs) {
    const std::optional<int64_t> amount = in_all(action.costs, cost.measure);
    if (!amount) return deny(Reason::invalid_cost);
    if (std::optional<Decision> no = out_of_bounds(terms, standing, {cost.measure, *amount})) return *no;
  }
  // Last, so that nobody is asked for what is not allowed in any case.
  if (std::optional<Decision> question = to_be_asked(terms, action)) return *question;
  return {};
}

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::allowed: return "allowed";
    case Reason::grant_revoked: return "grant_revoked";
    case Reason::grant_expired: return "grant_expired";
    case Reason::grant_replaced: return "grant_replaced";
    case Reason::scope_declined: return "scope_declined";
    case Reason::scope_never_asked: return "scope_never_asked";
    case Reason::tool_not_allowed: return "tool_not_allowed";
    case Reason::paused: return "paused";
    case Reason::invalid_cost: return "invalid_cost";
    case Reason::nothing_allowed: return "nothing_allowed";
    case Reason::over_limit: return "over_limit";
    case Reason::limit_reached: return "limit_reached";
    case Reason::over_ceiling: return "over_ceiling";
    case Reason::ceiling_reached: return "ceiling_reached";
    case Reason::approval_refused: return "approval_refused";
    case Reason::approval_required: return "approval_required";
  }
  return "";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow: return "allow";
    case Outcome::deny: return "deny";
    case Outcome::ask: return "ask";
  }
  return "";
}

}  // namespace authority
