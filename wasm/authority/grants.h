// What a principal allowed a deputy, and whether it still stands.
//
// A grant is made when its human allows a client; it ends once and for good. The row stays after the end, so
// that who was allowed what can be told later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage.h"
#include "core/time.h"

namespace authority {

struct Grant {
  std::string id;
  std::string client_id;
  std::string client_name;
  /// OAuth scopes that the human allowed, and those that the client had asked for.
  std::vector<std::string> scopes;
  std::vector<std::string> requested_scopes;
  /// The human, as the identity provider named them at consent.
  std::string subject;
  std::string email;
  std::string name;
  std::string identity_session;
  std::vector<std::string> permissions;
  core::Instant created_at;
  std::optional<core::Instant> ended_at;
};

/// Permissions of the identity provider that were taken into a grant are relied on for this long.
inline constexpr core::Duration kPermissionLifetime = core::hours(1);

/// Creates what grants need. Safe to repeat.
void create_grants_schema(core::Storage& storage);

/// Keeps a new grant; nothing happens where one of that id is there already.
void add_grant(core::Storage& storage, const Grant& grant);
/// Nothing where there never was one.
std::optional<Grant> find_grant(core::Storage& storage, std::string_view id);
/// The newest standing grant of the same client that was made after this one: what replaced it. Nothing where
/// there is none.
std::optional<std::string> find_successor(core::Storage& storage, std::string_view id);
/// Ends a grant that stands: true if it stood until now.
enum class Ended { now, before_or_never };
Ended end_grant(core::Storage& storage, std::string_view id, std::string_view reason, core::Instant now);

}  // namespace authority
