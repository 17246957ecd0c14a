// What is on its way out (the transactional outbox): a record is written in the step that decides that
// something leaves, and deliveries are taken from the records until each has arrived. At least once, in
// batches by alarm.
//
// Deliveries for one key of one KV namespace leave one at a time, in the order of their records, so that a
// put that is tried again never overtakes a later delete. One that failed is not tried again once a later one
// leaves: the later one says what is to be there. Requests have no order among themselves; who receives one
// twice knows it again by what is in it, such as an Idempotency-Key.
//
// The number of a record that failed is negative in storage: those alone are in an index, and what was not
// tried yet is found in the order of its numbers, however much has failed before. One batch is under way at a
// time (an object has one alarm): the number of a record that is gone may be given again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/step.h"

namespace core {

/// How long after a record the alarm goes off: long enough for a burst of them to leave in one batch.
inline constexpr Duration kBatchDelay = milliseconds(100);
/// The wait after the first failure; it doubles with each further one.
inline constexpr Duration kFirstRetry = seconds(1);
inline constexpr Duration kLongestRetry = minutes(5);
/// The wait after so many failures.
Duration retry_wait(int64_t failures);
/// The shortest life that the store takes for a copy.
inline constexpr uint32_t kShortestLifeSeconds = 60;

/// A value for the KV namespace that is bound to `binding`. It lives there until the delivery expires.
struct OutgoingCopy {
  std::string binding;
  std::string key;
  std::string value;
};
/// The end of such a copy.
struct OutgoingDelete {
  std::string binding;
  std::string key;
};
/// An HTTP request. It has arrived with any answer of 2xx. An answer of 4xx but 408, 425 and 429 says that it
/// never will: it is dropped, and the step's log says so. Everything else is tried again.
struct OutgoingPost {
  std::string url;
  Headers headers;
  std::string body;
};
using Outgoing = std::variant<OutgoingCopy, OutgoingDelete, OutgoingPost>;

/// Records a delivery and sets the step's alarm. It is of no use after `expires`, and not tried any more.
void enqueue(Context& step, const Outgoing& outgoing, Instant expires);

struct Delivery {
  int64_t seq;
  Effect effect;
};

/// The deliveries to try now, at most `most`: first those that were not tried yet, oldest first. Drops what
/// has expired, and what failed and is followed by one of these.
std::vector<Delivery> due(Context& step, size_t most);

/// What became of a delivery: it is gone, or due again later. Unknown numbers are passed over: a delivery may
/// be settled twice.
void settle(Context& step, int64_t seq, const EffectResult& result);

/// When the alarm should go off next; nothing where the outbox is empty.
std::optional<Instant> next_due(Storage& storage);

/// Creates what the outbox needs. Safe to repeat.
void create_outbox_schema(Storage& storage);

/// Takes over what an older version of this server has left. It knew copies alone, in the table `outbox`, and
/// the namespace they are for was fixed: `binding`. Safe to repeat.
void adopt_old_outbox(Storage& storage, std::string_view binding);

}  // namespace core
