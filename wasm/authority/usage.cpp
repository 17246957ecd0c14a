#include "authority/usage.h"

#include <algorithm>

namespace authority {

namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kMinute = 60'000;

/// The sums over one period that ends now; every row that stands is either settled or held.
Used sum(const core::Rows& rows, const Limit& limit) {
  Used used{limit.measure, limit.per, rows.integer(0, 0), rows.integer(0, 1)};
  if (!rows.is_null(0, 2))
    used.frees_at = core::Instant{rows.integer(0, 2)} + length(limit.per) + core::milliseconds(1);
  return used;
}

Used calls_of(core::Storage& storage, std::string_view grant_id, const Limit& limit, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  const core::Rows rows = storage.query(
      "SELECT calls, minute, minute_calls FROM activity WHERE grant_id = ? AND hour = ?", {grant_id, hour});
  Used used{limit.measure, limit.per};
  const bool by_minute = limit.per == Period::minute;
  used.frees_at = core::Instant{by_minute ? (minute + 1) * kMinute : (hour + 1) * kHour};
  if (rows.empty()) return used;
  if (!by_minute) used.settled = rows.integer(0, 0);
  // Where the clock has gone back, the later minute goes on: none begins twice.
  const int64_t counted = rows.integer(0, 1);
  if (by_minute && counted >= minute) {
    used.settled = rows.integer(0, 2);
    used.frees_at = core::Instant{(counted + 1) * kMinute};
  }
  return used;
}

Used charges_of(core::Storage& storage, std::string_view grant_id, const Limit& limit,
                std::string_view use_id, core::Instant now) {
  return sum(storage.query(
                 "SELECT coalesce(sum(CASE WHEN held_until IS NULL THEN amount END), 0),"
                 " coalesce(sum(CASE WHEN held_until IS NOT NULL THEN amount END), 0), min(at) FROM charges"
                 " WHERE measure = ? AND at >= ? AND (held_until IS NULL OR held_until > ?) AND use_id <> ?"
                 " AND grant_id = ?",
                 {limit.measure, (now - length(limit.per)).milliseconds, now.milliseconds, use_id, grant_id}),
             limit);
}

Used charges_of_all(core::Storage& storage, const Limit& limit, std::string_view use_id, core::Instant now) {
  return sum(storage.query(
                 "SELECT coalesce(sum(CASE WHEN held_until IS NULL THEN amount END), 0),"
                 " coalesce(sum(CASE WHEN held_until IS NOT NULL THEN amount END), 0), min(at) FROM charges"
                 " WHERE measure = ? AND at >= ? AND (held_until IS NULL OR held_until > ?) AND use_id <> ?",
                 {limit.measure, (now - length(limit.per)).milliseconds, now.milliseconds, use_id}),
             limit);
}

bool costs_any(const std::vector<Cost>& costs, std::string_view measure) {
  return std::any_of(costs.begin(), costs.end(),
                     [&](const Cost& cost) { return cost.measure == measure && cost.amount > 0; });
}

}  // namespace

std::vector<std::string> pauses_of(core::Storage& storage, std::string_view grant_id) {
  const core::Rows rows =
      storage.query("SELECT cause FROM pauses WHERE grant_id IN ('', ?) ORDER BY cause", {grant_id});
  std::vector<std::string> causes;
  for (size_t row = 0; row < rows.size(); ++row) causes.emplace_back(rows.text(row, 0));
  causes.erase(std::unique(causes.begin(), causes.end()), causes.end());
  return causes;
}

Standing standing(core::Storage& storage, std::string_view grant_id, const Bounds& bounds,
                  const std::vector<Cost>& costs, std::string_view use_id, core::Instant now) {
  Standing result;
  result.pauses = pauses_of(storage, grant_id);
  for (const Limit& limit : bounds.limits) {
    if (limit.per == Period::action || !costs_any(costs, limit.measure)) continue;
    result.used.push_back(limit.measure == kCalls ? calls_of(storage, grant_id, limit, now)
                                                  : charges_of(storage, grant_id, limit, use_id, now));
  }
  // Ceilings are not about calls: an action that costs nothing else need not look at them.
  const bool charged = std::any_of(
      costs.begin(), costs.end(), [](const Cost& cost) { return cost.measure != kCalls && cost.amount > 0; });
  if (!charged) return result;
  for (const Limit& limit : ceilings(storage)) {
    if (!costs_any(costs, limit.measure)) continue;
    result.ceilings.push_back(limit);
    if (limit.per != Period::action)
      result.used_by_all.push_back(charges_of_all(storage, limit, use_id, now));
  }
  return result;
}

std::vector<Used> used_of(core::Storage& storage, std::string_view grant_id, const std::vector<Limit>& limits,
                          core::Instant now) {
  std::vector<Used> used;
  for (const Limit& limit : limits) {
    if (limit.per == Period::action) continue;
    used.push_back(limit.measure == kCalls ? calls_of(storage, grant_id, limit, now)
                                           : charges_of(storage, grant_id, limit, {}, now));
  }
  return used;
}

void hold(core::Storage& storage, std::string_view use_id, std::string_view grant_id,
          const std::vector<Cost>& costs, core::Instant now) {
  release(storage, use_id);
  for (const Cost& cost : costs) {
    if (cost.amount == 0) continue;
    storage.query(
        "INSERT INTO charges (use_id, grant_id, measure, amount, at, held_until) VALUES (?, ?, ?, ?, ?, ?)",
        {use_id, grant_id, cost.measure, cost.amount, now.milliseconds, (now + kHoldLifetime).milliseconds});
  }
}

void settle(core::Storage& storage, std::string_view use_id) {
  storage.query("UPDATE charges SET held_until = NULL WHERE use_id = ?", {use_id});
}

void release(core::Storage& storage, std::string_view use_id) {
  storage.query("DELETE FROM charges WHERE use_id = ? AND held_until IS NOT NULL", {use_id});
}

void carry_over(core::Storage& storage, std::string_view from_grant, std::string_view to_grant,
                core::Instant now) {
  storage.query("UPDATE charges SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
  // Calls of this minute too: signing in again is no way around them.
  storage.query(
      "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at)"
      " SELECT ?, hour, calls, 0, 0, minute, minute_calls, last_at FROM activity"
      " WHERE grant_id = ? AND hour = ? ON CONFLICT DO NOTHING",
      {to_grant, from_grant, now.milliseconds / kHour});
}

void count(core::Storage& storage, std::string_view grant_id, Happened what, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  const int64_t call = what == Happened::call ? 1 : 0;
  storage.query(
      "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3, ?7) ON CONFLICT (grant_id, hour) DO UPDATE SET"
      " calls = calls + ?3, effects = effects + ?4, denials = denials + ?5,"
      " minute_calls = CASE WHEN minute >= ?6 THEN minute_calls + ?3 ELSE ?3 END, minute = max(minute, ?6),"
      " last_at = ?7",
      {grant_id, hour, call, int64_t{what == Happened::effect}, int64_t{what == Happened::denial}, minute,
       now.milliseconds});
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
  const core::Rows rows = storage.query("SELECT measure, most, per FROM ceilings ORDER BY measure, per");
  std::vector<Limit> limits;
  for (size_t row = 0; row < rows.size(); ++row) {
    limits.push_back({std::string(rows.text(row, 0)), rows.integer(row, 1),
                      period_named(rows.text(row, 2)).value_or(Period::action)});
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
  storage.query("DELETE FROM charges WHERE at < ? OR held_until <= ?",
                {(now - kChargeLifetime).milliseconds, now.milliseconds});
  storage.query("DELETE FROM activity WHERE hour < ?", {(now - kChargeLifetime).milliseconds / kHour});
}

}  // namespace authority
