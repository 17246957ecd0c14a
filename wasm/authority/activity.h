// What each grant did, by the hour: its calls, effects and refusals.
//
// A call that is nothing but that is counted by its entry in the trail: its row is written later, together
// with others, and before more than `kMostUnwritten` entries have come since. So an object that wakes up, or
// of which a step was taken back, finds among the newest entries each call that no row counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "authority/decide.h"
#include "core/storage.h"
#include "core/time.h"

namespace authority {

/// Rows are forgotten that are older than any period.
inline constexpr core::Duration kActivityLifetime = core::days(31);
/// Calls may be counted by as many of the newest entries. That is what an object reads that wakes up.
inline constexpr int64_t kMostUnwritten = 32;

struct Counts {
  int64_t calls = 0, effects = 0, denials = 0;
};
/// What this step has told the trail of it is told already. `ledger_line`: from now on the last line of the
/// grant's own chain in the ledger; as it was if left out.
void add_activity(core::Storage& storage, std::string_view grant_id, const Counts& what,
                  std::optional<int64_t> ledger_line, core::Instant now);
/// A call of which nothing else is to be counted: it is the entry `seq` of this step, of the kind "call".
void count_call(core::Storage& storage, std::string_view grant_id, int64_t seq, core::Instant now);
/// Writes what only entries count.
void write_counts(core::Storage& storage);
/// The same before the entry `seq` is appended, where it would leave one too far behind.
void write_counts_before(core::Storage& storage, int64_t seq);

/// The calls of the hour or minute of `now`, as `limit` says.
Used calls_of(core::Storage& storage, std::string_view grant_id, const Limit& limit, core::Instant now);
/// The last line of the grant's own chain in the ledger; 0: it has none.
int64_t ledger_line_of(core::Storage& storage, std::string_view grant_id);
void set_ledger_line(core::Storage& storage, std::string_view grant_id, int64_t line);
/// Calls of this hour and minute too: signing in again is no way around their limits.
void carry_over_calls(core::Storage& storage, std::string_view from_grant, std::string_view to_grant,
                      core::Instant now);

struct Activity {
  std::vector<int64_t> calls, effects, denials;
};
/// `buckets` buckets of `bucket` each (whole hours) from `from` on.
Activity activity_of(core::Storage& storage, std::string_view grant_id, core::Instant from,
                     core::Duration bucket, size_t buckets);
std::optional<core::Instant> last_used(core::Storage& storage, std::string_view grant_id);

void sweep_activity(core::Storage& storage, core::Instant now);

}  // namespace authority
