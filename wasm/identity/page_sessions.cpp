#include "identity/page_sessions.h"

#include <algorithm>

#include "identity/cookies.h"
#include "identity/principal_id.h"

namespace identity {

namespace {

constexpr std::string_view kCookie = "__Host-authority";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

void create_page_sessions_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS page_sessions (id TEXT PRIMARY KEY, subject TEXT NOT NULL, email TEXT NOT "
      "NULL, name TEXT NOT NULL, identity_session TEXT NOT NULL, permissions TEXT NOT NULL, impersonated "
      "INTEGER NOT NULL, csrf TEXT NOT NULL, signed_in_at INTEGER NOT NULL, opened_at INTEGER NOT NULL, "
      "expires_at INTEGER NOT NULL) WITHOUT ROWID");
}

std::string open_page_session(const Person& person, std::string_view former, core::Context& step) {
  core::Storage& storage = *step.storage;
  storage.query("DELETE FROM page_sessions WHERE expires_at <= ? OR id = ?", {step.now.milliseconds, former});
  storage.query(
      "DELETE FROM page_sessions WHERE id IN (SELECT id FROM page_sessions ORDER BY opened_at DESC, id LIMIT "
      "-1 "
      "OFFSET ?)",
      {kMaxPageSessions - 1});
  const std::string secret = core::base64url(step.entropy.bytes(32));
  const std::string csrf = core::base64url(step.entropy.bytes(32));
  // A token that says when the human proved who they are is believed where that was earlier: AuthKit's own
  // session may be older than this visit.
  const core::Instant signed_in_at = std::min(person.authenticated_at.value_or(step.now), step.now);
  const int64_t impersonated = person.impersonation == Impersonation::none ? 0 : 1;
  storage.query(
      "INSERT INTO page_sessions (id, subject, email, name, identity_session, permissions, impersonated, "
      "csrf, "
      "signed_in_at, opened_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {page_session_id(step.crypto, secret), person.user.subject, person.user.email, person.user.name,
       person.session, joined(person.permissions), impersonated, csrf, signed_in_at.milliseconds,
       step.now.milliseconds, (step.now + kPageSessionLifetime).milliseconds});
  return secret;
}

std::optional<PageSession> find_page_session(std::string_view secret, core::Context& step) {
  PageSession session;
  session.id = page_session_id(step.crypto, secret);
  const core::Rows rows = step.storage->query(
      "SELECT subject, email, name, identity_session, permissions, impersonated, csrf, signed_in_at, "
      "expires_at FROM page_sessions WHERE id = ? AND expires_at > ?",
      {session.id, step.now.milliseconds});
  if (rows.empty()) return std::nullopt;
  session.person.user = {std::string(rows.text(0, 0)), std::string(rows.text(0, 1)),
                         std::string(rows.text(0, 2))};
  session.person.session = std::string(rows.text(0, 3));
  for (std::string_view permission : core::split(rows.text(0, 4), ' ')) {
    session.person.permissions.emplace_back(permission);
  }
  session.person.impersonation =
      rows.integer(0, 5) == 0 ? Impersonation::none : Impersonation::by_administrator;
  session.csrf = std::string(rows.text(0, 6));
  session.signed_in_at = core::Instant{rows.integer(0, 7)};
  session.expires_at = core::Instant{rows.integer(0, 8)};
  return session;
}

void close_page_session(core::Storage& storage, std::string_view id) {
  storage.query("DELETE FROM page_sessions WHERE id = ?", {id});
}

void close_page_sessions_of(core::Storage& storage, std::string_view identity_session) {
  storage.query("DELETE FROM page_sessions WHERE identity_session = ?", {identity_session});
}

void close_all_page_sessions(core::Storage& storage) {
  storage.query("DELETE FROM page_sessions");
}

bool may_allow(const PageSession& session) {
  return session.person.impersonation == Impersonation::none;
}

bool signed_in_within(const PageSession& session, core::Duration age, core::Instant now) {
  return now < session.signed_in_at + age;
}

bool may_administer(const PageSession& session) {
  const std::vector<std::string>& permissions = session.person.permissions;
  return may_allow(session) &&
         std::find(permissions.begin(), permissions.end(), kAdminPermission) != permissions.end();
}

std::optional<PageCookie> page_cookie(const core::Request& request, const Keys& keys) {
  const std::optional<std::string> value = cookie(request, kCookie);
  const size_t dot = value ? value->find('.') : std::string::npos;
  if (dot == std::string::npos) return std::nullopt;
  const std::optional<std::string> name = verified_name(keys, std::string_view(*value).substr(0, dot));
  if (!name) return std::nullopt;
  return PageCookie{*name, value->substr(dot + 1)};
}

std::string page_session_id(core::Crypto& crypto, std::string_view secret) {
  return core::hex(crypto.sha256(secret));
}

std::string set_page_cookie(std::string_view user_id, std::string_view secret) {
  return set_cookie(kCookie, std::string(user_id).append(".").append(secret), kPageSessionLifetime);
}

std::string clear_page_cookie() {
  return clear_cookie(kCookie);
}

}  // namespace identity
