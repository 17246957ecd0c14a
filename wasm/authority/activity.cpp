#include "authority/activity.h"

#include <algorithm>
#include <utility>

#include "authority/audit.h"

namespace authority {

namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kMinute = 60'000;

/// The latest minute with a call, since 1970, and the calls in it.
struct Minute {
  int64_t number = 0, calls = 0;
  /// Where the clock has gone back, the later minute goes on: none begins twice.
  void add(int64_t minute, int64_t more) {
    calls = number >= minute ? calls + more : more;
    number = std::max(number, minute);
  }
};

/// A row of `activity`: what happened to a grant in an hour.
struct HourRow {
  int64_t hour = 0, calls = 0;
  Minute minute;
  /// As of the latest hour: the last line of the grant's own chain in the ledger, and the number of the entry
  /// up to which the trail's calls of this grant are counted.
  int64_t ledger_line = 0, counted_to = 0;
};

constexpr core::Lookup kLatestHour =
    "SELECT hour, calls, minute, minute_calls, ledger_line, counted_to FROM activity WHERE grant_id = ?"
    " ORDER BY hour DESC LIMIT 1";
constexpr core::Lookup kThatHour =
    "SELECT hour, calls, minute, minute_calls, ledger_line, counted_to FROM activity WHERE grant_id = ?"
    " AND hour = ?";

std::optional<HourRow> row_of(const core::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return HourRow{rows.integer(0, 0),
                 rows.integer(0, 1),
                 {rows.integer(0, 2), rows.integer(0, 3)},
                 rows.integer(0, 4),
                 rows.integer(0, 5)};
}

std::optional<HourRow> latest_hour(core::Storage& storage, std::string_view grant_id) {
  return row_of(*storage.look_up(kLatestHour, {grant_id}));
}

/// Calls of a grant that its row does not count yet: all are of the grant's latest hour.
struct Unwritten {
  std::string grant_id;
  int64_t hour = 0, calls = 0;
  /// With those that the row counts.
  Minute minute;
  int64_t last_at = 0;
};

/// Those of all grants, for as long as the object is awake.
struct UnwrittenCalls {
  bool known = false;
  /// The number of the oldest entry that stands for one of them, or a smaller one.
  int64_t first = 0;
  std::vector<Unwritten> by_grant;

  Unwritten* find(std::string_view grant_id) {
    const auto found = std::find_if(by_grant.begin(), by_grant.end(),
                                    [&](const Unwritten& u) { return u.grant_id == grant_id; });
    return found == by_grant.end() ? nullptr : &*found;
  }
  void add(std::string_view grant_id, const HourRow& latest, int64_t seq, core::Instant at) {
    if (by_grant.empty()) first = seq;
    Unwritten* calls = find(grant_id);
    if (!calls)
      calls = &by_grant.emplace_back(Unwritten{std::string(grant_id), latest.hour, 0, latest.minute});
    ++calls->calls;
    calls->minute.add(at.milliseconds / kMinute, 1);
    calls->last_at = at.milliseconds;
  }
};

UnwrittenCalls& unwritten_calls(core::Storage& storage) {
  UnwrittenCalls& all = storage.memory<UnwrittenCalls>();
  if (all.known) return all;
  all.known = true;
  // One that was refused or asked about is counted by its row, or not at all.
  const core::Rows calls = storage.query(
      "SELECT grant_id, seq, at FROM audit WHERE seq > ? AND kind = 'call'"
      " AND json_extract(entry, '$.result') IN ('done', 'failed') ORDER BY seq",
      {head(storage).seq - kMostUnwritten});
  for (size_t row = 0; row < calls.size(); ++row) {
    const std::optional<HourRow> latest = latest_hour(storage, calls.text(row, 0));
    if (!latest || calls.integer(row, 1) <= latest->counted_to) continue;
    all.add(calls.text(row, 0), *latest, calls.integer(row, 1), core::Instant{calls.integer(row, 2)});
  }
  return all;
}

/// All that the trail has is counted then.
void write_calls(core::Storage& storage, const Unwritten& calls) {
  storage.query(
      "UPDATE activity SET calls = calls + ?, minute = ?, minute_calls = ?, last_at = ?, counted_to = ?"
      " WHERE grant_id = ? AND hour = ?",
      {calls.calls, calls.minute.number, calls.minute.calls, calls.last_at, head(storage).seq, calls.grant_id,
       calls.hour});
}

/// Of one grant: it has none any more that are not written.
std::optional<Unwritten> take_unwritten(core::Storage& storage, std::string_view grant_id) {
  UnwrittenCalls& all = unwritten_calls(storage);
  Unwritten* found = all.find(grant_id);
  if (!found) return std::nullopt;
  Unwritten taken = std::move(*found);
  all.by_grant.erase(all.by_grant.begin() + (found - all.by_grant.data()));
  return taken;
}

}  // namespace

void add_activity(core::Storage& storage, std::string_view grant_id, const Counts& what,
                  std::optional<int64_t> ledger_line, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  const std::optional<HourRow> latest = latest_hour(storage, grant_id);
  const std::optional<Unwritten> before = take_unwritten(storage, grant_id);
  const int64_t counted_to = head(storage).seq;
  const int64_t line = ledger_line.value_or(latest ? latest->ledger_line : 0);
  if (latest && latest->hour == hour) {
    const int64_t calls = what.calls + (before ? before->calls : 0);
    Minute last = before ? before->minute : latest->minute;
    last.add(minute, what.calls);
    storage.query(
        "UPDATE activity SET calls = calls + ?, effects = effects + ?, denials = denials + ?, minute = ?,"
        " minute_calls = ?, last_at = ?, ledger_line = ?, counted_to = ? WHERE grant_id = ? AND hour = ?",
        {calls, what.effects, what.denials, last.number, last.calls, now.milliseconds, line, counted_to,
         grant_id, hour});
    storage.remember(kLatestHour, {grant_id},
                     {hour, latest->calls + calls, last.number, last.calls, line, counted_to});
    return;
  }
  if (before) write_calls(storage, *before);
  // Where the clock has gone back, that hour may have its row. In two statements: SQLite would prepare the
  // one that does both anew each time.
  std::optional<HourRow> known;
  if (latest && latest->hour > hour) known = row_of(*storage.look_up(kThatHour, {grant_id, hour}));
  if (known) {
    known->minute.add(minute, what.calls);
    storage.query(
        "UPDATE activity SET calls = calls + ?, effects = effects + ?, denials = denials + ?, minute = ?,"
        " minute_calls = ?, last_at = ? WHERE grant_id = ? AND hour = ?",
        {what.calls, what.effects, what.denials, known->minute.number, known->minute.calls, now.milliseconds,
         grant_id, hour});
  } else {
    storage.query(
        "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at,"
        " ledger_line, counted_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3, ?7, ?8, ?9)",
        {grant_id, hour, what.calls, what.effects, what.denials, minute, now.milliseconds, line, counted_to});
  }
  // The latest hour is the one that is asked.
  if (latest && latest->hour > hour) {
    storage.query("UPDATE activity SET ledger_line = ?, counted_to = ? WHERE grant_id = ? AND hour = ?",
                  {line, counted_to, grant_id, latest->hour});
  } else {
    storage.remember(kLatestHour, {grant_id}, {hour, what.calls, minute, what.calls, line, counted_to});
  }
}

void count_call(core::Storage& storage, std::string_view grant_id, int64_t seq, core::Instant now) {
  const std::optional<HourRow> latest = latest_hour(storage, grant_id);
  if (!latest || latest->hour != now.milliseconds / kHour)
    return add_activity(storage, grant_id, {.calls = 1}, {}, now);
  unwritten_calls(storage).add(grant_id, *latest, seq, now);
}

void write_counts(core::Storage& storage) {
  for (const Unwritten& calls : std::exchange(unwritten_calls(storage).by_grant, {}))
    write_calls(storage, calls);
}

void write_counts_before(core::Storage& storage, int64_t seq) {
  const UnwrittenCalls& all = unwritten_calls(storage);
  if (!all.by_grant.empty() && seq - all.first >= kMostUnwritten) write_counts(storage);
}

Used calls_of(core::Storage& storage, std::string_view grant_id, const Limit& limit, core::Instant now) {
  const int64_t hour = now.milliseconds / kHour, minute = now.milliseconds / kMinute;
  Used used{limit.measure, limit.per};
  const bool by_minute = limit.per == Period::minute;
  used.frees_at = core::Instant{by_minute ? (minute + 1) * kMinute : (hour + 1) * kHour};
  std::optional<HourRow> row = latest_hour(storage, grant_id);
  if (row && row->hour > hour) row = row_of(*storage.look_up(kThatHour, {grant_id, hour}));
  if (!row || row->hour < hour) return used;
  if (const Unwritten* more = unwritten_calls(storage).find(grant_id); more && more->hour == hour) {
    row->calls += more->calls;
    row->minute = more->minute;
  }
  if (!by_minute) {
    used.settled = row->calls;
  } else if (row->minute.number >= minute) {
    used.settled = row->minute.calls;
    used.frees_at = core::Instant{(row->minute.number + 1) * kMinute};
  }
  return used;
}

int64_t ledger_line_of(core::Storage& storage, std::string_view grant_id) {
  const std::optional<HourRow> latest = latest_hour(storage, grant_id);
  return latest ? latest->ledger_line : 0;
}

void set_ledger_line(core::Storage& storage, std::string_view grant_id, int64_t line) {
  storage.query(
      "UPDATE activity SET ledger_line = ?2 WHERE grant_id = ?1"
      " AND hour = (SELECT max(hour) FROM activity WHERE grant_id = ?1)",
      {grant_id, line});
}

void carry_over_calls(core::Storage& storage, std::string_view from_grant, std::string_view to_grant,
                      core::Instant now) {
  write_counts(storage);
  storage.query(
      "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at,"
      " ledger_line, counted_to) SELECT ?1, hour, iif(hour = ?3, calls, 0), 0, 0, minute, minute_calls,"
      " last_at, 0, counted_to FROM activity WHERE grant_id = ?2 AND (hour = ?3 OR hour ="
      " (SELECT max(hour) FROM activity WHERE grant_id = ?2)) ON CONFLICT DO NOTHING",
      {to_grant, from_grant, now.milliseconds / kHour});
}

Activity activity_of(core::Storage& storage, std::string_view grant_id, core::Instant from,
                     core::Duration bucket, size_t buckets) {
  Activity activity{std::vector<int64_t>(buckets), std::vector<int64_t>(buckets),
                    std::vector<int64_t>(buckets)};
  write_counts(storage);
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
  write_counts(storage);
  const core::Rows rows =
      storage.query("SELECT last_at FROM activity WHERE grant_id = ? ORDER BY hour DESC LIMIT 1", {grant_id});
  if (rows.empty()) return std::nullopt;
  return core::Instant{rows.integer(0, 0)};
}

void sweep_activity(core::Storage& storage, core::Instant now) {
  storage.query("DELETE FROM activity WHERE hour < ?", {(now - kActivityLifetime).milliseconds / kHour});
}

}  // namespace authority
