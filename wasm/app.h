// The application: the only place that knows everything. It routes requests, ties the protocol to the
// authority and the service to both, and turns one input into one output.
#pragma once

#include <string>
#include <string_view>

#include "authority/replay.h"
#include "authority/revocation.h"
#include "authority_page.h"
#include "core/application.h"
#include "core/config.h"
#include "core/json.h"
#include "core/step.h"
#include "identity/keys.h"
#include "identity/page_sign_in.h"
#include "identity/sign_in.h"
#include "identity/token_memory.h"
#include "mcp/server.h"
#include "service.h"

class App final : public core::Application {
 public:
  App(core::Config config, core::Crypto& crypto);

  core::Outcome handle(const core::Input& input, core::Context& step) override;
  std::string scopes() const override { return scope_names(); }
  std::string replay(std::string_view input) const override { return authority::replay(input); }

 private:
  core::Outcome on(const core::EdgeRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalCall& input, core::Context& step);
  core::Outcome on(const core::VaultCall& input, core::Context& step);
  core::Outcome on(const core::Alarm&, core::Context& step);
  core::Outcome on(const core::Wake& input, core::Context& step);
  core::Outcome on(const core::Fault& input, core::Context& step);
  core::Outcome on(const core::Resume& input, core::Context& step);
  core::Outcome on(const core::StreamOpened& input, core::Context& step);
  core::Outcome on(const core::StreamClosed& input, core::Context& step);
  core::Outcome on(const core::Lost& input, core::Context& step);

  core::Outcome mcp_at_edge(const core::Request& request, const identity::Site& site);
  core::Outcome page_at_edge(const core::Request& request, const core::Url& url,
                             const identity::Site& site) const;
  core::Outcome page_at_principal(const core::Request& request, const core::Url& url,
                                  const identity::Site& site, core::Context& step);
  core::Outcome webhook_at_edge(const core::Request& request) const;
  core::Outcome webhook(const core::EffectResult& body, std::string_view signature,
                        core::Context& step) const;
  static core::Outcome webhook_delivered(const core::EffectResult& reply);
  /// What a client was allowed the last time, as a sentence.
  core::Outcome recall_client(std::string_view client_id, core::Context& step);
  core::Outcome open_page_session(core::JsonView call, core::Context& step);
  core::Outcome identity_event(core::JsonView call, core::Context& step);
  core::Outcome token_at_edge(const core::EffectResult& body, const std::string& issuer);
  core::Outcome registration(const std::vector<core::EffectResult>& results, const std::string& issuer);
  core::Outcome token_at_principal(const core::Request& request, const identity::Site& site,
                                   core::Context& step);
  core::Outcome mcp_at_principal(const core::Request& request, const identity::Site& site,
                                 core::Context& step);
  core::Outcome validated(const core::Request& request, const identity::Site& site,
                          const core::EffectResult& result, core::Context& step);
  core::Outcome act(const core::Request& request, const identity::Site& site,
                    const identity::ValidToken& token, core::Context& step);
  core::Outcome on_its_way(core::Outcome outcome, std::string_view origin) const;
  core::Outcome deliver(core::Context& step);
  /// What the alarm sends away: entries for the archive first, then what is in the outbox.
  core::Outcome send_away(core::Context& step);
  core::Outcome archive_answered(int64_t first, const std::vector<core::EffectResult>& results,
                                 core::Context& step);
  /// A new grant begins its trail.
  void begin_grant(std::string_view grant_id, core::Context& step);
  /// The one way in which grants end: the trail, tokens, sessions, streams and waiting calls with it. Nothing
  /// where it had ended before. `by`: who ends it, for the trail.
  std::optional<authority::Revocation> end_grant(std::string_view grant_id, authority::Event event,
                                                 std::string_view reason, std::string_view by,
                                                 core::Context& step);
  PageWorld page_world(std::string origin, core::Context& step);
  /// The keys that verify what this deployment signs (RFC 7517).
  std::string jwks() const;
  void end_expired_grants(core::Context& step);
  void sweep_authority(core::Context& step);
  /// Ends those that stand; gives how many.
  size_t end_all_grants(std::string_view reason, std::string_view by, core::Context& step);
  /// Ends those that were given until the human signs out, in that session of AuthKit.
  size_t end_grants_of_identity_session(std::string_view identity_session, core::Context& step);

  const core::Config config_;
  core::Crypto& crypto_;
  const identity::Keys keys_;
  const mcp::Server server_;
  const authority::Vocabulary words_;
  const identity::SignIn sign_in_;
  const identity::PageSignIn page_sign_in_;
  authority::Notary notary_;
  /// The same under the address at which the page is open.
  authority::Notary page_notary_;
  identity::TokenMemory tokens_;
};
