#include "authority/revocation.h"

#include "authority/approvals.h"
#include "authority/canonical.h"
#include "core/due.h"

namespace authority {

namespace {

/// The effects in flight: entry and name of each.
std::string in_flight_json(const core::Rows& rows) {
  CanonicalArray list;
  for (size_t row = 0; row < rows.size(); ++row) {
    list.add_json(CanonicalObject().add("name", rows.text(row, 1)).add("seq", rows.integer(row, 0)).take());
  }
  return list.take();
}

}  // namespace

std::optional<Revocation> end(core::Context& step, const Notary& notary, std::string_view grant_id,
                              Event event, std::string_view reason, std::string_view by) {
  core::Storage& storage = *step.storage;
  if (end_grant(storage, grant_id, event, reason, step.now) == Ended::before_or_never) return std::nullopt;
  end_approvals(storage, grant_id);
  const std::optional<Grant> grant = find_grant(storage, grant_id);
  const core::Rows running = storage.query(
      "SELECT seq, name FROM uses WHERE grant_id = ? AND in_flight = 1 ORDER BY seq", {grant_id});
  const std::string in_flight = in_flight_json(running);
  CanonicalObject details;
  details.add("by", by).add_json("in_flight", in_flight).add("reason", reason);
  const Link link = append(step, notary,
                           {.kind = "revocation",
                            .actor = {grant->principal, grant->id, grant->client_id, {}, by},
                            .result = name(grant->terms.state),
                            .details = details.take()});
  CanonicalObject payload;
  payload.add("at", step.now.milliseconds).add("grant", grant_id).add("hash", link.hash);
  payload.add_json("in_flight", in_flight).add("iss", notary.issuer).add("principal", grant->principal);
  payload.add("reason", reason).add("seq", link.seq);
  const Revocation revocation{
      notary.signer->sign(kRevocationType, payload.take()), static_cast<int64_t>(running.size()), {}};
  storage.query(
      "INSERT INTO revocations (grant_id, receipt, in_flight, ended, ended_receipt) VALUES (?, ?, ?, '', '')",
      {grant_id, revocation.receipt, revocation.in_flight});
  return revocation;
}

std::optional<Revocation> find_revocation(core::Storage& storage, std::string_view grant_id) {
  const core::Rows rows = storage.query(
      "SELECT receipt, in_flight, ended_receipt FROM revocations WHERE grant_id = ?", {grant_id});
  if (rows.empty()) return std::nullopt;
  return Revocation{std::string(rows.text(0, 0)), rows.integer(0, 1), std::string(rows.text(0, 2))};
}

void effect_ended_after_revocation(core::Context& step, const Notary& notary, const Grant& grant,
                                   int64_t began, const Link& link, std::string_view result) {
  core::Storage& storage = *step.storage;
  const core::Rows rows = storage.query("SELECT ended FROM revocations WHERE grant_id = ?", {grant.id});
  if (rows.empty()) return;
  CanonicalObject one;
  one.add("began", began).add("result", result).add("seq", link.seq);
  std::string ended(rows.text(0, 0));
  ended += (ended.empty() ? "" : ",") + one.take();
  CanonicalObject payload;
  payload.add("at", step.now.milliseconds).add_json("ended", '[' + ended + ']').add("grant", grant.id);
  payload.add("hash", link.hash).add("iss", notary.issuer).add("principal", grant.principal);
  payload.add("seq", link.seq);
  storage.query("UPDATE revocations SET ended = ?, ended_receipt = ? WHERE grant_id = ?",
                {ended, notary.signer->sign(kRevocationType, payload.take()), grant.id});
}

std::vector<Grant> grants_over(core::Context& step) {
  std::vector<Grant> over;
  if (!core::is_due(step, kFirstGrantToEnd)) return over;
  for (const std::string& id : grants_ending_by(*step.storage, step.now)) {
    if (std::optional<Grant> grant = find_grant(*step.storage, id)) over.push_back(*std::move(grant));
  }
  if (const std::optional<core::Instant> next = next_end(*step.storage, step.now)) step.wake_at(*next);
  return over;
}

}  // namespace authority
