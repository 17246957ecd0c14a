#include "core/outbox.h"

#include <algorithm>

namespace core {

namespace {

/// After this many failures the wait no longer grows: 2^9 seconds are beyond kLongestRetry.
constexpr int64_t kMostDoublings = 9;

Duration retry_wait(int64_t failures) {
  const int64_t doublings = std::clamp<int64_t>(failures - 1, 0, kMostDoublings);
  return std::min(Duration{kFirstRetry.milliseconds << doublings}, kLongestRetry);
}

}  // namespace

void create_outbox_schema(Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS outbox ("
      " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
      " key TEXT NOT NULL,"
      " value TEXT NOT NULL,"
      " expires_at INTEGER NOT NULL,"
      " due_at INTEGER NOT NULL,"
      " failures INTEGER NOT NULL DEFAULT 0"
      ")");
  storage.query("CREATE INDEX IF NOT EXISTS outbox_by_due ON outbox (due_at)");
}

void enqueue(Context& step, std::string_view key, std::string_view value, Instant expires) {
  const Instant due_at = step.now + kBatchDelay;
  step.storage->query("INSERT INTO outbox (key, value, expires_at, due_at) VALUES (?, ?, ?, ?)",
                      {key, value, expires.milliseconds, due_at.milliseconds});
  step.alarm = step.alarm ? std::min(*step.alarm, due_at) : due_at;
}

std::vector<Delivery> due(Storage& storage, Instant now, size_t most) {
  storage.query("DELETE FROM outbox WHERE due_at <= ? AND expires_at <= ?",
                {now.milliseconds, now.milliseconds});
  const Rows rows = storage.query(
      "SELECT seq, key, value, expires_at FROM outbox WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?",
      {now.milliseconds, static_cast<int64_t>(most)});
  std::vector<Delivery> deliveries;
  for (size_t row = 0; row < rows.size(); ++row) {
    const int64_t left = (Instant{rows.integer(row, 3)} - now).milliseconds / 1000;
    deliveries.push_back({rows.integer(row, 0), std::string(rows.text(row, 1)),
                          std::string(rows.text(row, 2)),
                          static_cast<uint32_t>(std::max<int64_t>(left, kShortestLifeSeconds))});
  }
  return deliveries;
}

void delivered(Storage& storage, std::span<const int64_t> seqs) {
  for (int64_t seq : seqs) storage.query("DELETE FROM outbox WHERE seq = ?", {seq});
}

void failed(Storage& storage, std::span<const int64_t> seqs, Instant now) {
  for (int64_t seq : seqs) {
    const Rows rows = storage.query("SELECT failures FROM outbox WHERE seq = ?", {seq});
    if (rows.empty()) continue;
    const int64_t failures = rows.integer(0, 0) + 1;
    storage.query("UPDATE outbox SET failures = ?, due_at = ? WHERE seq = ?",
                  {failures, (now + retry_wait(failures)).milliseconds, seq});
  }
}

std::optional<Instant> next_due(Storage& storage) {
  const Rows rows = storage.query("SELECT min(due_at) FROM outbox");
  if (rows.empty() || rows.is_null(0, 0)) return std::nullopt;
  return Instant{rows.integer(0, 0)};
}

}  // namespace core
