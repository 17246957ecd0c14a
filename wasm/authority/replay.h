// Decisions as canonical JSON: what an audit entry says of one, and how it is made again from that.
#pragma once

#include <string>
#include <string_view>

#include "authority/decide.h"

namespace authority {

/// Everything that `decide` reads: {"action", "now", "standing", "terms"}.
std::string decision_input(const Terms& terms, const Standing& standing, const Action& action,
                           core::Instant now);
/// What of a grant decides, alone.
std::string terms_json(const Terms& terms);
/// What it gave: {"outcome", "reason", ...}.
std::string decision_json(const Decision& decision);

/// Decides again on a text that `decision_input` wrote: the same decision, as JSON. Empty where the text is
/// none.
std::string replay(std::string_view input);

}  // namespace authority
