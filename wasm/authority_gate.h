// The authority's answers in the protocol's terms: who calls, how far their token reaches, and whether they
// may.
#pragma once

#include <string>
#include <vector>

#include "authority/grants.h"
#include "identity/boundary.h"
#include "mcp/tool.h"

/// Whose deputy calls. Permissions that are too old to rely on are left out.
mcp::Caller caller_of(const authority::Grant& grant, core::Instant now);

/// The grant as far as a token reaches. What the client left out when it asked for the token counts as never
/// asked for: it can ask for a token that has it (RFC 6749 section 6).
authority::Grant within(authority::Grant grant, const std::vector<std::string>& token_scopes);

class AuthorityGate final : public mcp::Gate {
 public:
  AuthorityGate(const authority::Grant& grant, const identity::Site& site, const core::Config& config)
      : grant_(grant), site_(site), config_(config) {}

  mcp::Permission permit(const mcp::Tool& tool, const mcp::Caller& caller, core::Context& step) override;

 private:
  /// All scopes of the operation, those granted already included: the client asks once.
  std::string needed(std::string_view scope) const;

  const authority::Grant& grant_;
  const identity::Site& site_;
  const core::Config& config_;
};
