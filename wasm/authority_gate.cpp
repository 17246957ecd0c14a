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

mcp::Permission AuthorityGate::permit(const mcp::Tool& tool, const mcp::Caller&, core::Context& step) {
  const bool demo = tool.availability == mcp::Tool::Availability::demo;
  const authority::Action action{tool.scope, demo ? authority::kDemoPause : std::string_view()};
  authority::Standing standing = authority::standing(*step.storage);
  // Where there are no demo tools, nobody could lift a ban that one of them left behind.
  if (config_.demo_mode == core::Switch::off) std::erase(standing.pauses, authority::kDemoPause);
  const authority::Decision decision = authority::decide(grant_, standing, action);
  using Kind = mcp::Permission::Kind;
  switch (decision.reason) {
    case authority::Reason::allowed: return {};
    case authority::Reason::paused:
      if (decision.pause_cause == authority::kDemoPause) {
        return {Kind::refused, std::string(shop::refusal_when_banned(tool.name)), {}};
      }
      return {Kind::refused,
              "Your human has paused their deputies. Ask them to resume; trying again does not help.",
              {}};
    case authority::Reason::grant_ended: return {Kind::refused, "Your human has ended this authority.", {}};
    case authority::Reason::scope_declined:
      return {Kind::refused,
              "Your human was asked for " + std::string(tool.scope) +
                  " and did not allow it. Connect again only if they want to change that.",
              {}};
    case authority::Reason::scope_never_asked:
      return {Kind::scope_missing, {}, identity::insufficient_scope(site_, needed(tool.scope))};
  }
  return {Kind::refused, "This is not allowed.", {}};
}

std::string AuthorityGate::needed(std::string_view scope) const {
  std::string scopes;
  for (const std::string& granted : grant_.scopes) scopes += granted + " ";
  return scopes.append(scope);
}
