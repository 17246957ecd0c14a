#include "mcp/sessions.h"

#include "mcp/streams.h"

namespace mcp {

namespace {

/// At most kMaxClientText bytes, cut between characters.
std::string_view clip(std::string_view text) {
  if (text.size() <= kMaxClientText) return text;
  size_t end = kMaxClientText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

constexpr core::Lookup kSession =
    "SELECT revision, seen_at, features, log_level FROM sessions WHERE id = ? AND grant_id = ?";
/// The numbers of sessions have no gap: the last one says how many there are.
constexpr core::Lookup kOpen = "SELECT max(number) FROM sessions";

int64_t open_sessions(core::Storage& storage) {
  return storage.look_up(kOpen)->integer(0, 0);
}

/// Most sessions have nothing but their row, and most objects nothing of this at all.
void drop_belongings(core::Context& step, std::string_view session_id) {
  core::Storage& storage = *step.storage;
  const auto any = [&](core::Lookup last) { return !storage.look_up(last)->is_null(0, 0); };
  if (any("SELECT max(id) FROM streams")) {
    const core::Rows streams = storage.query("SELECT id FROM streams WHERE session_id = ?", {session_id});
    for (size_t i = 0; i < streams.size(); ++i) drop_stream(step, streams.text(i, 0));
  }
  if (any("SELECT max(topic) FROM subscriptions")) {
    storage.query("DELETE FROM subscriptions WHERE holder = ?", {session_id});
  }
  if (any("SELECT max(id) FROM elicitations")) {
    storage.query("DELETE FROM elicitations WHERE session_id = ?", {session_id});
  }
}

std::string longest_silent(core::Storage& storage) {
  return std::string(
      storage.query("SELECT id FROM sessions ORDER BY seen_at, created_at, id LIMIT 1").text(0, 0));
}

}  // namespace

void create_sessions_schema(core::Storage& storage) {
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

void add_session_features(core::Storage& storage) {
  storage.query("ALTER TABLE sessions ADD COLUMN features INTEGER NOT NULL DEFAULT 0");
  storage.query("ALTER TABLE sessions ADD COLUMN log_level TEXT NOT NULL DEFAULT 'info'");
}

void number_sessions(core::Storage& storage) {
  storage.query("ALTER TABLE sessions ADD COLUMN number INTEGER NOT NULL DEFAULT 0");
  storage.query(
      "UPDATE sessions SET number = numbered.number FROM (SELECT id, row_number() OVER (ORDER BY id) AS "
      "number"
      " FROM sessions) AS numbered WHERE sessions.id = numbered.id");
  storage.query("CREATE INDEX sessions_by_number ON sessions (number)");
  storage.query("CREATE INDEX sessions_by_seen ON sessions (seen_at, created_at)");
  // A grant that ends may look at all of them, once.
  storage.query("DROP INDEX sessions_by_grant");
}

Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientDescription client, ClientFeatures features) {
  core::Storage& storage = *step.storage;
  Session session;
  session.id = step.entropy.identifier();
  session.revision = revision;
  session.features = features;
  const int64_t now = step.now.milliseconds;
  int64_t open = open_sessions(storage);
  if (open < kMaxSessions) {
    ++open;
    storage.query(
        "INSERT INTO sessions (id, grant_id, revision, client_name, client_version, created_at, seen_at, "
        "features, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {std::string_view(session.id), grant_id, name(revision), clip(client.name), clip(client.version), now,
         now, features.bits(), open});
  } else {
    // In the place of the one that is pushed out, and under its number.
    const std::string former = longest_silent(storage);
    drop_belongings(step, former);
    storage.query(
        "UPDATE sessions SET id = ?, grant_id = ?, revision = ?, client_name = ?, client_version = ?,"
        " created_at = ?, seen_at = ?, features = ?, log_level = ? WHERE id = ?",
        {std::string_view(session.id), grant_id, name(revision), clip(client.name), clip(client.version), now,
         now, features.bits(), name(session.log_level), std::string_view(former)});
  }
  storage.remember(kOpen, {}, {open});
  storage.remember(kSession, {std::string_view(session.id), grant_id},
                   {name(revision), now, features.bits(), name(session.log_level)});
  return session;
}

std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id) {
  const auto rows = step.storage->look_up(kSession, {id, grant_id});
  if (rows->empty()) return std::nullopt;
  const std::optional<Revision> revision = legacy_revision(rows->text(0, 0));
  if (!revision) return std::nullopt;

  const core::Instant seen{rows->integer(0, 1)};
  if (step.now - seen >= kSeenGranularity) {
    step.storage->query("UPDATE sessions SET seen_at = ? WHERE id = ?", {step.now.milliseconds, id});
  }
  return Session{std::string(id), *revision, ClientFeatures::from_bits(rows->integer(0, 2)),
                 log_level(rows->text(0, 3)).value_or(LogLevel::info)};
}

void set_log_level(core::Storage& storage, std::string_view id, LogLevel level) {
  storage.query("UPDATE sessions SET log_level = ? WHERE id = ?", {name(level), id});
}

void end_session(core::Context& step, std::string_view id) {
  drop_belongings(step, id);
  const core::Rows gone = step.storage->query("DELETE FROM sessions WHERE id = ? RETURNING number", {id});
  if (gone.empty()) return;
  // The last one fills the gap.
  step.storage->query(
      "UPDATE sessions SET number = ?1 WHERE number = (SELECT max(number) FROM sessions) AND number > ?1",
      {gone.integer(0, 0)});
}

}  // namespace mcp
