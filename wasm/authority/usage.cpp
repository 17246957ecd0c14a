#include "authority/usage.h"

#include <algorithm>

#include "authority/ledger.h"
#include "authority/pauses.h"

namespace authority {

namespace {

/// The last lines of all chains of the ledger that a grant has: its own, which may go on where another
/// grant's ended, and those that came to it besides.
std::vector<int64_t> heads_of(core::Storage& storage, std::string_view grant_id) {
  std::vector<int64_t> heads{ledger_line_of(storage, grant_id)};
  const auto others = storage.look_up("SELECT line FROM inherited_lines WHERE grant_id = ?", {grant_id});
  for (size_t row = 0; row < others->size(); ++row) heads.push_back(others->integer(row, 0));
  return heads;
}

void add(Used& used, const UsedSince& more) {
  used.settled += more.amount;
  if (!more.first) return;
  const core::Instant free = *more.first + length(used.per) + core::milliseconds(1);
  used.frees_at = used.frees_at ? std::min(*used.frees_at, free) : free;
}

/// What uses hold that have not ended, but for `use_id`: of a grant, or of all deputies.
void add_held(Used& used, core::Storage& storage, std::string_view grant_id, core::Instant since,
              core::Instant now, std::string_view use_id) {
  const auto held = storage.look_up("SELECT grant_id, measure, amount, at, held_until, use_id FROM held");
  for (size_t row = 0; row < held->size(); ++row) {
    const bool counts = (grant_id == kAllDeputies || held->text(row, 0) == grant_id) &&
                        held->text(row, 1) == used.measure && held->text(row, 5) != use_id;
    const core::Instant at{held->integer(row, 3)}, until{held->integer(row, 4)};
    if (!counts || at < since || until <= now) continue;
    used.held += held->integer(row, 2);
    add(used, {0, at});
  }
}

Used charges_of(core::Storage& storage, Ledger& ledger, std::string_view grant_id, const Limit& limit,
                std::string_view use_id, core::Instant now) {
  Used used{limit.measure, limit.per};
  const core::Instant since = now - length(limit.per);
  for (const int64_t head : heads_of(storage, grant_id)) add(used, ledger.used(head, limit.measure, since));
  add_held(used, storage, grant_id, since, now, use_id);
  return used;
}

Used charges_of_all(core::Storage& storage, Ledger& ledger, const Limit& limit, std::string_view use_id,
                    core::Instant now) {
  Used used{limit.measure, limit.per};
  const core::Instant since = now - length(limit.per);
  add(used, ledger.used_by_all(limit.measure, since));
  add_held(used, storage, kAllDeputies, since, now, use_id);
  return used;
}

bool costs_any(const std::vector<Cost>& costs) {
  return std::any_of(costs.begin(), costs.end(), [](const Cost& cost) { return cost.amount > 0; });
}

bool costs_any(const std::vector<Cost>& costs, std::string_view measure) {
  return std::any_of(costs.begin(), costs.end(),
                     [&](const Cost& cost) { return cost.measure == measure && cost.amount > 0; });
}

}  // namespace

std::vector<std::string> pauses_of(core::Storage& storage, std::string_view grant_id) {
  std::vector<std::string> causes;
  for (const std::string_view of : {kAllDeputies, grant_id}) {
    const auto rows = storage.look_up("SELECT cause FROM pauses WHERE grant_id = ?", {of});
    for (size_t row = 0; row < rows->size(); ++row) causes.emplace_back(rows->text(row, 0));
  }
  std::sort(causes.begin(), causes.end());
  causes.erase(std::unique(causes.begin(), causes.end()), causes.end());
  return causes;
}

Standing standing(core::Storage& storage, std::string_view grant_id, const Bounds& bounds,
                  const std::vector<Cost>& costs, std::string_view use_id, core::Instant now) {
  Standing result;
  Ledger ledger(storage);
  result.pauses = pauses_of(storage, grant_id);
  for (const Limit& limit : bounds.limits) {
    if (limit.per == Period::action || !costs_any(costs, limit.measure)) continue;
    result.used.push_back(limit.measure == kCalls
                              ? calls_of(storage, grant_id, limit, now)
                              : charges_of(storage, ledger, grant_id, limit, use_id, now));
  }
  // Ceilings are not about calls: an action that costs nothing else need not look at them.
  const bool charged = std::any_of(
      costs.begin(), costs.end(), [](const Cost& cost) { return cost.measure != kCalls && cost.amount > 0; });
  if (!charged) return result;
  for (const Limit& limit : ceilings(storage)) {
    if (!costs_any(costs, limit.measure)) continue;
    result.ceilings.push_back(limit);
    if (limit.per != Period::action)
      result.used_by_all.push_back(charges_of_all(storage, ledger, limit, use_id, now));
  }
  return result;
}

std::vector<Used> used_of(core::Storage& storage, std::string_view grant_id, const std::vector<Limit>& limits,
                          core::Instant now) {
  std::vector<Used> used;
  Ledger ledger(storage);
  for (const Limit& limit : limits) {
    if (limit.per == Period::action) continue;
    used.push_back(limit.measure == kCalls ? calls_of(storage, grant_id, limit, now)
                                           : charges_of(storage, ledger, grant_id, limit, {}, now));
  }
  return used;
}

void hold(core::Storage& storage, std::string_view use_id, std::string_view grant_id,
          const std::vector<Cost>& costs, core::Instant now) {
  release(storage, use_id);
  for (const Cost& cost : costs) {
    if (cost.amount == 0) continue;
    storage.query(
        "INSERT INTO held (use_id, measure, grant_id, amount, at, held_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT DO UPDATE SET amount = amount + ?4",
        {use_id, cost.measure, grant_id, cost.amount, now.milliseconds, (now + kHoldLifetime).milliseconds});
  }
}

void keep_holding(core::Storage& storage, std::string_view use_id, core::Instant now) {
  storage.query("UPDATE held SET held_until = ? WHERE use_id = ?",
                {(now + kHoldLifetime).milliseconds, use_id});
}

void settle(core::Storage& storage, std::string_view use_id, core::Instant now) {
  const core::Rows rows =
      storage.query("DELETE FROM held WHERE use_id = ? RETURNING grant_id, measure, amount", {use_id});
  if (rows.empty()) return;
  Happened settled;
  for (size_t row = 0; row < rows.size(); ++row) {
    settled.costs.push_back({std::string(rows.text(row, 1)), rows.integer(row, 2)});
  }
  count(storage, rows.text(0, 0), settled, now);
}

void release(core::Storage& storage, std::string_view use_id) {
  storage.query("DELETE FROM held WHERE use_id = ?", {use_id});
}

void carry_over(core::Storage& storage, std::string_view from_grant, std::string_view to_grant,
                core::Instant now) {
  storage.query("UPDATE held SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
  const std::vector<int64_t> heads = heads_of(storage, from_grant);
  const int64_t own = heads_of(storage, to_grant)[0];
  // Calls of this minute too: signing in again is no way around them.
  carry_over_calls(storage, from_grant, to_grant, now);
  set_ledger_line(storage, from_grant, 0);
  // Its own chain goes on where the other one ended. Where it has begun one before, there are two.
  set_ledger_line(storage, to_grant, own == 0 ? heads[0] : own);
  storage.query("DELETE FROM inherited_lines WHERE grant_id = ?", {from_grant});
  for (size_t i = own == 0 ? 1 : 0; i < heads.size(); ++i) {
    if (heads[i] == 0) continue;
    storage.query("INSERT INTO inherited_lines (grant_id, line) VALUES (?, ?)", {to_grant, heads[i]});
  }
}

void count(core::Storage& storage, std::string_view grant_id, const Happened& what, core::Instant now) {
  std::optional<int64_t> line;
  if (costs_any(what.costs)) {
    line = Ledger(storage).append(ledger_line_of(storage, grant_id), what.costs, now);
  }
  add_activity(storage, grant_id, {what.calls, what.effects, what.denials}, line, now);
}

std::vector<Limit> ceilings(core::Storage& storage) {
  const auto rows = storage.look_up("SELECT measure, most, per FROM ceilings ORDER BY measure, per");
  std::vector<Limit> limits;
  for (size_t row = 0; row < rows->size(); ++row) {
    limits.push_back({std::string(rows->text(row, 0)), rows->integer(row, 1),
                      period_named(rows->text(row, 2)).value_or(Period::action)});
  }
  return limits;
}

void set_ceilings(core::Storage& storage, const std::vector<Limit>& limits) {
  storage.query("DELETE FROM ceilings");
  for (const Limit& limit : limits) {
    storage.query("INSERT INTO ceilings (measure, most, per) VALUES (?, ?, ?)",
                  {limit.measure, limit.most, name(limit.per)});
  }
}

void sweep_usage(core::Storage& storage, core::Instant now) {
  storage.query("DELETE FROM held WHERE held_until <= ?", {now.milliseconds});
  storage.query("DELETE FROM inherited_lines WHERE (SELECT at FROM ledger WHERE number = line) < ?",
                {(now - kActivityLifetime).milliseconds});
  sweep_activity(storage, now);
}

}  // namespace authority
