// What deputies have used up. What an action costs is held from its beginning, and settled or released at its
// end: so what runs side by side cannot overspend, and what came to nothing costs nothing. What a crash left
// held is free again when its time is over. What begins and ends in one step is settled at once
// (`ledger.h`): there is nobody beside it who could see it held.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "authority/activity.h"
#include "authority/decide.h"
#include "core/storage.h"
#include "core/time.h"

namespace authority {

/// How long a cost is held for an action that does not say how it ended. Each sign of life begins it anew.
inline constexpr core::Duration kHoldLifetime = core::minutes(16);

/// How things stand for one action. `use_id`: the use that the action belongs to, whose own charge does not
/// count against it; empty for none.
Standing standing(core::Storage& storage, std::string_view grant_id, const Bounds& bounds,
                  const std::vector<Cost>& costs, std::string_view use_id, core::Instant now);
/// The pauses in force for a grant: its own, and those of all deputies.
std::vector<std::string> pauses_of(core::Storage& storage, std::string_view grant_id);
/// What of each limit is used now.
std::vector<Used> used_of(core::Storage& storage, std::string_view grant_id, const std::vector<Limit>& limits,
                          core::Instant now);

/// Holds what an action costs until a later step, instead of what it held before.
void hold(core::Storage& storage, std::string_view use_id, std::string_view grant_id,
          const std::vector<Cost>& costs, core::Instant now);
/// What it holds stays held for another `kHoldLifetime`.
void keep_holding(core::Storage& storage, std::string_view use_id, core::Instant now);
/// What it held is used up, from now on, by the grant that it is held for.
void settle(core::Storage& storage, std::string_view use_id, core::Instant now);
/// It is free again.
void release(core::Storage& storage, std::string_view use_id);
/// What one grant has used up and holds counts for the one that replaces it, and for it alone.
void carry_over(core::Storage& storage, std::string_view from_grant, std::string_view to_grant,
                core::Instant now);

/// What happened to a grant, and when. Calls are counted by the minute too, for their limits.
struct Happened {
  int64_t calls = 0, effects = 0, denials = 0;
  /// What is used up with it, and was not held.
  std::vector<Cost> costs = {};
};
/// What this step has told the trail of it is told already.
void count(core::Storage& storage, std::string_view grant_id, const Happened& what, core::Instant now);

std::vector<Limit> ceilings(core::Storage& storage);
void set_ceilings(core::Storage& storage, const std::vector<Limit>& limits);

/// Forgets what counts for nothing any more. It looks at all that there is: not for every call.
void sweep_usage(core::Storage& storage, core::Instant now);

}  // namespace authority
