#include "authority/grants.h"

#include "authority/bounds.h"
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

core::Value moment(const std::optional<core::Instant>& instant) {
  return instant ? core::Value(instant->milliseconds) : core::Value();
}

Grant read(const core::Rows& rows, size_t row) {
  const auto text = [&](size_t column) { return std::string(rows.text(row, column)); };
  Grant grant;
  grant.id = text(0);
  grant.principal = text(1);
  grant.client_id = text(2);
  grant.client_name = text(3);
  grant.client_known_by = text(4);
  grant.client_host = text(5);
  grant.terms = {state_named(rows.text(row, 6)).value_or(State::revoked), words(rows.text(row, 7)),
                 words(rows.text(row, 8)), stored_bounds(rows.text(row, 9))};
  grant.sentence = text(10);
  grant.subject = text(11);
  grant.email = text(12);
  grant.name = text(13);
  grant.identity_session = text(14);
  grant.permissions = words(rows.text(row, 15));
  grant.created_at = core::Instant{rows.integer(row, 16)};
  if (!rows.is_null(row, 17)) grant.ended_at = core::Instant{rows.integer(row, 17)};
  grant.end_reason = text(18);
  return grant;
}

}  // namespace

void add_grant(core::Storage& storage, const Grant& grant) {
  // Which of a client's grants is the newest is told by this moment, also where the clock has gone back.
  storage.query(
      "INSERT INTO grants (id, principal, client_id, client_name, client_known_by, client_host, state, "
      "scopes, requested_scopes, bounds, sentence, subject, email, name, identity_session, permissions, "
      "ends_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
      " max(?, coalesce((SELECT max(created_at) FROM grants WHERE client_id = ?3), 0))) ON CONFLICT DO "
      "NOTHING",
      {grant.id, grant.principal, grant.client_id, grant.client_name, grant.client_known_by,
       grant.client_host, name(grant.terms.state), join(grant.terms.scopes),
       join(grant.terms.requested_scopes), bounds_json(grant.terms.bounds), grant.sentence, grant.subject,
       grant.email, grant.name, grant.identity_session, join(grant.permissions),
       moment(grant.terms.bounds.expires_at), grant.created_at.milliseconds});
}

std::optional<Grant> find_grant(core::Storage& storage, std::string_view id) {
  const auto rows = storage.look_up(
      "SELECT id, principal, client_id, client_name, client_known_by, client_host, state, scopes, "
      "requested_scopes, bounds, sentence, subject, email, name, identity_session, permissions, created_at, "
      "ended_at, end_reason FROM grants WHERE id = ?",
      {id});
  if (rows->empty()) return std::nullopt;
  return read(*rows, 0);
}

std::vector<Grant> list_grants(core::Storage& storage, int64_t most) {
  const core::Rows rows = storage.query(
      "SELECT id, principal, client_id, client_name, client_known_by, client_host, state, scopes, "
      "requested_scopes, bounds, sentence, subject, email, name, identity_session, permissions, created_at, "
      "ended_at, end_reason FROM grants ORDER BY ended_at IS NOT NULL, created_at DESC, id LIMIT ?",
      {most});
  std::vector<Grant> grants;
  for (size_t row = 0; row < rows.size(); ++row) grants.push_back(read(rows, row));
  return grants;
}

std::vector<Grant> standing_grants(core::Storage& storage) {
  const core::Rows rows = storage.query(
      "SELECT id, principal, client_id, client_name, client_known_by, client_host, state, scopes, "
      "requested_scopes, bounds, sentence, subject, email, name, identity_session, permissions, created_at, "
      "ended_at, end_reason FROM grants WHERE ended_at IS NULL ORDER BY created_at DESC, id");
  std::vector<Grant> grants;
  for (size_t row = 0; row < rows.size(); ++row) grants.push_back(read(rows, row));
  return grants;
}

std::vector<std::string> grants_ending_by(core::Storage& storage, core::Instant now) {
  const core::Rows rows =
      storage.query("SELECT id FROM grants WHERE ends_at <= ? ORDER BY ends_at", {now.milliseconds});
  std::vector<std::string> ids;
  for (size_t row = 0; row < rows.size(); ++row) ids.emplace_back(rows.text(row, 0));
  return ids;
}

std::optional<core::Instant> next_end(core::Storage& storage, core::Instant now) {
  const core::Rows rows =
      storage.query("SELECT min(ends_at) FROM grants WHERE ends_at > ?", {now.milliseconds});
  if (rows.is_null(0, 0)) return std::nullopt;
  return core::Instant{rows.integer(0, 0)};
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

Ended end_grant(core::Storage& storage, std::string_view id, Event event, std::string_view reason,
                core::Instant now) {
  const std::optional<Grant> grant = find_grant(storage, id);
  if (!grant || has_ended(grant->terms.state) || !has_ended(after(grant->terms.state, event))) {
    return Ended::before_or_never;
  }
  storage.query("UPDATE grants SET state = ?, ended_at = ?, end_reason = ?, ends_at = NULL WHERE id = ?",
                {name(after(grant->terms.state, event)), now.milliseconds, reason, id});
  return Ended::now;
}

void happen(core::Storage& storage, std::string_view id, Event event) {
  const std::optional<Grant> grant = find_grant(storage, id);
  if (!grant) return;
  storage.query("UPDATE grants SET state = ? WHERE id = ?", {name(after(grant->terms.state, event)), id});
}

std::optional<Grant> newest_grant_of(core::Storage& storage, std::string_view client_id) {
  const core::Rows rows = storage.query(
      "SELECT id FROM grants WHERE client_id = ? ORDER BY created_at DESC, ended_at IS NULL DESC LIMIT 1",
      {client_id});
  return rows.empty() ? std::nullopt : find_grant(storage, rows.text(0, 0));
}

void widen_scopes(core::Storage& storage, std::string_view id, const std::vector<std::string>& scopes,
                  std::string_view sentence) {
  storage.query(
      "UPDATE grants SET scopes = ?1, requested_scopes = ?1, sentence = ?2 WHERE id = ?3 AND ended_at IS "
      "NULL",
      {join(scopes), sentence, id});
}

void set_bounds(core::Storage& storage, std::string_view id, const Bounds& bounds,
                std::string_view sentence) {
  storage.query("UPDATE grants SET bounds = ?, sentence = ?, ends_at = ? WHERE id = ? AND ended_at IS NULL",
                {bounds_json(bounds), sentence, moment(bounds.expires_at), id});
}

}  // namespace authority
