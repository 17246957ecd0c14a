#include "authority/audit.h"

#include "authority/activity.h"
#include "authority/archive.h"
#include "authority/canonical.h"
#include "authority/watchers.h"
#include "core/due.h"
#include "core/jws.h"

namespace authority {

namespace {

constexpr core::Lookup kHead = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";

/// Its members in the order of their names; what is empty is left out.
std::string entry_json(const Entry& entry, const Notary& notary, const Link& before, core::Instant now,
                       std::string_view arguments_digest) {
  CanonicalObject object;
  const auto add_text = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) object.add(name, text);
  };
  const auto add_json = [&](std::string_view name, std::string_view json) {
    if (!json.empty()) object.add_json(name, json);
  };
  add_text("arguments", arguments_digest);
  object.add("at", now.milliseconds);
  add_text("client", entry.actor.client_id);
  add_json("decision", entry.decision);
  add_json("details", entry.details);
  add_text("era", entry.actor.era);
  add_text("grant", entry.actor.grant_id);
  add_json("input", entry.decision_input);
  object.add("kind", entry.kind);
  add_text("method", entry.subject.method);
  add_text("name", entry.subject.name);
  object.add("prev", before.hash);
  object.add("principal", entry.actor.principal);
  if (entry.refers != 0) object.add("refers", entry.refers);
  add_text("result", entry.result);
  object.add("seq", before.seq + 1);
  add_text("session", entry.actor.session_id);
  add_text("wasm", notary.wasm);
  return object.take();
}

void tell_of_denials(core::Context& step, const Notary& notary, std::string_view principal,
                     const core::Rows& rows, size_t row) {
  Entry entry{.kind = "denials",
              .actor = {std::string(principal),
                        std::string(rows.text(row, 1)),
                        std::string(rows.text(row, 2)),
                        {},
                        "alarm"},
              .subject = {std::string(rows.text(row, 3)), std::string(rows.text(row, 4))},
              .result = "denied",
              .refers = rows.integer(row, 0)};
  CanonicalObject details;
  details.add("more", rows.integer(row, 6)).add("reason", rows.text(row, 5));
  entry.details = details.take();
  append(step, notary, entry);
}

Row read(const core::Rows& rows, size_t row) {
  return {rows.integer(row, 0),           {rows.integer(row, 1)},         std::string(rows.text(row, 2)),
          std::string(rows.text(row, 3)), std::string(rows.text(row, 4)), std::string(rows.text(row, 5)),
          rows.optional_text(row, 6),     rows.optional_text(row, 7)};
}

std::vector<Row> read_all(const core::Rows& rows) {
  std::vector<Row> all;
  for (size_t row = 0; row < rows.size(); ++row) all.push_back(read(rows, row));
  return all;
}

}  // namespace

Link start(core::Storage& storage) {
  const auto archived = storage.look_up("SELECT seq, hash FROM audit_start");
  if (archived->empty()) return {};
  return {archived->integer(0, 0), std::string(archived->text(0, 1))};
}

Link head(core::Storage& storage) {
  const auto rows = storage.look_up(kHead);
  if (rows->empty()) return start(storage);
  return {rows->integer(0, 0), std::string(rows->text(0, 1))};
}

Link append(core::Context& step, const Notary& notary, const Entry& entry) {
  std::string salt, digest;
  if (!entry.arguments.empty()) {
    salt = step.entropy.identifier();
    digest = core::base64url(step.crypto.sha256(salt + entry.arguments));
  }
  const bool kept = !entry.arguments.empty() && entry.keep == Entry::Arguments::kept &&
                    entry.arguments.size() <= kMaxKeptArguments;
  const Link before = head(*step.storage);
  write_counts_before(*step.storage, before.seq + 1);
  const std::string text = entry_json(entry, notary, before, step.now, digest);
  Link link{before.seq + 1, core::base64url(step.crypto.sha256(text))};
  const auto beside = [&](const std::string& value) {
    return kept ? core::Value(std::string_view(value)) : core::Value();
  };
  step.storage->query(
      "INSERT INTO audit (seq, at, grant_id, kind, entry, hash, arguments, salt) VALUES (?, ?, ?, ?, ?, ?, "
      "?, ?)",
      {link.seq, step.now.milliseconds, entry.actor.grant_id, entry.kind, text, link.hash,
       beside(entry.arguments), beside(salt)});
  step.storage->remember(kHead, {}, {link.seq, link.hash});
  tell_watchers(step);
  if (notary.told) notary.told(step, text, link);
  wake_for_archive(step, link.seq);
  return link;
}

Link append_denial(core::Context& step, const Notary& notary, const Entry& entry, std::string_view reason) {
  core::Storage& storage = *step.storage;
  const core::Rows again = storage.query(
      "UPDATE denials SET more = more + 1 WHERE grant_id = ? AND name = ? AND reason = ? AND until > ?"
      " RETURNING seq, hash",
      {entry.actor.grant_id, entry.subject.name, reason, step.now.milliseconds});
  if (!again.empty()) return {again.integer(0, 0), std::string(again.text(0, 1))};
  sweep_denials(step, notary, entry.actor.principal);
  const Link link = append(step, notary, entry);
  const core::Instant until = step.now + kDenialsTogether;
  storage.query(
      "INSERT INTO denials (grant_id, client_id, method, name, reason, seq, hash, more, until)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
      {entry.actor.grant_id, entry.actor.client_id, entry.subject.method, entry.subject.name, reason,
       link.seq, link.hash, until.milliseconds});
  step.wake_at(until);
  return link;
}

void sweep_denials(core::Context& step, const Notary& notary, std::string_view principal) {
  if (!core::is_due(step, kFirstDenialsToTell)) return;
  const core::Rows over = step.storage->query(
      "DELETE FROM denials WHERE until <= ? RETURNING seq, grant_id, client_id, method, name, reason, more",
      {step.now.milliseconds});
  for (size_t row = 0; row < over.size(); ++row) {
    if (over.integer(row, 6) > 0) tell_of_denials(step, notary, principal, over, row);
  }
  core::wake_for(step, kFirstDenialsToTell);
}

std::string receipt(core::Context& step, const Notary& notary, const Actor& actor, const Link& link) {
  CanonicalObject payload;
  payload.add("at", step.now.milliseconds).add("grant", actor.grant_id).add("hash", link.hash);
  payload.add("iss", notary.issuer).add("principal", actor.principal).add("seq", link.seq);
  return notary.signer->sign(kReceiptType, payload.take());
}

std::string signed_head(core::Context& step, const Notary& notary, std::string_view principal) {
  const Link last = head(*step.storage);
  CanonicalObject payload;
  payload.add("at", step.now.milliseconds).add("hash", last.hash).add("iss", notary.issuer);
  payload.add("principal", principal).add("seq", last.seq);
  return notary.signer->sign(kHeadType, payload.take());
}

std::vector<Row> entries_before(core::Storage& storage, int64_t before, std::string_view grant_id,
                                std::string_view kind, int64_t most) {
  return read_all(
      storage.query("SELECT seq, at, grant_id, kind, entry, hash, arguments, salt FROM audit WHERE seq < ?1"
                    " AND (?2 = '' OR grant_id = ?2) AND (?3 = '' OR kind = ?3) ORDER BY seq DESC LIMIT ?4",
                    {before, grant_id, kind, most}));
}

std::vector<Row> entries_after(core::Storage& storage, int64_t after, int64_t most) {
  return read_all(storage.query(
      "SELECT seq, at, grant_id, kind, entry, hash, arguments, salt FROM audit WHERE seq > ? ORDER BY seq"
      " LIMIT ?",
      {after, most}));
}

void drop_entries(core::Storage& storage, int64_t seq) {
  const core::Rows last = storage.query("SELECT hash FROM audit WHERE seq = ?", {seq});
  if (last.empty()) return;
  // What leaves stands for no call any more.
  write_counts(storage);
  storage.query("DELETE FROM audit_start");
  storage.query("INSERT INTO audit_start (seq, hash) VALUES (?, ?)", {seq, last.text(0, 0)});
  storage.query("DELETE FROM audit WHERE seq <= ?", {seq});
}

int64_t count_entries(core::Storage& storage) {
  return head(storage).seq - start(storage).seq;
}

std::string export_line(const Row& row) {
  CanonicalObject line;
  // What is canonical JSON already stays text: a reader hashes exactly these bytes.
  if (row.arguments && row.salt) line.add("arguments", *row.arguments);
  line.add("entry", row.entry).add("hash", row.hash);
  if (row.arguments && row.salt) line.add("salt", *row.salt);
  return line.take() + '\n';
}

int64_t erase_arguments(core::Storage& storage, std::string_view grant_id) {
  storage.query("UPDATE approvals SET what = '[]' WHERE state <> 'waiting' AND (?1 = '' OR grant_id = ?1)",
                {grant_id});
  const core::Rows erased = storage.query(
      "UPDATE audit SET arguments = NULL, salt = NULL WHERE arguments IS NOT NULL"
      " AND (?1 = '' OR grant_id = ?1) RETURNING seq",
      {grant_id});
  return static_cast<int64_t>(erased.size());
}

}  // namespace authority
