#include "authority/approvals.h"

#include <array>

#include "authority/canonical.h"

namespace authority {

namespace {

/// Answered and expired ones are kept this long, for the human to look back on.
constexpr core::Duration kRemembered = core::days(7);

constexpr std::array<std::string_view, 5> kNames = {"waiting", "approved", "refused", "used", "expired"};

std::string what_json(const Question& question) {
  CanonicalArray lines;
  for (const auto& [label, value] : question.what) {
    lines.add_json(canonical_list({label, value}));
  }
  return lines.take();
}

std::string costs_json(const Question& question) {
  CanonicalArray costs;
  for (const Cost& cost : question.costs) {
    costs.add_json(CanonicalObject().add("amount", cost.amount).add("measure", cost.measure).take());
  }
  return costs.take();
}

Approval read(const core::Rows& rows, size_t row, core::Instant now) {
  Approval approval;
  approval.id = std::string(rows.text(row, 0));
  approval.question.grant_id = std::string(rows.text(row, 1));
  approval.question.tool = std::string(rows.text(row, 2));
  approval.question.title = std::string(rows.text(row, 3));
  core::JsonGate gate;
  const core::JsonResult what = gate.parse(rows.text(row, 4));
  for (const core::JsonView line : list_items(what.ok() ? std::optional(what.root) : std::nullopt)) {
    std::vector<std::string> pair = core::string_list(line);
    if (pair.size() == 2) approval.question.what.emplace_back(std::move(pair[0]), std::move(pair[1]));
  }
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == rows.text(row, 5)) approval.state = static_cast<Approval::State>(i);
  }
  approval.asked_at = core::Instant{rows.integer(row, 6)};
  approval.expires_at = core::Instant{rows.integer(row, 7)};
  const bool open = approval.state == Approval::State::waiting || approval.state == Approval::State::approved;
  if (open && approval.expires_at <= now) approval.state = Approval::State::expired;
  return approval;
}

}  // namespace

std::string_view name(Approval::State state) {
  return kNames[static_cast<size_t>(state)];
}

std::string digest(core::Crypto& crypto, const Question& question) {
  CanonicalObject object;
  object.add_json("costs", costs_json(question)).add("grant", question.grant_id);
  object.add("tool", question.tool).add_json("what", what_json(question));
  return core::base64url(crypto.sha256(object.take()));
}

Action::Approval answer_to(core::Context& step, const Question& question, std::string_view use_id) {
  const bool any =
      !step.storage->look_up("SELECT 1 FROM approvals WHERE grant_id = ? LIMIT 1", {question.grant_id})
           ->empty();
  if (!any) return Action::Approval::none;
  const core::Rows rows = step.storage->query(
      "SELECT state, used_by FROM approvals WHERE grant_id = ? AND digest = ? AND (expires_at > ? OR"
      " (state = 'used' AND used_by = ?)) ORDER BY state = 'used' DESC, asked_at DESC",
      {question.grant_id, digest(step.crypto, question), step.now.milliseconds, use_id});
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string_view state = rows.text(row, 0);
    // Its own yes stands, whatever the human said when they were asked the same once more.
    if (state == "used" && !use_id.empty() && rows.text(row, 1) == use_id) return Action::Approval::given;
    if (state == "approved") return Action::Approval::given;
    if (state == "refused") return Action::Approval::refused;
  }
  return Action::Approval::none;
}

void redeem(core::Context& step, const Question& question, std::string_view use_id) {
  step.storage->query(
      "UPDATE approvals SET state = 'used', used_by = ?1 WHERE id = (SELECT id FROM approvals WHERE"
      " grant_id = ?2 AND digest = ?3 AND state = 'approved' AND expires_at > ?4 ORDER BY asked_at LIMIT 1)"
      " AND NOT EXISTS (SELECT 1 FROM approvals WHERE grant_id = ?2 AND digest = ?3 AND state = 'used'"
      " AND used_by = ?1)",
      {use_id, question.grant_id, digest(step.crypto, question), step.now.milliseconds});
}

Asked ask(core::Context& step, const Question& question) {
  core::Storage& storage = *step.storage;
  const std::string bound_to = digest(step.crypto, question);
  const core::Rows waiting = storage.query(
      "SELECT id FROM approvals WHERE grant_id = ? AND digest = ? AND state = 'waiting' AND expires_at > ?",
      {question.grant_id, bound_to, step.now.milliseconds});
  if (!waiting.empty()) return {std::string(waiting.text(0, 0)), false};
  storage.query(
      "DELETE FROM approvals WHERE grant_id = ?1 AND state = 'waiting' AND id NOT IN (SELECT id FROM "
      "approvals"
      " WHERE grant_id = ?1 AND state = 'waiting' ORDER BY asked_at DESC, id LIMIT ?2)",
      {question.grant_id, kMaxQuestions - 1});
  Asked asked{step.entropy.identifier(), true};
  storage.query(
      "INSERT INTO approvals (id, grant_id, digest, tool, title, what, state, used_by, asked_at, expires_at)"
      " VALUES (?, ?, ?, ?, ?, ?, 'waiting', '', ?, ?)",
      {asked.id, question.grant_id, bound_to, question.tool, question.title, what_json(question),
       step.now.milliseconds, (step.now + kQuestionWaits).milliseconds});
  return asked;
}

std::optional<Approval> answer(core::Context& step, std::string_view id, Verdict verdict) {
  const core::Rows rows = step.storage->query(
      "UPDATE approvals SET state = ?, expires_at = ? WHERE id = ? AND state = 'waiting' AND expires_at > ?"
      " RETURNING id",
      {verdict == Verdict::approve ? "approved" : "refused", (step.now + kAnswerCounts).milliseconds, id,
       step.now.milliseconds});
  if (rows.empty()) return std::nullopt;
  return find_approval(*step.storage, id, step.now);
}

std::optional<Approval> find_approval(core::Storage& storage, std::string_view id, core::Instant now) {
  const core::Rows rows = storage.query(
      "SELECT id, grant_id, tool, title, what, state, asked_at, expires_at FROM approvals WHERE id = ?",
      {id});
  if (rows.empty()) return std::nullopt;
  return read(rows, 0, now);
}

std::vector<Approval> list_approvals(core::Storage& storage, int64_t most, core::Instant now) {
  const core::Rows rows = storage.query(
      "SELECT id, grant_id, tool, title, what, state, asked_at, expires_at FROM approvals"
      " ORDER BY state = 'waiting' AND expires_at > ? DESC, asked_at DESC, id LIMIT ?",
      {now.milliseconds, most});
  std::vector<Approval> approvals;
  for (size_t row = 0; row < rows.size(); ++row) approvals.push_back(read(rows, row, now));
  return approvals;
}

void end_approvals(core::Storage& storage, std::string_view grant_id) {
  storage.query(
      "UPDATE approvals SET state = 'expired' WHERE grant_id = ? AND state IN ('waiting', 'approved')",
      {grant_id});
}

void sweep_approvals(core::Storage& storage, core::Instant now) {
  storage.query("DELETE FROM approvals WHERE asked_at < ?", {(now - kRemembered).milliseconds});
}

}  // namespace authority
