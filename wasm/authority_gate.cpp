#include "authority_gate.h"

#include <algorithm>

#include "authority/pauses.h"
#include "authority/usage.h"
#include "core/canonical_json.h"
#include "core/outbox.h"
#include "mcp/report.h"
#include "service.h"

mcp::Caller caller_of(const authority::Grant& grant, core::Instant now) {
  mcp::Caller caller;
  caller.grant_id = grant.id;
  caller.subject = grant.subject;
  caller.email = grant.email;
  caller.name = grant.name;
  caller.client_id = grant.client_id;
  caller.client_name = grant.client_name;
  if (now < grant.created_at + authority::kPermissionLifetime) caller.permissions = grant.permissions;
  return caller;
}

authority::Grant within(authority::Grant grant, const std::vector<std::string>& token_scopes) {
  const auto left_out = [&](const std::string& scope) {
    return std::find(token_scopes.begin(), token_scopes.end(), scope) == token_scopes.end();
  };
  for (const std::string& scope : grant.terms.scopes) {
    if (left_out(scope)) std::erase(grant.terms.requested_scopes, scope);
  }
  std::erase_if(grant.terms.scopes, left_out);
  return grant;
}

std::optional<mcp::Caller> AuthorityGate::admit(std::string_view grant_id,
                                                const std::vector<std::string>& token_scopes,
                                                core::Context& step) {
  const std::optional<authority::Grant> grant = authority::find_grant(*step.storage, grant_id);
  if (!grant || authority::has_ended(grant->terms.state)) return std::nullopt;
  if (grant->terms.bounds.expires_at && step.now >= *grant->terms.bounds.expires_at) return std::nullopt;
  step.report.principal = grant->principal;
  step.report.grant = grant->id;
  notary_.issuer = site_.origin;
  reach_ = within(*grant, token_scopes);
  mcp::Caller caller = caller_of(*grant, step.now);
  core::WireWriter handle;
  handle.bytes(site_.origin);
  handle.bytes(grant_id);
  for (const std::string& scope : token_scopes) handle.bytes(scope);
  caller.handle = handle.take();
  return caller;
}

std::optional<mcp::Caller> AuthorityGate::recall(std::string_view handle, core::Context& step) {
  core::WireReader reader(handle);
  site_.origin = reader.string();
  const std::string grant_id = reader.string();
  std::vector<std::string> scopes;
  while (reader.ok() && !reader.finished()) scopes.push_back(reader.string());
  if (!reader.ok()) return std::nullopt;
  return admit(grant_id, scopes, step);
}

// ---- Whether they may ----

namespace {

/// The last word of a request is the one that its line in the log has.
const authority::Decision& reported(const authority::Decision& decision, core::Context& step) {
  step.report.decision = authority::name(decision.outcome);
  step.report.reason = authority::name(decision.reason);
  return decision;
}

}  // namespace

authority::Action AuthorityGate::action_of(const mcp::Use& use) const {
  const bool tool = use.method == mcp::kToolsCall;
  authority::Action action{tool ? std::string(use.name) : std::string(), std::string(use.scope)};
  // The demo tools lift the demo's ban. Where there are none, nobody could lift what one of them left behind.
  const bool demo = use.availability == mcp::Availability::demo || config_.demo_mode == core::Switch::off;
  if (demo) action.exempt_from_pause = authority::kDemoPause;
  return action;
}

bool AuthorityGate::shows(const mcp::Use& use, const mcp::Caller&) {
  using authority::Reason;
  const Reason reason = authority::decide(reach_.terms, {}, action_of(use), {}).reason;
  return reason != Reason::scope_declined && reason != Reason::tool_not_allowed;
}

mcp::Permission AuthorityGate::permit(const mcp::Use& use, const mcp::Caller&, core::Context& step) {
  authority::Standing standing;
  standing.pauses = authority::pauses_of(*step.storage, reach_.id);
  const authority::Decision decision = authority::decide(reach_.terms, standing, action_of(use), step.now);
  return permission(use, reported(decision, step));
}

std::string AuthorityGate::refusal(const authority::Decision& decision, std::string_view name) const {
  return authority::refusal(words_, decision, name, site_.origin + "/authority");
}

mcp::Permission AuthorityGate::permission(const mcp::Use& use, const authority::Decision& decision) const {
  using Kind = mcp::Permission::Kind;
  switch (decision.reason) {
    case authority::Reason::allowed: return {};
    case authority::Reason::paused:
      if (decision.pause != authority::kDemoPause) break;
      return {Kind::refused, std::string(service().refusal_when_banned(use.name)), {}};
    case authority::Reason::scope_declined:
      return {Kind::refused,
              "Your human was asked for " + std::string(use.scope) +
                  " and did not allow it. Connect again only if they want to change that.",
              {}};
    case authority::Reason::scope_never_asked:
      return {Kind::scope_missing, {}, identity::insufficient_scope(site_, needed(use.scope))};
    default: break;
  }
  return {Kind::refused, refusal(decision, use.name), {}};
}

std::string AuthorityGate::needed(std::string_view scope) const {
  std::string scopes;
  for (const std::string& granted : reach_.terms.scopes) scopes += granted + " ";
  return scopes.append(scope);
}

// ---- One run of a call ----

mcp::Permission AuthorityGate::begin(const mcp::Use& use, const mcp::Caller&, std::string_view ticket,
                                     core::Context& step) {
  const std::string_view era = use.revision >= mcp::kModern ? mcp::kModernEra : mcp::kLegacyEra;
  step.report.tool = use.name;
  // A call that goes on after a wait: its request is not at hand.
  if (step.report.method.empty()) {
    step.report.era = era;
    step.report.method = mcp::known_method(use.method);
  }
  authority::Actor actor{reach_.principal, reach_.id, reach_.client_id, std::string(use.session_id), era};
  run_.emplace(Run{authority::Desk(step, notary_, reach_, std::move(actor)),
                   authority::Use::decode(ticket),
                   {std::string(use.method), std::string(use.name)},
                   action_of(use),
                   std::string(use.title)});
  std::string arguments = use.arguments ? core::canonical_json(*use.arguments) : std::string();
  const auto keep = use.privacy == mcp::Privacy::hidden ? authority::Entry::Arguments::digest_only
                                                        : authority::Entry::Arguments::kept;
  const authority::Decision decision =
      run_->desk.admit(run_->use, run_->subject, run_->action, std::move(arguments), keep);
  return permission(use, reported(decision, step));
}

mcp::Charged AuthorityGate::charge(const mcp::Charge& charge, core::Context& step) {
  authority::Question question;
  question.tool = run_->subject.name;
  question.title = run_->title;
  question.what = charge.what;
  for (const auto& [measure, amount] : charge.costs) question.costs.push_back({std::string(measure), amount});
  const authority::Desk::Charged charged = run_->desk.charge(run_->use, run_->action, question);
  reported(charged.decision, step);
  switch (charged.decision.outcome) {
    case authority::Outcome::allow: return {};
    case authority::Outcome::deny:
      return {mcp::Charged::Kind::refused, refusal(charged.decision, run_->subject.name), {}};
    case authority::Outcome::ask: break;
  }
  const std::string page = site_.origin + "/authority/approvals/" + charged.asked->id;
  if (charged.asked->asked_now) notify(charged.asked->id, page, step);
  return {mcp::Charged::Kind::to_be_asked,
          {},
          {refusal(charged.decision, run_->subject.name), page, charged.asked->id}};
}

void AuthorityGate::notify(std::string_view approval_id, const std::string& page, core::Context& step) const {
  if (config_.notify_url.empty()) return;
  const core::Instant expires_at = step.now + authority::kQuestionWaits;
  core::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Idempotency-Key", approval_id);
  const core::Json body{{"event", "approval.requested"},
                        {"client", reach_.client_name},
                        {"title", run_->title},
                        {"page", page},
                        {"expires_at", expires_at.milliseconds}};
  core::enqueue(step, core::OutgoingPost{config_.notify_url, std::move(headers), core::json_text(body)},
                expires_at);
}

std::string AuthorityGate::waits(mcp::WaitsFor what, core::Context&) {
  const auto how =
      what == mcp::WaitsFor::effect ? authority::Desk::For::effect : authority::Desk::For::client;
  run_->desk.waits(run_->use, run_->subject, how);
  return run_->use.encode();
}

std::string AuthorityGate::ended(mcp::Ending how, core::Context& step) {
  const auto end = how == mcp::Ending::done ? authority::Desk::End::done : authority::Desk::End::failed;
  const authority::Link link = run_->desk.end(run_->use, run_->subject, end);
  const authority::Actor actor{reach_.principal, reach_.id, {}, {}, {}};
  return core::json_quote(service().receipt_key) + ':' +
         core::json_quote(authority::receipt(step, notary_, actor, link));
}

void AuthorityGate::stopped(std::string_view ticket, core::Context& step) {
  const authority::Use use = authority::Use::decode(ticket);
  if (!use.id.empty()) authority::stop_use(step, notary_, use.id, "stopped");
}
