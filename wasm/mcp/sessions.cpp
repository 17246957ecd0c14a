#include "mcp/sessions.h"

#include <vector>

#include "mcp/session_id.h"
#include "mcp/streams.h"

namespace mcp {

namespace {

/// The keys of a grant's ids: one of its own, and those of grants that it replaced. What began up to
/// `ended_to` has ended.
constexpr core::Lookup kKeys = "SELECT key, ended_to FROM session_keys WHERE grant_id = ?";
constexpr core::Lookup kKept =
    "SELECT revision, features, created_at, log_level, ended FROM sessions WHERE id = ? AND grant_id = ?";
/// The numbers of what is kept have no gap: the last one says how much there is.
constexpr core::Lookup kCount = "SELECT max(number) FROM sessions";

/// Ids that were found to be made with their key.
struct KnownIds {
  static constexpr size_t kMost = 64;
  struct Known {
    std::string id;
    std::string key;
    SessionFacts facts;
  };
  std::vector<Known> all;

  void add(Known known) {
    if (all.size() == kMost) all.erase(all.begin());
    all.push_back(std::move(known));
  }
};

std::optional<SessionFacts> facts_of(core::Context& step, std::string_view id, std::string_view key) {
  KnownIds& known = step.storage->memory<KnownIds>();
  for (const KnownIds::Known& each : known.all) {
    if (each.id == id && each.key == key) return each.facts;
  }
  const std::optional<SessionFacts> facts = read_session_id(id, key, step.crypto);
  if (facts) known.add({std::string(id), std::string(key), *facts});
  return facts;
}

/// What the grant's next session is known by.
std::string key_for(core::Context& step, std::string_view grant_id) {
  const auto keys = step.storage->look_up(kKeys, {grant_id});
  if (!keys->empty()) return std::string(keys->text(0, 0));
  const std::string key = step.entropy.identifier();
  step.storage->query("INSERT INTO session_keys (grant_id, key, ended_to) VALUES (?, ?, 0)",
                      {grant_id, std::string_view(key)});
  return key;
}

int64_t count_kept(core::Storage& storage) {
  return storage.look_up(kCount)->integer(0, 0);
}

/// Most sessions have nothing but their row, and most objects nothing of this at all.
void drop_belongings(core::Context& step, std::string_view session_id) {
  core::Storage& storage = *step.storage;
  const auto any = [&](core::Lookup last) { return !storage.look_up(last)->is_null(0, 0); };
  if (any(kAnyStream)) {
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

/// The row that makes room for another.
std::string push_out(core::Context& step) {
  core::Storage& storage = *step.storage;
  const core::Rows first =
      storage.query("SELECT id, grant_id, created_at FROM sessions ORDER BY ended DESC, created_at LIMIT 1");
  // Without its row its id would be good again.
  storage.query("UPDATE session_keys SET ended_to = max(ended_to, ?) WHERE grant_id = ?",
                {first.integer(0, 2), first.text(0, 1)});
  drop_belongings(step, first.text(0, 0));
  return std::string(first.text(0, 0));
}

enum class Fate : int64_t { goes_on = 0, ended = 1 };

void keep(core::Context& step, std::string_view grant_id, const Session& session, Fate fate) {
  core::Storage& storage = *step.storage;
  const auto set = [&](std::string_view row) {
    storage.query(
        "UPDATE sessions SET id = ?, grant_id = ?, revision = ?, features = ?, created_at = ?, seen_at = ?,"
        " log_level = ?, ended = ? WHERE id = ?",
        {std::string_view(session.id), grant_id, name(session.revision), session.features.bits(),
         session.begun.milliseconds, step.now.milliseconds, name(session.log_level),
         static_cast<int64_t>(fate), row});
  };
  if (!storage.look_up(kKept, {std::string_view(session.id), grant_id})->empty()) return set(session.id);
  const int64_t count = count_kept(storage);
  if (count >= kMaxKeptSessions) return set(push_out(step));
  storage.query(
      "INSERT INTO sessions (id, grant_id, revision, client_name, client_version, features, created_at, "
      "seen_at, log_level, ended, number) VALUES (?, ?, ?, '', '', ?, ?, ?, ?, ?, ?)",
      {std::string_view(session.id), grant_id, name(session.revision), session.features.bits(),
       session.begun.milliseconds, step.now.milliseconds, name(session.log_level), static_cast<int64_t>(fate),
       count + 1});
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

void add_session_keys(core::Storage& storage) {
  storage.query("ALTER TABLE sessions ADD COLUMN ended INTEGER NOT NULL DEFAULT 0");
  storage.query("DROP INDEX sessions_by_seen");
  storage.query("CREATE INDEX sessions_to_go ON sessions (ended DESC, created_at)");
  storage.query(
      "CREATE TABLE session_keys ("
      " grant_id TEXT NOT NULL,"
      " key TEXT NOT NULL,"
      " ended_to INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, key)"
      ") WITHOUT ROWID");
}

Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientFeatures features) {
  const SessionFacts facts{revision, features, step.now};
  std::string key = key_for(step, grant_id);
  const std::string id = make_session_id(facts, key, step);
  step.storage->memory<KnownIds>().add({id, std::move(key), facts});
  return {id, revision, features, step.now};
}

std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id) {
  core::Storage& storage = *step.storage;
  if (count_kept(storage) > 0) {
    const auto kept = storage.look_up(kKept, {id, grant_id});
    if (!kept->empty()) {
      const std::optional<Revision> revision = legacy_revision(kept->text(0, 0));
      if (!revision || kept->integer(0, 4) != 0) return std::nullopt;
      return Session{std::string(id), *revision, ClientFeatures::from_bits(kept->integer(0, 1)),
                     core::Instant{kept->integer(0, 2)},
                     log_level(kept->text(0, 3)).value_or(LogLevel::info)};
    }
  }
  const auto keys = storage.look_up(kKeys, {grant_id});
  for (size_t i = 0; i < keys->size(); ++i) {
    const std::optional<SessionFacts> facts = facts_of(step, id, keys->text(i, 0));
    if (!facts) continue;
    if (facts->begun.milliseconds <= keys->integer(i, 1)) return std::nullopt;
    return Session{std::string(id), facts->revision, facts->features, facts->begun};
  }
  return std::nullopt;
}

void keep_session(core::Context& step, std::string_view grant_id, const Session& session) {
  const auto kept = step.storage->look_up(kKept, {std::string_view(session.id), grant_id});
  if (!kept->empty() && kept->text(0, 3) == name(session.log_level)) return;
  keep(step, grant_id, session, Fate::goes_on);
}

void end_session(core::Context& step, std::string_view grant_id, const Session& session) {
  drop_belongings(step, session.id);
  keep(step, grant_id, session, Fate::ended);
}

void end_sessions(core::Context& step, std::string_view grant_id) {
  core::Storage& storage = *step.storage;
  const core::Rows kept = storage.query("SELECT id FROM sessions WHERE grant_id = ?", {grant_id});
  for (size_t i = 0; i < kept.size(); ++i) {
    drop_belongings(step, kept.text(i, 0));
    const core::Rows gone =
        storage.query("DELETE FROM sessions WHERE id = ? RETURNING number", {kept.text(i, 0)});
    // The last one fills the gap.
    storage.query(
        "UPDATE sessions SET number = ?1 WHERE number = (SELECT max(number) FROM sessions) AND number > ?1",
        {gone.integer(0, 0)});
  }
  storage.query("DELETE FROM session_keys WHERE grant_id = ?", {grant_id});
}

void hand_on_sessions(core::Storage& storage, std::string_view from_grant, std::string_view to_grant) {
  storage.query("UPDATE sessions SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
  storage.query("UPDATE session_keys SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
}

}  // namespace mcp
