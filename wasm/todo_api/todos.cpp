#include "todo_api/todos.h"

#include "core/uuid.h"

namespace todo_api {

namespace {

using core::Overloaded;

std::string digest(core::Crypto& crypto, std::string_view text) {
  return core::base64url(crypto.sha256(text));
}

Prospect prospect_of_addition(const Addition& addition, const Actor& actor, core::Context& step) {
  core::Storage& storage = *step.storage;
  const core::Rows before =
      storage.query("SELECT digest FROM idempotency_keys WHERE client_id = ? AND key = ? AND at > ?",
                    {actor.client_id, addition.key, (step.now - kKeyLifetime).milliseconds});
  if (!before.empty()) {
    const bool same = before.text(0, 0) == digest(step.crypto, addition.text);
    return same ? Prospect::made_before : Prospect::key_in_use;
  }
  const core::Rows todos = storage.query("SELECT count(*) FROM todos");
  return todos.integer(0, 0) < kMaxTodos ? Prospect::can_be_made : Prospect::full;
}

void remember_key(const Addition& addition, const Actor& actor, core::Context& step) {
  core::Storage& storage = *step.storage;
  storage.query("DELETE FROM idempotency_keys WHERE at <= ?", {(step.now - kKeyLifetime).milliseconds});
  storage.query("INSERT INTO idempotency_keys (client_id, key, digest, at) VALUES (?, ?, ?, ?)",
                {actor.client_id, addition.key, std::string_view(digest(step.crypto, addition.text)),
                 step.now.milliseconds});
  storage.query("DELETE FROM idempotency_keys WHERE seq <= (SELECT max(seq) FROM idempotency_keys) - ?",
                {kMaxKeys});
}

void record(std::string_view what, std::string_view id, const Actor& actor, core::Context& step) {
  core::Storage& storage = *step.storage;
  storage.query(
      "INSERT INTO changes (at, what, todo_id, subject, actors, client_id, token_id)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      {step.now.milliseconds, what, id, actor.subject,
       std::string_view(core::json_text(core::Json(actor.actors))), actor.client_id, actor.token_id});
  storage.query("DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - ?", {kMaxChanges});
}

bool exists(core::Storage& storage, std::string_view id) {
  return !storage.query("SELECT 1 FROM todos WHERE id = ?", {id}).empty();
}

void add(const Addition& addition, const Actor& actor, core::Context& step) {
  core::Storage& storage = *step.storage;
  const core::Rows rows = storage.query("SELECT max(id) FROM todos");
  const std::string id = core::uuid_v7_after(rows.text(0, 0), step.now, step.entropy);
  storage.query("INSERT INTO todos (id, text, completed) VALUES (?, ?, 0)", {id, addition.text});
  if (!addition.key.empty()) remember_key(addition, actor, step);
  record("added", id, actor, step);
}

void complete(const Completion& completion, const Actor& actor, core::Context& step) {
  const int64_t completed = completion.completed ? 1 : 0;
  const core::Rows rows =
      step.storage->query("UPDATE todos SET completed = ? WHERE id = ? AND completed <> ? RETURNING id",
                          {completed, completion.id, completed});
  if (rows.empty()) return;
  record(completion.completed ? "completed" : "reopened", completion.id, actor, step);
}

void remove(const Removal& removal, const Actor& actor, core::Context& step) {
  step.storage->query("DELETE FROM todos WHERE id = ?", {removal.id});
  record("deleted", removal.id, actor, step);
}

}  // namespace

void create_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS todos ("
      " id TEXT PRIMARY KEY,"
      " text TEXT NOT NULL,"
      " completed INTEGER NOT NULL"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE IF NOT EXISTS idempotency_keys ("
      " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
      " client_id TEXT NOT NULL,"
      " key TEXT NOT NULL,"
      " digest TEXT NOT NULL,"
      " at INTEGER NOT NULL,"
      " UNIQUE (client_id, key)"
      ")");
  storage.query("CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys (at)");
  storage.query(
      "CREATE TABLE IF NOT EXISTS changes ("
      " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
      " at INTEGER NOT NULL,"
      " what TEXT NOT NULL,"
      " todo_id TEXT NOT NULL,"
      " subject TEXT NOT NULL,"
      " actors TEXT NOT NULL,"
      " client_id TEXT NOT NULL,"
      " token_id TEXT NOT NULL"
      ")");
}

std::string todos_json(core::Storage& storage) {
  const core::Rows rows = storage.query("SELECT id, text, completed FROM todos ORDER BY completed, id");
  std::string list;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (row > 0) list += ',';
    list += "{\"id\":" + core::json_quote(rows.text(row, 0)) +
            ",\"text\":" + core::json_quote(rows.text(row, 1)) +
            ",\"completed\":" + (rows.integer(row, 2) == 1 ? "true" : "false") + '}';
  }
  return "{\"todos\":[" + list + "]}";
}

std::string changes_json(core::Storage& storage) {
  const core::Rows rows = storage.query(
      "SELECT at, what, todo_id, subject, actors, client_id, token_id FROM changes ORDER BY seq DESC");
  std::string list;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (row > 0) list += ',';
    list += "{\"at\":" + core::json_quote(core::iso8601(core::Instant{rows.integer(row, 0)})) +
            ",\"change\":" + core::json_quote(rows.text(row, 1)) +
            ",\"todo\":" + core::json_quote(rows.text(row, 2)) +
            ",\"sub\":" + core::json_quote(rows.text(row, 3)) + ",\"act\":" + std::string(rows.text(row, 4)) +
            ",\"client_id\":" + core::json_quote(rows.text(row, 5)) +
            ",\"jti\":" + core::json_quote(rows.text(row, 6)) + '}';
  }
  return "{\"changes\":[" + list + "]}";
}

Prospect prospect_of(const Change& change, const Actor& actor, core::Context& step) {
  return std::visit(Overloaded{[&](const Addition& c) { return prospect_of_addition(c, actor, step); },
                               [&](const auto& c) {
                                 return exists(*step.storage, c.id) ? Prospect::can_be_made
                                                                    : Prospect::unknown_id;
                               }},
                    change);
}

void make(const Change& change, const Actor& actor, core::Context& step) {
  std::visit(Overloaded{[&](const Addition& c) { add(c, actor, step); },
                        [&](const Completion& c) { complete(c, actor, step); },
                        [&](const Removal& c) { remove(c, actor, step); }},
             change);
}

}  // namespace todo_api
