#include "authority_gate.h"

#include <algorithm>

#include "authority/decide.h"
#include "authority/pauses.h"
#include "shop/shop.h"

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
  for (const std::string& scope : grant.scopes) {
    if (left_out(scope)) std::erase(grant.requested_scopes, scope);
  }
  std::erase_if(grant.scopes, left_out);
  return grant;
}

std::optional<mcp::Caller> AuthorityGate::admit(std::string_view grant_id,
                                                const std::vector<std::string>& token_scopes,
                                                core::Context& step) {
  const std::optional<authority::Grant> grant = authority::find_grant(*step.storage, grant_id);
  if (!grant || grant->ended_at) return std::nullopt;
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

bool AuthorityGate::shows(const mcp::Use& use, const mcp::Caller&) {
  return authority::decide(reach_, {}, {use.scope, {}}).reason != authority::Reason::scope_declined;
}

mcp::Permission AuthorityGate::permit(const mcp::Use& use, const mcp::Caller&, core::Context& step) {
  const bool demo = use.availability == mcp::Availability::demo;
  const authority::Action action{use.scope, demo ? authority::kDemoPause : std::string_view()};
  authority::Standing standing = authority::standing(*step.storage);
  // Where there are no demo tools, nobody could lift a ban that one of them left behind.
  if (config_.demo_mode == core::Switch::off) std::erase(standing.pauses, authority::kDemoPause);
  const authority::Decision decision = authority::decide(reach_, standing, action);
  using Kind = mcp::Permission::Kind;
  switch (decision.reason) {
    case authority::Reason::allowed: return {};
    case authority::Reason::paused:
      if (decision.pause_cause == authority::kDemoPause) {
        return {Kind::refused, std::string(shop::refusal_when_banned(use.name)), {}};
      }
      return {Kind::refused,
              "Your human has paused their deputies. Ask them to resume; trying again does not help.",
              {}};
    case authority::Reason::grant_ended: return {Kind::refused, "Your human has ended this authority.", {}};
    case authority::Reason::scope_declined:
      return {Kind::refused,
              "Your human was asked for " + std::string(use.scope) +
                  " and did not allow it. Connect again only if they want to change that.",
              {}};
    case authority::Reason::scope_never_asked:
      return {Kind::scope_missing, {}, identity::insufficient_scope(site_, needed(use.scope))};
  }
  return {Kind::refused, "This is not allowed.", {}};
}

std::string AuthorityGate::needed(std::string_view scope) const {
  std::string scopes;
  for (const std::string& granted : reach_.scopes) scopes += granted + " ";
  return scopes.append(scope);
}
