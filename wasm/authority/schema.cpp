#include "authority/schema.h"

#include "authority/ledger.h"

namespace authority {

namespace {

/// As it was before grants had bounds.
void create_first(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS grants ("
      " id TEXT PRIMARY KEY,"
      " client_id TEXT NOT NULL,"
      " client_name TEXT NOT NULL,"
      " scopes TEXT NOT NULL,"
      " requested_scopes TEXT NOT NULL,"
      " subject TEXT NOT NULL,"
      " email TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " identity_session TEXT NOT NULL,"
      " permissions TEXT NOT NULL,"
      " created_at INTEGER NOT NULL,"
      " ended_at INTEGER,"
      " end_reason TEXT"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE IF NOT EXISTS pauses (cause TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID");
}

/// Grants of before have no bounds: they may look, and use up nothing, until their human chooses.
void add_bounds(core::Storage& storage) {
  storage.query("ALTER TABLE grants ADD COLUMN principal TEXT NOT NULL DEFAULT ''");
  storage.query("ALTER TABLE grants ADD COLUMN client_known_by TEXT NOT NULL DEFAULT ''");
  storage.query("ALTER TABLE grants ADD COLUMN client_host TEXT NOT NULL DEFAULT ''");
  storage.query("ALTER TABLE grants ADD COLUMN state TEXT NOT NULL DEFAULT 'active'");
  storage.query("ALTER TABLE grants ADD COLUMN bounds TEXT NOT NULL DEFAULT '{}'");
  storage.query("ALTER TABLE grants ADD COLUMN sentence TEXT NOT NULL DEFAULT ''");
  storage.query("UPDATE grants SET state = 'revoked' WHERE ended_at IS NOT NULL");
  storage.query(
      "UPDATE grants SET principal = coalesce((SELECT value FROM settings WHERE name = 'principal'), '')");

  storage.query("ALTER TABLE pauses RENAME TO pauses_of_all");
  storage.query(
      "CREATE TABLE pauses ("
      " grant_id TEXT NOT NULL,"  // empty: all deputies
      " cause TEXT NOT NULL,"
      " since INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, cause)"
      ") WITHOUT ROWID");
  storage.query("INSERT INTO pauses SELECT '', cause, since FROM pauses_of_all");
  storage.query("DROP TABLE pauses_of_all");
}

void create_usage(core::Storage& storage) {
  storage.query(
      "CREATE TABLE charges ("
      " use_id TEXT NOT NULL,"
      " grant_id TEXT NOT NULL,"
      " measure TEXT NOT NULL,"
      " amount INTEGER NOT NULL,"
      " at INTEGER NOT NULL,"
      " held_until INTEGER"  // null: settled
      ")");
  storage.query("CREATE INDEX charges_by_grant ON charges (measure, grant_id, at)");
  storage.query("CREATE INDEX charges_by_use ON charges (use_id)");
  storage.query(
      "CREATE TABLE activity ("
      " grant_id TEXT NOT NULL,"
      " hour INTEGER NOT NULL,"  // since 1970
      " calls INTEGER NOT NULL,"
      " effects INTEGER NOT NULL,"
      " denials INTEGER NOT NULL,"
      " minute INTEGER NOT NULL,"  // the last one with a call, since 1970
      " minute_calls INTEGER NOT NULL,"
      " last_at INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, hour)"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE ceilings (measure TEXT NOT NULL, most INTEGER NOT NULL, per TEXT NOT NULL,"
      " PRIMARY KEY (measure, per)) WITHOUT ROWID");
  storage.query(
      "CREATE TABLE uses ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " seq INTEGER NOT NULL,"  // the entry that says that it began
      " method TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " in_flight INTEGER NOT NULL,"  // an effect has begun and not ended
      " expires_at INTEGER NOT NULL"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE approvals ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " digest TEXT NOT NULL,"
      " tool TEXT NOT NULL,"
      " title TEXT NOT NULL,"
      " what TEXT NOT NULL,"
      " state TEXT NOT NULL,"
      " used_by TEXT NOT NULL,"
      " asked_at INTEGER NOT NULL,"
      " expires_at INTEGER NOT NULL"
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX approvals_by_digest ON approvals (grant_id, digest)");
}

void create_audit(core::Storage& storage) {
  storage.query(
      "CREATE TABLE audit ("
      " seq INTEGER PRIMARY KEY,"
      " at INTEGER NOT NULL,"
      " grant_id TEXT NOT NULL,"
      " kind TEXT NOT NULL,"
      " entry TEXT NOT NULL,"
      " hash TEXT NOT NULL,"
      " arguments TEXT,"
      " salt TEXT"
      ")");
  // Where the trail begins that is left here: the last entry that went to the archive.
  storage.query("CREATE TABLE audit_start (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL)");
  storage.query(
      "CREATE TABLE audit_parts ("
      " first INTEGER PRIMARY KEY,"
      " last INTEGER NOT NULL,"
      " hash TEXT NOT NULL,"  // of the last entry
      " due_at INTEGER,"      // when it is to be written (again); null: it is in the archive
      " failures INTEGER NOT NULL"
      ")");
  storage.query(
      "CREATE TABLE audit_part_arguments ("
      " first INTEGER NOT NULL,"
      " grant_id TEXT NOT NULL,"
      " entries INTEGER NOT NULL,"  // that have arguments
      " erased INTEGER NOT NULL,"
      " PRIMARY KEY (first, grant_id)"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE denials ("
      " grant_id TEXT NOT NULL,"
      " client_id TEXT NOT NULL,"
      " method TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " reason TEXT NOT NULL,"
      " seq INTEGER NOT NULL,"
      " hash TEXT NOT NULL,"
      " more INTEGER NOT NULL,"
      " until INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, name, reason)"
      ") WITHOUT ROWID");
  storage.query(
      "CREATE TABLE watchers (stream_id TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL)"
      " WITHOUT ROWID");
  storage.query(
      "CREATE TABLE revocations ("
      " grant_id TEXT PRIMARY KEY,"
      " receipt TEXT NOT NULL,"
      " in_flight INTEGER NOT NULL,"  // how many effects were, and how each of them ended:
      " ended TEXT NOT NULL,"
      " ended_receipt TEXT NOT NULL"
      ") WITHOUT ROWID");
}

/// What was used up becomes lines of the ledger, in the order of time.
void move_charges(core::Storage& storage) {
  storage.query(
      "CREATE TABLE held ("
      " use_id TEXT NOT NULL,"
      " measure TEXT NOT NULL,"
      " grant_id TEXT NOT NULL,"
      " amount INTEGER NOT NULL,"
      " at INTEGER NOT NULL,"
      " held_until INTEGER NOT NULL,"
      " PRIMARY KEY (use_id, measure)"
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX held_by_grant ON held (grant_id, measure)");
  create_ledger_schema(storage);
  // The last line of the grant's chain in the ledger, as of the grant's latest hour; 0: it has none.
  storage.query("ALTER TABLE activity ADD COLUMN ledger_line INTEGER NOT NULL DEFAULT 0");
  storage.query(
      "CREATE TABLE inherited_lines (grant_id TEXT NOT NULL, line INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, line)) WITHOUT ROWID");

  storage.query(
      "INSERT INTO held SELECT use_id, measure, grant_id, sum(amount), min(at), max(held_until) FROM charges"
      " WHERE held_until IS NOT NULL GROUP BY use_id, measure");
  const core::Rows rows = storage.query(
      "SELECT grant_id, at, measure, amount, use_id FROM charges WHERE held_until IS NULL ORDER BY at, "
      "rowid");
  Ledger ledger(storage);
  struct Last {
    int64_t line = 0;
    int64_t at = 0;
  };
  std::map<std::string, Last, std::less<>> last;
  for (size_t row = 0; row < rows.size();) {
    const size_t first = row;
    std::vector<Cost> costs;
    for (; row < rows.size() && rows.text(row, 4) == rows.text(first, 4); ++row) {
      costs.push_back({std::string(rows.text(row, 2)), rows.integer(row, 3)});
    }
    Last& of = last[std::string(rows.text(first, 0))];
    of = {ledger.append(of.line, costs, core::Instant{rows.integer(first, 1)}), rows.integer(first, 1)};
  }
  for (const auto& [grant_id, of] : last) {
    storage.query(
        "INSERT INTO activity (grant_id, hour, calls, effects, denials, minute, minute_calls, last_at)"
        " SELECT ?1, ?2, 0, 0, 0, 0, 0, ?3 WHERE NOT EXISTS (SELECT 1 FROM activity WHERE grant_id = ?1)",
        {grant_id, of.at / 3'600'000, of.at});
    storage.query(
        "UPDATE activity SET ledger_line = ?2 WHERE grant_id = ?1"
        " AND hour = (SELECT max(hour) FROM activity WHERE grant_id = ?1)",
        {grant_id, of.line});
  }
  storage.query("DROP TABLE charges");
}

/// When a grant that stands ends by itself: in a column, so that those whose time has come are found.
void add_ends(core::Storage& storage) {
  storage.query("ALTER TABLE grants ADD COLUMN ends_at INTEGER");
  storage.query(
      "UPDATE grants SET ends_at = json_extract(bounds, '$.expires_at')"
      " WHERE ended_at IS NULL AND json_valid(bounds)");
  storage.query("CREATE INDEX grants_by_end ON grants (ends_at) WHERE ends_at IS NOT NULL");
}

/// Calls may be counted later than their entries: up to which one a grant's are, as of its latest hour.
void add_counted_to(core::Storage& storage) {
  storage.query("ALTER TABLE activity ADD COLUMN counted_to INTEGER NOT NULL DEFAULT 0");
  storage.query("UPDATE activity SET counted_to = (SELECT coalesce(max(seq), 0) FROM audit)");
}

}  // namespace

int64_t migrate(core::Storage& storage, int64_t version) {
  if (version < 1) create_first(storage);
  if (version < 2) {
    add_bounds(storage);
    create_usage(storage);
    create_audit(storage);
  }
  if (version < 3) {
    move_charges(storage);
    add_ends(storage);
  }
  if (version < 4) add_counted_to(storage);
  return 4;
}

}  // namespace authority
