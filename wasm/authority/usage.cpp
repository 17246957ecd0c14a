#include "authority/usage.h"

#include <algorithm>

#include "authority/ledger.h"
#include "authority/pauses.h"

namespace authority {

namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kMinute = 60'000;

constexpr core::Lookup kCallsOfHour =
    "SELECT calls, minute, minute_calls FROM activity WHERE grant_id = ? AND hour = ?";
/// With the last line of the grant's own chain in the ledger.
constexpr core::Lookup kLatestHour =
    "SELECT hour, ledger_line FROM activity WHERE grant_id = ? ORDER BY hour DESC LIMIT 1";

Used calls_of(core::Storage& storage, std::string_view grant_id, const Limit& limit, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  const auto rows = storage.look_up(kCallsOfHour, {grant_id, hour});
  Used used{limit.measure, limit.per};
  const bool by_minute = limit.per == Period::minute;
  used.frees_at = core::Instant{by_minute ? (minute + 1) * kMinute : (hour + 1) * kHour};
  if (rows->empty()) return used;
  if (!by_minute) used.settled = rows->integer(0, 0);
  // Where the clock has gone back, the later minute goes on: none begins twice.
  const int64_t counted = rows->integer(0, 1);
  if (by_minute && counted >= minute) {
    used.settled = rows->integer(0, 2);
    used.frees_at = core::Instant{(counted + 1) * kMinute};
  }
  return used;
}

/// The last lines of all chains of the ledger that a grant has: its own, which may go on where another
/// grant's ended, and those that came to it besides.
std::vector<int64_t> heads_of(core::Storage& storage, std::string_view grant_id) {
  std::vector<int64_t> heads;
  const auto own = storage.look_up(kLatestHour, {grant_id});
  heads.push_back(own->empty() ? 0 : own->integer(0, 1));
  const auto others = storage.look_up("SELECT line FROM inherited_lines WHERE grant_id = ?", {grant_id});
  for (size_t row = 0; row < others->size(); ++row) heads.push_back(others->integer(row, 0));
  return heads;
}

/// The latest hour is the one that is asked.
void set_head(core::Storage& storage, std::string_view grant_id, int64_t line) {
  storage.query(
      "UPDATE activity SET ledger_line = ?2 WHERE grant_id = ?1"
      " AND hour = (SELECT max(hour) FROM activity WHERE grant_id = ?1)",
      {grant_id, line});
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
  storage.query(
      "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at,"
      " ledger_line) SELECT ?1, hour, iif(hour = ?3, calls, 0), 0, 0, minute, minute_calls, last_at, 0"
      " FROM activity WHERE grant_id = ?2 AND (hour = ?3 OR hour = (SELECT max(hour) FROM activity"
      " WHERE grant_id = ?2)) ON CONFLICT DO NOTHING",
      {to_grant, from_grant, now.milliseconds / kHour});
  set_head(storage, from_grant, 0);
  // Its own chain goes on where the other one ended. Where it has begun one before, there are two.
  set_head(storage, to_grant, own == 0 ? heads[0] : own);
  storage.query("DELETE FROM inherited_lines WHERE grant_id = ?", {from_grant});
  for (size_t i = own == 0 ? 1 : 0; i < heads.size(); ++i) {
    if (heads[i] == 0) continue;
    storage.query("INSERT INTO inherited_lines (grant_id, line) VALUES (?, ?)", {to_grant, heads[i]});
  }
}

void count(core::Storage& storage, std::string_view grant_id, const Happened& what, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  const auto latest = storage.look_up(kLatestHour, {grant_id});
  const int64_t latest_hour = latest->empty() ? hour : latest->integer(0, 0);
  const int64_t head = latest->empty() ? 0 : latest->integer(0, 1);
  const int64_t line = costs_any(what.costs) ? Ledger(storage).append(head, what.costs, now) : head;
  // In two statements: SQLite would prepare the one that does both anew each time.
  const core::Rows known = storage.query(
      "UPDATE activity SET"
      " calls = calls + ?3, effects = effects + ?4, denials = denials + ?5,"
      " minute_calls = CASE WHEN minute >= ?6 THEN minute_calls + ?3 ELSE ?3 END, minute = max(minute, ?6),"
      " last_at = ?7, ledger_line = ?8 WHERE grant_id = ?1 AND hour = ?2 RETURNING calls, minute, "
      "minute_calls",
      {grant_id, hour, what.calls, what.effects, what.denials, minute, now.milliseconds, line});
  if (known.empty()) {
    storage.query(
        "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at,"
        " ledger_line) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3, ?7, ?8)",
        {grant_id, hour, what.calls, what.effects, what.denials, minute, now.milliseconds, line});
  }
  if (latest_hour > hour) {
    // The clock has gone back: the latest hour is the one that is asked.
    if (line != head) set_head(storage, grant_id, line);
    return;
  }
  storage.remember(kLatestHour, {grant_id}, {hour, line});
  if (!known.empty()) {
    storage.remember(kCallsOfHour, {grant_id, hour},
                     {known.integer(0, 0), known.integer(0, 1), known.integer(0, 2)});
  }
}

Activity activity_of(core::Storage& storage, std::string_view grant_id, core::Instant from,
                     core::Duration bucket, size_t buckets) {
  Activity activity{std::vector<int64_t>(buckets), std::vector<int64_t>(buckets),
                    std::vector<int64_t>(buckets)};
  const core::Rows rows = storage.query(
      "SELECT CAST((hour * 3600000 - ?1) / ?2 AS INTEGER), sum(calls), sum(effects), sum(denials) FROM "
      "activity"
      " WHERE grant_id = ?3 AND hour >= ?4 GROUP BY 1",
      {from.milliseconds, bucket.milliseconds, grant_id, from.milliseconds / kHour});
  for (size_t row = 0; row < rows.size(); ++row) {
    const int64_t at = rows.integer(row, 0);
    if (at < 0 || static_cast<size_t>(at) >= buckets) continue;
    activity.calls[static_cast<size_t>(at)] = rows.integer(row, 1);
    activity.effects[static_cast<size_t>(at)] = rows.integer(row, 2);
    activity.denials[static_cast<size_t>(at)] = rows.integer(row, 3);
  }
  return activity;
}

std::optional<core::Instant> last_used(core::Storage& storage, std::string_view grant_id) {
  const core::Rows rows =
      storage.query("SELECT last_at FROM activity WHERE grant_id = ? ORDER BY hour DESC LIMIT 1", {grant_id});
  if (rows.empty()) return std::nullopt;
  return core::Instant{rows.integer(0, 0)};
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
  storage.query("DELETE FROM activity WHERE hour < ?", {(now - kActivityLifetime).milliseconds / kHour});
}

}  // namespace authority
