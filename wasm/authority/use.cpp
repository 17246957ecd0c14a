#include "authority/use.h"

#include "authority/replay.h"
#include "authority/revocation.h"
#include "authority/usage.h"
#include "core/due.h"
#include "core/wire.h"

namespace authority {

namespace {

/// The row of a use that ends, gone.
struct Waiting {
  std::string grant_id;
  int64_t seq;
  Subject subject;
  bool in_flight;
};
std::optional<Waiting> take(core::Storage& storage, std::string_view use_id) {
  const core::Rows rows = storage.query(
      "DELETE FROM uses WHERE id = ? RETURNING grant_id, seq, method, name, in_flight", {use_id});
  if (rows.empty()) return std::nullopt;
  return Waiting{std::string(rows.text(0, 0)),
                 rows.integer(0, 1),
                 {std::string(rows.text(0, 2)), std::string(rows.text(0, 3))},
                 rows.integer(0, 4) != 0};
}

std::string_view result_of(const Decision& decision, Desk::End how) {
  if (decision.outcome == Outcome::deny) return "denied";
  if (decision.outcome == Outcome::ask) return "asked";
  return how == Desk::End::done ? "done" : "failed";
}

}  // namespace

// ---- What is kept ----

std::string Use::encode() const {
  core::WireWriter writer;
  writer.bytes(id);
  writer.i64(began);
  writer.u8(charged ? 1 : 0);
  return writer.take();
}

Use Use::decode(std::string_view text) {
  core::WireReader reader(text);
  Use use;
  use.id = reader.string();
  use.began = reader.i64();
  use.charged = reader.u8() != 0;
  return reader.finished() ? use : Use();
}

// ---- In a step of its call ----

void Desk::record(Use& use, const Action& action, const Standing& standing, const Decision& decision) {
  use.decision = decision;
  use.decision_input = decision_input(grant_.terms, standing, action, step_.now);
  use.decision_text = decision_json(decision);
}

Entry Desk::entry_of(const Use& use, std::string_view kind, const Subject& subject, std::string_view result) {
  return {.kind = kind,
          .actor = actor_,
          .subject = subject,
          .decision_input = use.decision_input,
          .decision = use.decision_text,
          .result = result,
          .refers = use.began,
          .arguments = use.began == 0 ? arguments_ : std::string(),
          .keep = keep_};
}

/// What it holds is free once its time is over, and somebody else's by now: its outcome is that it was
/// abandoned, and going on with it is a new use.
bool Desk::waits_still(std::string_view use_id) {
  const core::Rows rows =
      step_.storage->query("SELECT expires_at > ? FROM uses WHERE id = ?", {step_.now.milliseconds, use_id});
  if (rows.empty()) return false;
  if (rows.integer(0, 0) != 0) return true;
  stop_use(step_, notary_, use_id, "abandoned");
  return false;
}

Decision Desk::admit(Use& use, const Subject& subject, Action action, std::string arguments,
                     Entry::Arguments keep) {
  arguments_ = std::move(arguments);
  keep_ = keep;
  if (!use.id.empty() && !waits_still(use.id)) use = Use();
  const bool first = use.id.empty();
  if (first) action.costs = {{std::string(kCalls), 1}};
  const Standing now =
      standing(*step_.storage, grant_.id, grant_.terms.bounds, action.costs, use.id, step_.now);
  const Decision decision = decide(grant_.terms, now, action, step_.now);
  record(use, action, now, decision);
  if (decision.outcome != Outcome::allow) {
    // An effect has run that was charged for, and nobody is left to say what came of it: it counts.
    const bool ran =
        !first &&
        !step_.storage->query("SELECT 1 FROM uses WHERE id = ? AND in_flight = 1", {use.id}).empty();
    if (ran) settle(*step_.storage, use.id, step_.now);
    end(use, subject, End::failed);
  } else if (first) {
    use.id = step_.entropy.identifier();
  } else {
    step_.storage->query("UPDATE uses SET in_flight = 0 WHERE id = ?", {use.id});
  }
  return decision;
}

Desk::Charged Desk::charge(Use& use, Action action, Question question) {
  action.costs = question.costs;
  question.grant_id = grant_.id;
  action.approval = answer_to(step_, question, use.id);
  const Standing now =
      standing(*step_.storage, grant_.id, grant_.terms.bounds, action.costs, use.id, step_.now);
  Charged charged{decide(grant_.terms, now, action, step_.now), {}};
  record(use, action, now, charged.decision);
  switch (charged.decision.outcome) {
    case Outcome::allow:
      if (action.approval == Action::Approval::given) redeem(step_, question, use.id);
      use.costs = action.costs;
      use.charged = true;
      break;
    case Outcome::ask: charged.asked = ask(step_, question); break;
    case Outcome::deny: break;
  }
  return charged;
}

void Desk::waits(Use& use, const Subject& subject, For what) {
  core::Storage& storage = *step_.storage;
  if (use.began == 0) {
    const std::string_view result = use.decision.outcome == Outcome::ask ? "asked" : "waiting";
    use.began = append(step_, notary_, entry_of(use, "call", subject, result)).seq;
    count(storage, grant_.id, {.calls = 1}, step_.now);
  }
  const core::Instant until = step_.now + kHoldLifetime;
  storage.query(
      "INSERT INTO uses (id, grant_id, seq, method, name, in_flight, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET in_flight = excluded.in_flight, expires_at = excluded.expires_at",
      {use.id, grant_.id, use.began, subject.method, subject.name, int64_t{what == For::effect},
       until.milliseconds});
  use.costs ? hold(storage, use.id, grant_.id, *use.costs, step_.now)
            : keep_holding(storage, use.id, step_.now);
  step_.wake_at(until);
}

Link Desk::end(Use& use, const Subject& subject, End how) {
  if (use.ended) return *use.ended;
  core::Storage& storage = *step_.storage;
  const std::string_view result = result_of(use.decision, how);
  const bool waited = use.began != 0, done = result == "done";
  const bool allowed = use.decision.outcome == Outcome::allow;
  if (use.charged && waited) {
    // What it was charged for in an earlier step counts where it was not charged anew.
    done && !use.costs ? settle(storage, use.id, step_.now) : release(storage, use.id);
  }
  Happened happened;
  happened.calls = allowed && !waited;
  happened.effects = done && use.charged;
  happened.denials = use.decision.outcome == Outcome::deny && !waited;
  if (done && use.costs) happened.costs = *std::move(use.costs);
  if (waited) {
    use.ended = append(step_, notary_, entry_of(use, "outcome", subject, result));
    take(storage, use.id);
  } else if (allowed) {
    use.ended = append(step_, notary_, entry_of(use, "call", subject, result));
  } else {
    use.ended =
        append_denial(step_, notary_, entry_of(use, "call", subject, result), name(use.decision.reason));
  }
  if (happened.calls > 0 && happened.effects == 0) {
    count_call(storage, grant_.id, use.ended->seq, step_.now);
  } else if (happened.calls + happened.effects + happened.denials > 0) {
    count(storage, grant_.id, happened, step_.now);
  }
  return *use.ended;
}

// ---- Without its call ----

void stop_use(core::Context& step, const Notary& notary, std::string_view use_id, std::string_view result) {
  const std::optional<Waiting> use = take(*step.storage, use_id);
  if (!use) return;
  release(*step.storage, use_id);
  const std::optional<Grant> grant = find_grant(*step.storage, use->grant_id);
  if (!grant) return;
  const Link link = append(step, notary,
                           {.kind = "outcome",
                            .actor = {grant->principal, grant->id, grant->client_id, {}, "alarm"},
                            .subject = use->subject,
                            .result = result,
                            .refers = use->seq});
  if (use->in_flight) effect_ended_after_revocation(step, notary, *grant, use->seq, link, result);
}

void sweep_uses(core::Context& step, const Notary& notary) {
  if (!core::is_due(step, kFirstUseToEnd)) return;
  const core::Rows late =
      step.storage->query("SELECT id FROM uses WHERE expires_at <= ?", {step.now.milliseconds});
  for (size_t row = 0; row < late.size(); ++row) stop_use(step, notary, late.text(row, 0), "abandoned");
  core::wake_for(step, kFirstUseToEnd);
}

}  // namespace authority
