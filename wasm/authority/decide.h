// The decision on one action of a deputy: a pure function of the grant's terms, of how things stand, of the
// action and of the time. Everything that it reads is in its arguments, so that each decision can be made
// again from the audit trail (`replay.h`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/bounds.h"
#include "authority/lifecycle.h"
#include "core/time.h"

namespace authority {

/// What of a grant decides.
struct Terms {
  State state = State::active;
  /// OAuth scopes that the human allowed, and those that the client had asked for.
  std::vector<std::string> scopes;
  std::vector<std::string> requested_scopes;
  Bounds bounds;
};

/// What was used up of one measure in one period: for good, and held by what has begun and not ended.
struct Used {
  std::string measure;
  Period per = Period::action;
  int64_t settled = 0;
  int64_t held = 0;
  /// When the first of it is free again.
  std::optional<core::Instant> frees_at = {};
};

/// How things stand besides the grant itself. What is not listed is zero.
struct Standing {
  /// Causes of the pauses in force, of this grant or of all.
  std::vector<std::string> pauses;
  std::vector<Used> used;
  /// The human's limits over all of their deputies together. Unlike a grant's, a measure without one has
  /// none.
  std::vector<Limit> ceilings;
  std::vector<Used> used_by_all;
};

struct Cost {
  std::string measure;
  /// 0 to kMaxAmount. What costs nothing needs no limit.
  int64_t amount = 0;
};

/// What a deputy wants to do.
struct Action {
  /// The name of the tool that it uses, as bounds name it; empty where it uses none.
  std::string tool;
  /// The OAuth scope that it takes.
  std::string scope;
  /// The cause of a pause that does not stop this action (the demo tools lift the demo pause); empty for
  /// none.
  std::string exempt_from_pause = {};
  /// Those of one measure count together.
  std::vector<Cost> costs = {};
  /// What the human said of this very action.
  enum class Approval { none, given, refused } approval = Approval::none;
};

enum class Outcome { allow, deny, ask };

enum class Reason {
  allowed,
  grant_revoked,
  grant_expired,
  grant_replaced,
  scope_declined,     // the client asked for the scope, the human did not allow it
  scope_never_asked,  // the client may ask for it (RFC 6750 section 3.1, insufficient_scope)
  tool_not_allowed,
  paused,
  invalid_cost,
  nothing_allowed,  // no limit was chosen for what it costs
  over_limit,       // it alone is more than is allowed at once
  limit_reached,    // it does not fit into what is left
  over_ceiling,
  ceiling_reached,
  approval_refused,
  approval_required,
};
/// As it stands in the audit trail.
std::string_view name(Reason reason);
std::string_view name(Outcome outcome);

struct Decision {
  Outcome outcome = Outcome::allow;
  Reason reason = Reason::allowed;
  /// With `paused`: the cause that stops the action.
  std::string pause = {};
  /// Of limits, ceilings and thresholds: which one (`most` is the threshold's amount), what is used of it,
  /// and what was asked for.
  std::optional<Limit> limit = {};
  int64_t used = 0;
  int64_t asked = 0;
  std::optional<core::Instant> frees_at = {};
};

Decision decide(const Terms& terms, const Standing& standing, const Action& action, core::Instant now);

}  // namespace authority
