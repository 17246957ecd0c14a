// The decision on one action of a deputy: a pure function of the grant, of how things stand, and of the
// action.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "authority/grants.h"

namespace authority {

/// What a deputy wants to do.
struct Action {
  /// The OAuth scope that it takes.
  std::string_view scope;
  /// The cause of a pause that does not stop this action (the demo tools lift the demo pause); empty for
  /// none.
  std::string_view exempt_from_pause;
};

/// How things stand besides the grant itself.
struct Standing {
  /// Causes of the pauses in force.
  std::vector<std::string> pauses;
};

enum class Reason {
  allowed,
  grant_ended,
  paused,
  scope_declined,     // the client asked for the scope, the human did not allow it
  scope_never_asked,  // the client may ask for it (RFC 6750 section 3.1, insufficient_scope)
};

struct Decision {
  Reason reason = Reason::allowed;
  /// With `paused`: the cause that stops the action.
  std::string pause_cause;
};

Decision decide(const Grant& grant, const Standing& standing, const Action& action);

/// The pauses in force for this principal.
Standing standing(core::Storage& storage);

}  // namespace authority
