#include "core/outbox.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/due.h"
#include "core/json.h"

namespace core {

namespace {

/// After this many failures the wait no longer grows: 2^9 seconds are beyond kLongestRetry.
constexpr int64_t kMostDoublings = 9;

/// What the column `kind` says.
constexpr std::string_view kPut = "put", kDelete = "delete", kPost = "post";

/// As text, for a column.
std::string headers_text(const Headers& headers) {
  WireWriter writer;
  write(writer, headers);
  return base64url(writer.str());
}

Headers headers_of(std::string_view text) {
  const std::string bytes = base64url_decode(text).value_or("");
  WireReader reader(bytes);
  return read_headers(reader);
}

enum class Fate { arrived, refused, open };

Fate fate_of(std::string_view kind, const EffectResult& result) {
  if (!result.ok()) return Fate::open;
  if (kind != kPost || result.code / 100 == 2) return Fate::arrived;
  const bool may_change = result.code == 408 || result.code == 425 || result.code == 429;
  return result.code / 100 == 4 && !may_change ? Fate::refused : Fate::open;
}

/// Where a delivery goes, as far as a log may know it: a URL may have a secret in its path, a key the name of
/// a person.
std::string destination(std::string_view kind, std::string_view target) {
  if (kind != kPost) return std::string(target);
  const std::optional<Url> url = parse_url(target);
  return url ? url->origin : std::string();
}

void tell_of_expired(Context& step, std::string_view kind, std::string_view target, int64_t failures) {
  step.log.push_back(
      json_text(Json{{"event", "delivery_expired"}, {"to", destination(kind, target)}, {"tries", failures}}));
}

/// When the first is due that has failed before.
constexpr Lookup kFirstFailed = "SELECT min(due_at) FROM deliveries WHERE seq < 0";

void drop_expired(Context& step) {
  const Rows rows = step.storage->query(
      "DELETE FROM deliveries WHERE seq < 0 AND due_at <= ? AND expires_at <= ?"
      " RETURNING kind, target, failures",
      {step.now.milliseconds, step.now.milliseconds});
  for (size_t row = 0; row < rows.size(); ++row) {
    tell_of_expired(step, rows.text(row, 0), rows.text(row, 1), rows.integer(row, 2));
  }
}

Delivery read(const Rows& rows, size_t row, Instant now) {
  const int64_t seq = std::abs(rows.integer(row, 0));
  const std::string_view kind = rows.text(row, 1);
  const std::string target(rows.text(row, 2)), key(rows.text(row, 3)), content(rows.text(row, 5));
  if (kind == kPost) return {seq, Fetch{"POST", target, headers_of(rows.text(row, 4)), content}};
  if (kind == kDelete) return {seq, DeleteCopy{target, key}};
  const int64_t left = (Instant{rows.integer(row, 6)} - now).milliseconds / 1000;
  const auto ttl_seconds = static_cast<uint32_t>(std::max<int64_t>(left, kShortestLifeSeconds));
  return {seq, PutCopy{target, key, content, ttl_seconds}};
}

/// Those that were not tried yet: the first of each key.
void add_new(Context& step, size_t most, bool any_failed, std::vector<Delivery>& deliveries) {
  const Rows rows = step.storage->query(
      "SELECT seq, kind, target, key, headers, content, expires_at, due_at, failures FROM deliveries"
      " WHERE seq > 0 ORDER BY seq LIMIT ? + 0",
      {static_cast<int64_t>(most)});
  std::set<std::pair<std::string_view, std::string_view>> taken;
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string_view target = rows.text(row, 2), key = rows.text(row, 3);
    const bool due = rows.integer(row, 7) <= step.now.milliseconds;
    if (due && rows.integer(row, 6) <= step.now.milliseconds) {
      step.storage->query("DELETE FROM deliveries WHERE seq = ?", {rows.integer(row, 0)});
      tell_of_expired(step, rows.text(row, 1), target, rows.integer(row, 8));
      continue;
    }
    if (!rows.is_null(row, 3)) {
      if (!taken.emplace(target, key).second || !due) continue;
      // What had failed before it says no longer what is to be there.
      if (any_failed)
        step.storage->query("DELETE FROM deliveries WHERE seq < 0 AND target = ? AND key = ?", {target, key});
    }
    if (due) deliveries.push_back(read(rows, row, step.now));
  }
}

void add_failed(Context& step, size_t most, std::vector<Delivery>& deliveries) {
  const Rows rows = step.storage->query(
      "SELECT seq, kind, target, key, headers, content, expires_at FROM deliveries"
      " WHERE seq < 0 AND due_at <= ? ORDER BY due_at LIMIT ? + 0",
      {step.now.milliseconds, static_cast<int64_t>(most)});
  for (size_t row = 0; row < rows.size(); ++row) deliveries.push_back(read(rows, row, step.now));
}

}  // namespace

Duration retry_wait(int64_t failures) {
  const int64_t doublings = std::clamp<int64_t>(failures - 1, 0, kMostDoublings);
  return std::min(Duration{kFirstRetry.milliseconds << doublings}, kLongestRetry);
}

void create_outbox_schema(Storage& storage) {
  const Rows before = storage.query(
      "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE type = 'table' AND name = 'deliveries'");
  if (!before.empty() && before.integer(0, 0) == 0) return;
  if (!before.empty()) storage.query("ALTER TABLE deliveries RENAME TO deliveries_of_before");
  // `target` is a binding, or the URL of a request; `key` is NULL of a request, and so equal to no other.
  storage.query(
      "CREATE TABLE deliveries ("
      " seq INTEGER PRIMARY KEY,"
      " kind TEXT NOT NULL,"
      " target TEXT NOT NULL,"
      " key TEXT,"
      " headers TEXT,"
      " content TEXT,"
      " expires_at INTEGER NOT NULL,"
      " due_at INTEGER NOT NULL,"
      " failures INTEGER NOT NULL DEFAULT 0"
      ")");
  if (!before.empty()) {
    storage.query("INSERT INTO deliveries SELECT * FROM deliveries_of_before");
    storage.query("DROP TABLE deliveries_of_before");
  }
  // Most deliveries never fail, and are in no index: one row to write, and one to delete.
  storage.query("CREATE INDEX failed_deliveries_by_due ON deliveries (due_at) WHERE seq < 0");
  storage.query("CREATE INDEX failed_deliveries_by_key ON deliveries (target, key) WHERE seq < 0");
}

void adopt_old_outbox(Storage& storage, std::string_view binding) {
  if (storage.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'outbox'").empty()) return;
  storage.query(
      "INSERT INTO deliveries (kind, target, key, content, expires_at, due_at, failures)"
      " SELECT ?, ?, key, value, expires_at, due_at, failures FROM outbox ORDER BY seq",
      {kPut, binding});
  storage.query("DROP TABLE outbox");
}

void enqueue(Context& step, const Outgoing& outgoing, Instant expires) {
  const Instant due_at = step.now + kBatchDelay;
  const auto record = [&](std::string_view kind, std::string_view target, Value key, Value headers,
                          Value content) {
    step.storage->query(
        "INSERT INTO deliveries (seq, kind, target, key, headers, content, expires_at, due_at) VALUES"
        " (1 + max(coalesce((SELECT max(seq) FROM deliveries), 0),"
        " -coalesce((SELECT min(seq) FROM deliveries), 0)), ?, ?, ?, ?, ?, ?, ?)",
        {kind, target, key, headers, content, expires.milliseconds, due_at.milliseconds});
  };
  std::visit(Overloaded{[&](const OutgoingCopy& o) { record(kPut, o.binding, o.key, {}, o.value); },
                        [&](const OutgoingDelete& o) { record(kDelete, o.binding, o.key, {}, {}); },
                        [&](const OutgoingPost& o) {
                          // It leaves in another step, and still belongs to the request that wanted it.
                          Headers headers = o.headers;
                          if (step.report.trace.exists()) add_trace(headers, step.report.trace, step.entropy);
                          record(kPost, o.url, {}, std::string_view(headers_text(headers)), o.body);
                        }},
             outgoing);
  step.wake_at(due_at);
}

std::vector<Delivery> due(Context& step, size_t most) {
  const std::optional<Instant> first_failed = earliest(*step.storage, kFirstFailed);
  const bool failed_are_due = first_failed && *first_failed <= step.now;
  if (failed_are_due) drop_expired(step);
  std::vector<Delivery> deliveries;
  add_new(step, most, first_failed.has_value(), deliveries);
  if (failed_are_due) add_failed(step, most - deliveries.size(), deliveries);
  return deliveries;
}

void settle(Context& step, int64_t seq, const EffectResult& result) {
  Storage& storage = *step.storage;
  const Rows rows =
      storage.query("SELECT kind, target, failures, seq FROM deliveries WHERE seq IN (?1, -?1)", {seq});
  if (rows.empty()) return;
  const std::string_view kind = rows.text(0, 0);
  const int64_t failures = rows.integer(0, 2) + 1, now_seq = rows.integer(0, 3);
  switch (fate_of(kind, result)) {
    case Fate::arrived: storage.query("DELETE FROM deliveries WHERE seq = ?", {now_seq}); return;
    case Fate::refused:
      storage.query("DELETE FROM deliveries WHERE seq = ?", {now_seq});
      step.log.push_back(json_text(Json{{"event", "delivery_refused"},
                                        {"to", destination(kind, rows.text(0, 1))},
                                        {"status", result.code},
                                        {"tries", failures}}));
      return;
    case Fate::open: break;
  }
  storage.query("UPDATE deliveries SET seq = ?, failures = ?, due_at = ? WHERE seq = ?",
                {-seq, failures, (step.now + retry_wait(failures)).milliseconds, now_seq});
}

std::optional<Instant> next_due(Storage& storage) {
  // What waits for an earlier one of its key is due with it at the earliest.
  const Rows rows = storage.query(
      "SELECT min(due_at) FROM (SELECT * FROM (SELECT due_at FROM deliveries WHERE seq > 0 ORDER BY seq"
      " LIMIT 1) UNION ALL SELECT min(due_at) FROM deliveries WHERE seq < 0)");
  if (rows.is_null(0, 0)) return std::nullopt;
  return Instant{rows.integer(0, 0)};
}

}  // namespace core
