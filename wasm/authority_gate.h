// The authority's answers in the protocol's terms: who calls, how far their token reaches, and whether they
// may.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/grants.h"
#include "identity/boundary.h"
#include "mcp/gate.h"

/// Whose deputy calls. Permissions that are too old to rely on are left out.
mcp::Caller caller_of(const authority::Grant& grant, core::Instant now);

/// The grant as far as a token reaches. What the client left out when it asked for the token counts as never
/// asked for: it can ask for a token that has it (RFC 6749 section 6).
authority::Grant within(authority::Grant grant, const std::vector<std::string>& token_scopes);

class AuthorityGate final : public mcp::Gate {
 public:
  explicit AuthorityGate(const core::Config& config, identity::Site site = {})
      : config_(config), site_(std::move(site)) {}

  /// The caller with a valid token; nothing where the grant does not stand.
  std::optional<mcp::Caller> admit(std::string_view grant_id, const std::vector<std::string>& token_scopes,
                                   core::Context& step);

  mcp::Permission permit(const mcp::Use& use, const mcp::Caller& caller, core::Context& step) override;
  bool shows(const mcp::Use& use, const mcp::Caller& caller) override;
  std::optional<mcp::Caller> recall(std::string_view handle, core::Context& step) override;

 private:
  /// All scopes of the operation, those granted already included: the client asks once.
  std::string needed(std::string_view scope) const;

  const core::Config& config_;
  identity::Site site_;
  authority::Grant reach_;  // of the caller at hand
};
