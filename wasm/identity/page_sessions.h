// Who is signed in to the authority page: a row in the principal's object for each browser, and a cookie
// that names it.
//
// The cookie is `<user id>.<secret>`. The user id carries a MAC (principal_id.h), so that the Worker asks no
// object for a made-up one; the secret is 256 random bits, of which the object keeps the SHA-256 alone. A
// session says who the human is and how fresh their sign-in is; what they may do with it is told by the
// functions below, on every request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"
#include "identity/authkit.h"
#include "identity/keys.h"

namespace identity {

inline constexpr core::Duration kPageSessionLifetime = core::hours(12);
/// Of one person; the oldest goes first.
inline constexpr int64_t kMaxPageSessions = 20;

/// The permission of administrators, in WorkOS.
inline constexpr std::string_view kAdminPermission = "shop:admin";
/// How long ago somebody may have signed in who approves, or takes bounds away.
inline constexpr core::Duration kFreshForApproval = core::minutes(10);
/// The same for what an administrator does.
inline constexpr core::Duration kFreshForAdmin = core::minutes(5);
/// Permissions come with a sign-in and are believed for this long: they may have been taken away since.
inline constexpr core::Duration kPermissionsBelieved = core::hours(1);

struct PageSession {
  /// Of the secret, as hexadecimal SHA-256: the row's name. No secret.
  std::string id;
  Person person;
  /// Sent by the page's own script with each change (the header X-CSRF).
  std::string csrf;
  /// When the human proved who they are: never later than our callback.
  core::Instant signed_in_at;
  core::Instant expires_at;
};

/// Creates what page sessions need. Safe to repeat.
void create_page_sessions_schema(core::Storage& storage);

/// A new session for somebody whose sign-in has just been verified; gives its secret. The one that this
/// browser had before (`former`, a session's id or empty) ends.
std::string open_page_session(const Person& person, std::string_view former, core::Context& step);
/// Nothing where there is none, or none any more.
std::optional<PageSession> find_page_session(std::string_view secret, core::Context& step);

void close_page_session(core::Storage& storage, std::string_view id);
/// Those that began in a session of AuthKit (`sid`).
void close_page_sessions_of(core::Storage& storage, std::string_view identity_session);
void close_all_page_sessions(core::Storage& storage);

// ---- What a session allows ----

/// The human, and nobody on their behalf: only they grant, widen and approve.
bool may_allow(const PageSession& session);
/// The sign-in is younger than `age`.
bool signed_in_within(const PageSession& session, core::Duration age, core::Instant now);
/// An administrator in person. Nobody is one by impersonating one.
bool may_administer(const PageSession& session);

// ---- The cookie ----

/// What a request's cookie says; a MAC that is not ours says nothing.
struct PageCookie {
  std::string principal;
  std::string secret;
};
std::optional<PageCookie> page_cookie(const core::Request& request, const Keys& keys);
/// The id of the session that a secret opens.
std::string page_session_id(core::Crypto& crypto, std::string_view secret);

/// Values of Set-Cookie.
std::string set_page_cookie(std::string_view user_id, std::string_view secret);
std::string clear_page_cookie();

}  // namespace identity
