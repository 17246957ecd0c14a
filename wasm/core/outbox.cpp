#include "core/outbox.h"

#include <algorithm>

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

void drop_expired(Context& step) {
  const Rows rows = step.storage->query(
      "DELETE FROM deliveries WHERE due_at <= ? AND expires_at <= ? RETURNING kind, target, failures",
      {step.now.milliseconds, step.now.milliseconds});
  for (size_t row = 0; row < rows.size(); ++row) {
    step.log.push_back(json_text(Json{{"event", "delivery_expired"},
                                      {"to", destination(rows.text(row, 0), rows.text(row, 1))},
                                      {"tries", rows.integer(row, 2)}}));
  }
}

}  // namespace

Duration retry_wait(int64_t failures) {
  const int64_t doublings = std::clamp<int64_t>(failures - 1, 0, kMostDoublings);
  return std::min(Duration{kFirstRetry.milliseconds << doublings}, kLongestRetry);
}

void create_outbox_schema(Storage& storage) {
  // `target` is a binding, or the URL of a request; `key` is NULL of a request, and so equal to no other.
  storage.query(
      "CREATE TABLE IF NOT EXISTS deliveries ("
      " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
      " kind TEXT NOT NULL,"
      " target TEXT NOT NULL,"
      " key TEXT,"
      " headers TEXT,"
      " content TEXT,"
      " expires_at INTEGER NOT NULL,"
      " due_at INTEGER NOT NULL,"
      " failures INTEGER NOT NULL DEFAULT 0"
      ")");
  storage.query("CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due_at)");
  storage.query("CREATE INDEX IF NOT EXISTS deliveries_by_key ON deliveries (target, key)");
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
        "INSERT INTO deliveries (kind, target, key, headers, content, expires_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
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
  drop_expired(step);
  const Rows rows = step.storage->query(
      "SELECT seq, kind, target, key, headers, content, expires_at FROM deliveries AS this"
      " WHERE due_at <= ? AND NOT EXISTS (SELECT 1 FROM deliveries AS earlier"
      "  WHERE earlier.target = this.target AND earlier.key = this.key AND earlier.seq < this.seq)"
      " ORDER BY due_at, seq LIMIT ?",
      {step.now.milliseconds, static_cast<int64_t>(most)});
  std::vector<Delivery> deliveries;
  for (size_t row = 0; row < rows.size(); ++row) {
    const int64_t seq = rows.integer(row, 0);
    const std::string_view kind = rows.text(row, 1);
    const std::string target(rows.text(row, 2)), key(rows.text(row, 3)), content(rows.text(row, 5));
    if (kind == kPost) {
      deliveries.push_back({seq, Fetch{"POST", target, headers_of(rows.text(row, 4)), content}});
    } else if (kind == kDelete) {
      deliveries.push_back({seq, DeleteCopy{target, key}});
    } else {
      const int64_t left = (Instant{rows.integer(row, 6)} - step.now).milliseconds / 1000;
      const auto ttl_seconds = static_cast<uint32_t>(std::max<int64_t>(left, kShortestLifeSeconds));
      deliveries.push_back({seq, PutCopy{target, key, content, ttl_seconds}});
    }
  }
  return deliveries;
}

void settle(Context& step, int64_t seq, const EffectResult& result) {
  Storage& storage = *step.storage;
  const Rows rows = storage.query("SELECT kind, target, failures FROM deliveries WHERE seq = ?", {seq});
  if (rows.empty()) return;
  const std::string_view kind = rows.text(0, 0);
  const int64_t failures = rows.integer(0, 2) + 1;
  switch (fate_of(kind, result)) {
    case Fate::arrived: storage.query("DELETE FROM deliveries WHERE seq = ?", {seq}); return;
    case Fate::refused:
      storage.query("DELETE FROM deliveries WHERE seq = ?", {seq});
      step.log.push_back(json_text(Json{{"event", "delivery_refused"},
                                        {"to", destination(kind, rows.text(0, 1))},
                                        {"status", result.code},
                                        {"tries", failures}}));
      return;
    case Fate::open: break;
  }
  storage.query(
      "DELETE FROM deliveries WHERE seq = ? AND EXISTS (SELECT 1 FROM deliveries AS later"
      " WHERE later.target = deliveries.target AND later.key = deliveries.key AND later.seq > "
      "deliveries.seq)",
      {seq});
  storage.query("UPDATE deliveries SET failures = ?, due_at = ? WHERE seq = ?",
                {failures, (step.now + retry_wait(failures)).milliseconds, seq});
}

std::optional<Instant> next_due(Storage& storage) {
  // What waits for an earlier one of its key is due with it at the earliest.
  const Rows rows = storage.query(
      "SELECT due_at FROM deliveries AS this"
      " WHERE NOT EXISTS (SELECT 1 FROM deliveries AS earlier"
      "  WHERE earlier.target = this.target AND earlier.key = this.key AND earlier.seq < this.seq)"
      " ORDER BY due_at LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return Instant{rows.integer(0, 0)};
}

}  // namespace core
