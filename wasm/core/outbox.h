// Copies on their way out (the transactional outbox): a record is written in the step that accepts
// what it is a copy of, and deliveries are taken from the records until each is confirmed. At least once,
// never lost, in batches by alarm.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"

namespace core {

/// How long after a record the alarm goes off: long enough for a burst of them to leave in one batch.
inline constexpr Duration kBatchDelay = milliseconds(100);
/// The wait after the first failure; it doubles with each further one.
inline constexpr Duration kFirstRetry = seconds(1);
inline constexpr Duration kLongestRetry = minutes(5);
/// The shortest life that the store takes for a copy.
inline constexpr uint32_t kShortestLifeSeconds = 60;

struct Delivery {
  int64_t seq;
  std::string key;
  std::string value;
  /// What is left of the copy's life, at least kShortestLifeSeconds.
  uint32_t ttl_seconds;
};

/// Records a delivery and sets the step's alarm. The copy is of no use after `expires`.
void enqueue(Context& step, std::string_view key, std::string_view value, Instant expires);

/// The deliveries to try now, at most `most`, oldest first. Drops those that have expired.
std::vector<Delivery> due(Storage& storage, Instant now, size_t most);

/// These arrived. Unknown numbers are passed over: a delivery may be confirmed twice.
void delivered(Storage& storage, std::span<const int64_t> seqs);

/// These did not: they are due again later, until they expire.
void failed(Storage& storage, std::span<const int64_t> seqs, Instant now);

/// When the alarm should go off next; nothing where the outbox is empty.
std::optional<Instant> next_due(Storage& storage);

/// Creates what the outbox needs. Safe to repeat.
void create_outbox_schema(Storage& storage);

}  // namespace core
