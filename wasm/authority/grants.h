// What a principal allowed a deputy, and whether it still stands.
//
// A grant is made when its human allows a client; it ends once and for good. The row stays after the end, so
// that who was allowed what can be told later. Its life is the table in `lifecycle.h`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/decide.h"
#include "core/storage.h"
#include "core/time.h"

namespace authority {

struct Grant {
  std::string id;
  /// The pseudonym of whose deputy it is.
  std::string principal;
  std::string client_id;
  std::string client_name;
  /// How the human can tell who that is: "its document at example.com", and where its answers go.
  std::string client_known_by;
  std::string client_host;
  Terms terms;
  /// What the human read when they allowed it (`sentence.h`).
  std::string sentence;
  /// The human, as the identity provider named them at consent.
  std::string subject;
  std::string email;
  std::string name;
  std::string identity_session;
  std::vector<std::string> permissions;
  core::Instant created_at;
  std::optional<core::Instant> ended_at;
  /// Why it ended: one of the `kBy...` below.
  std::string end_reason;
};

inline constexpr std::string_view kByHuman = "human";
inline constexpr std::string_view kByAdministrator = "administrator";
/// RFC 7009, or what the OAuth provider ends by itself: a code that was used twice.
inline constexpr std::string_view kByClient = "client";
inline constexpr std::string_view kByReplay = "refresh_token_replayed";
inline constexpr std::string_view kByDeletedUser = "user_deleted";
inline constexpr std::string_view kBySignOut = "signed_out";
inline constexpr std::string_view kByTime = "expired";
inline constexpr std::string_view kByNewGrant = "replaced";
/// A client that nobody knew came after its human had ended all deputies.
inline constexpr std::string_view kByClosedDoor = "not_let_in";

/// Permissions of the identity provider that were taken into a grant are relied on for this long.
inline constexpr core::Duration kPermissionLifetime = core::hours(1);

/// Keeps a new grant; nothing happens where one of that id is there already.
void add_grant(core::Storage& storage, const Grant& grant);
/// Nothing where there never was one.
std::optional<Grant> find_grant(core::Storage& storage, std::string_view id);
/// Those that stand first, then the newest first.
std::vector<Grant> list_grants(core::Storage& storage, int64_t most);
std::vector<Grant> standing_grants(core::Storage& storage);
/// Those that stand though their time is over, by id.
std::vector<std::string> grants_ending_by(core::Storage& storage, core::Instant now);
/// When the next grant's time is over; nothing where none of those that stand has an end to come.
std::optional<core::Instant> next_end(core::Storage& storage, core::Instant now);
/// The newest grant of a client, whether it stands or not.
std::optional<Grant> newest_grant_of(core::Storage& storage, std::string_view client_id);
/// The newest standing grant of the same client that was made after this one: what replaced it. Nothing where
/// there is none.
std::optional<std::string> find_successor(core::Storage& storage, std::string_view id);

/// Ends a grant that stands: `now` if it stood until now.
enum class Ended { now, before_or_never };
Ended end_grant(core::Storage& storage, std::string_view id, Event event, std::string_view reason,
                core::Instant now);
/// Moves a grant that stands to what `lifecycle.h` says.
void happen(core::Storage& storage, std::string_view id, Event event);

/// More scopes for a grant that stands: the human allowed them at the issuer.
void widen_scopes(core::Storage& storage, std::string_view id, const std::vector<std::string>& scopes,
                  std::string_view sentence);
/// Other bounds for a grant that stands.
void set_bounds(core::Storage& storage, std::string_view id, const Bounds& bounds, std::string_view sentence);

}  // namespace authority
