// The end of a grant, and its proof: once a revocation has answered, no new effect of that grant starts. What
// had begun before is in the receipt, and how it ended is added to it.
#pragma once

#include <string>
#include <string_view>

#include "authority/audit.h"
#include "authority/grants.h"

namespace authority {

struct Revocation {
  /// A JWS (`kRevocationType`): grant, reason, the entry with its number and hash, the effects in flight.
  std::string receipt;
  int64_t in_flight = 0;
  /// A JWS of the same type: how those ended. Empty until one has.
  std::string ended_receipt;
};

/// Ends a grant that stands: its charges that were held stay held until their effects end, its questions are
/// gone, its trail has an entry. Nothing where it had ended before. `by`: who ends it, for the trail.
std::optional<Revocation> end(core::Context& step, const Notary& notary, std::string_view grant_id,
                              Event event, std::string_view reason, std::string_view by);
std::optional<Revocation> find_revocation(core::Storage& storage, std::string_view grant_id);

/// An effect that was in flight at the end of its grant (entry `began`) has ended with entry `link`.
void effect_ended_after_revocation(core::Context& step, const Notary& notary, const Grant& grant,
                                   int64_t began, const Link& link, std::string_view result);

/// When the first grant that has an end comes to it.
inline constexpr core::Lookup kFirstGrantToEnd = "SELECT min(ends_at) FROM grants WHERE ends_at IS NOT NULL";
/// Grants that stand and whose time is over; the alarm is set for the next one.
std::vector<Grant> grants_over(core::Context& step);

}  // namespace authority
