#include "mcp/sessions.h"

#include "mcp/server.h"

namespace mcp {

namespace {

/// At most kMaxClientText bytes, cut between characters.
std::string_view clip(std::string_view text) {
  if (text.size() <= kMaxClientText) return text;
  size_t end = kMaxClientText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void make_room(core::Storage& storage) {
  const int64_t open = storage.query("SELECT count(*) FROM sessions").integer(0, 0);
  if (open < kMaxSessions) return;
  storage.query(
      "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions ORDER BY seen_at, created_at, id LIMIT ?)",
      {open - kMaxSessions + 1});
}

}  // namespace

void create_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS sessions ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " revision TEXT NOT NULL,"
      " client_name TEXT NOT NULL,"
      " client_version TEXT NOT NULL,"
      " created_at INTEGER NOT NULL,"
      " seen_at INTEGER NOT NULL"
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX IF NOT EXISTS sessions_by_grant ON sessions (grant_id)");
}

void end_sessions(core::Storage& storage, std::string_view grant_id) {
  storage.query("DELETE FROM sessions WHERE grant_id = ?", {grant_id});
}

void move_sessions(core::Storage& storage, std::string_view from_grant, std::string_view to_grant) {
  storage.query("UPDATE sessions SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
}

Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientDescription client) {
  make_room(*step.storage);
  const Session session{step.entropy.identifier(), revision};
  const int64_t now = step.now.milliseconds;
  step.storage->query(
      "INSERT INTO sessions (id, grant_id, revision, client_name, client_version, created_at, seen_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      {std::string_view(session.id), grant_id, name(revision), clip(client.name), clip(client.version), now,
       now});
  return session;
}

std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id) {
  const core::Rows rows = step.storage->query(
      "SELECT revision, seen_at FROM sessions WHERE id = ? AND grant_id = ?", {id, grant_id});
  if (rows.empty()) return std::nullopt;
  const std::optional<Revision> revision = legacy_revision(rows.text(0, 0));
  if (!revision) return std::nullopt;

  const core::Instant seen{rows.integer(0, 1)};
  if (step.now - seen >= kSeenGranularity) {
    step.storage->query("UPDATE sessions SET seen_at = ? WHERE id = ?", {step.now.milliseconds, id});
  }
  return Session{std::string(id), *revision};
}

void end_session(core::Storage& storage, std::string_view id) {
  storage.query("DELETE FROM sessions WHERE id = ?", {id});
}

}  // namespace mcp
