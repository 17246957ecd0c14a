#include "authority/decide.h"

#include <algorithm>

namespace authority {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

Decision decide(const Grant& grant, const Standing& standing, const Action& action) {
  if (grant.ended_at) return {Reason::grant_ended, {}};
  if (!contains(grant.scopes, action.scope)) {
    return {
        contains(grant.requested_scopes, action.scope) ? Reason::scope_declined : Reason::scope_never_asked,
        {}};
  }
  for (const std::string& cause : standing.pauses) {
    if (cause != action.exempt_from_pause) return {Reason::paused, cause};
  }
  return {};
}

Standing standing(core::Storage& storage) {
  const core::Rows rows = storage.query("SELECT cause FROM pauses ORDER BY cause");
  Standing result;
  for (size_t i = 0; i < rows.size(); ++i) result.pauses.emplace_back(rows.text(i, 0));
  return result;
}

}  // namespace authority
