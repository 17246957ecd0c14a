#include "authority/grants.h"

#include "core/http.h"

namespace authority {

namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ' ';
    text += part;
  }
  return text;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::string_view word : core::split(text, ' ')) out.emplace_back(word);
  return out;
}

}  // namespace

void create_grants_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS grants ("
      "id TEXT PRIMARY KEY, client_id TEXT NOT NULL, client_name TEXT NOT NULL, scopes TEXT NOT NULL, "
      "requested_scopes TEXT NOT NULL, subject TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, "
      "identity_session TEXT NOT NULL, permissions TEXT NOT NULL, created_at INTEGER NOT NULL, "
      "ended_at INTEGER, end_reason TEXT) WITHOUT ROWID");
}

void add_grant(core::Storage& storage, const Grant& grant) {
  storage.query(
      "INSERT INTO grants (id, client_id, client_name, scopes, requested_scopes, subject, email, name, "
      "identity_session, permissions, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
      "NOTHING",
      {grant.id, grant.client_id, grant.client_name, join(grant.scopes), join(grant.requested_scopes),
       grant.subject, grant.email, grant.name, grant.identity_session, join(grant.permissions),
       grant.created_at.milliseconds});
}

std::optional<Grant> find_grant(core::Storage& storage, std::string_view id) {
  const core::Rows rows = storage.query(
      "SELECT client_id, client_name, scopes, requested_scopes, subject, email, name, identity_session, "
      "permissions, "
      "created_at, ended_at FROM grants WHERE id = ?",
      {id});
  if (rows.empty()) return std::nullopt;
  Grant grant;
  grant.id = std::string(id);
  grant.client_id = std::string(rows.text(0, 0));
  grant.client_name = std::string(rows.text(0, 1));
  grant.scopes = words(rows.text(0, 2));
  grant.requested_scopes = words(rows.text(0, 3));
  grant.subject = std::string(rows.text(0, 4));
  grant.email = std::string(rows.text(0, 5));
  grant.name = std::string(rows.text(0, 6));
  grant.identity_session = std::string(rows.text(0, 7));
  grant.permissions = words(rows.text(0, 8));
  grant.created_at = core::Instant{rows.integer(0, 9)};
  if (!rows.is_null(0, 10)) grant.ended_at = core::Instant{rows.integer(0, 10)};
  return grant;
}

std::optional<std::string> find_successor(core::Storage& storage, std::string_view id) {
  const core::Rows rows = storage.query(
      "SELECT newer.id FROM grants AS old JOIN grants AS newer ON newer.client_id = old.client_id "
      "WHERE old.id = ? AND newer.id <> old.id AND newer.ended_at IS NULL AND newer.created_at >= "
      "old.created_at "
      "ORDER BY newer.created_at DESC LIMIT 1",
      {id});
  return rows.empty() ? std::nullopt : rows.optional_text(0, 0);
}

Ended end_grant(core::Storage& storage, std::string_view id, std::string_view reason, core::Instant now) {
  const core::Rows rows = storage.query(
      "UPDATE grants SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL RETURNING id",
      {now.milliseconds, reason, id});
  return rows.empty() ? Ended::before_or_never : Ended::now;
}

}  // namespace authority
