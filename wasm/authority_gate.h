// The authority's answers in the protocol's terms: who calls, how far their token reaches, whether they may,
// and what it costs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/sentence.h"
#include "authority/use.h"
#include "identity/boundary.h"
#include "mcp/gate.h"

/// Whose deputy calls. Permissions that are too old to rely on are left out.
mcp::Caller caller_of(const authority::Grant& grant, core::Instant now);

/// The grant as far as a token reaches. What the client left out when it asked for the token counts as never
/// asked for: it can ask for a token that has it (RFC 6749 section 6).
authority::Grant within(authority::Grant grant, const std::vector<std::string>& token_scopes);

class AuthorityGate final : public mcp::Gate {
 public:
  AuthorityGate(const core::Config& config, const authority::Vocabulary& words, authority::Notary notary,
                identity::Site site = {})
      : config_(config), words_(words), notary_(std::move(notary)), site_(std::move(site)) {}

  /// The caller with a valid token; nothing where the grant does not stand.
  std::optional<mcp::Caller> admit(std::string_view grant_id, const std::vector<std::string>& token_scopes,
                                   core::Context& step);

  mcp::Permission permit(const mcp::Use& use, const mcp::Caller& caller, core::Context& step) override;
  bool shows(const mcp::Use& use, const mcp::Caller& caller) override;
  std::optional<mcp::Caller> recall(std::string_view handle, core::Context& step) override;

  mcp::Permission begin(const mcp::Use& use, const mcp::Caller& caller, std::string_view ticket,
                        core::Context& step) override;
  mcp::Charged charge(const mcp::Charge& charge, core::Context& step) override;
  std::string waits(mcp::WaitsFor what, core::Context& step) override;
  std::string ended(mcp::Ending how, core::Context& step) override;
  void stopped(std::string_view ticket, core::Context& step) override;

 private:
  /// One run of a call.
  struct Run {
    authority::Desk desk;
    authority::Use use;
    authority::Subject subject;
    authority::Action action;
    std::string title;
  };

  authority::Action action_of(const mcp::Use& use) const;
  mcp::Permission permission(const mcp::Use& use, const authority::Decision& decision) const;
  std::string refusal(const authority::Decision& decision, std::string_view name) const;
  /// Tells NOTIFY_URL, where there is one, that a human is asked. What of, their page says.
  void notify(std::string_view approval_id, const std::string& page, core::Context& step) const;
  /// All scopes of the operation, those granted already included: the client asks once.
  std::string needed(std::string_view scope) const;

  const core::Config& config_;
  const authority::Vocabulary& words_;
  authority::Notary notary_;
  identity::Site site_;
  authority::Grant reach_;
  std::optional<Run> run_;
};
