// The door of a deployment that is its own authorization server (OAuth 2.1): AuthKit says who the human is,
// they allow the client here, and the tokens are ours.
#pragma once

#include "app.h"
#include "identity/authkit.h"
#include "identity/principal_id.h"
#include "identity/sign_in.h"

class AuthorizationServer final : public App {
 public:
  AuthorizationServer(core::Config config, core::Crypto& crypto);

 private:
  const identity::Provider& provider() const override { return authkit_; }
  std::optional<core::Outcome> at_door(const Visit& visit, core::Context& step) override;
  core::Outcome admit_at_edge(const core::Request& request, const identity::Site& site,
                              core::Context& step) override;
  core::Outcome admit_at_principal(const core::Request& request, const core::Url& url,
                                   const identity::Site& site, core::Context& step) override;
  core::Outcome called(std::string_view what, core::JsonView call, const std::string& text,
                       core::Context& step) override;
  core::Outcome on(const core::VaultCall& input, core::Context& step) override;
  void create_door_schema(core::Storage& storage) override;
  core::Outcome not_admitted(const core::Request& request, const identity::Site& site) override;
  void forget_grant(std::string_view grant_id, core::Storage& storage) override;
  core::Outcome resumed(Machine machine, std::string_view state,
                        const std::vector<core::EffectResult>& results, core::Context& step) override;

  core::Outcome token_at_edge(const core::EffectResult& body, const std::string& issuer);
  core::Outcome registration(const std::vector<core::EffectResult>& results, const std::string& issuer);
  core::Outcome token_at_principal(const core::Request& request, const identity::Site& site,
                                   core::Context& step);
  core::Outcome validated(const core::Request& request, const identity::Site& site,
                          const core::EffectResult& result, core::Context& step);
  core::Outcome complete_authorization(core::JsonView call, const std::string& text, core::Context& step);
  /// What a client was allowed the last time, as a sentence.
  core::Outcome recall_client(std::string_view client_id, core::Context& step);

  core::Outcome webhook_at_edge(const core::Request& request) const;
  core::Outcome webhook(const core::EffectResult& body, std::string_view signature,
                        core::Context& step) const;
  static core::Outcome webhook_delivered(const core::EffectResult& reply);
  core::Outcome identity_event(core::JsonView call, core::Context& step);
  /// Ends those that stand; gives how many.
  size_t end_all_grants(std::string_view reason, std::string_view by, core::Context& step);
  /// Ends those that were given until the human signs out, in that session of AuthKit.
  size_t end_grants_of_identity_session(std::string_view identity_session, core::Context& step);

  const identity::AuthKit authkit_;
  const identity::SignIn sign_in_;
  identity::PrincipalMemory principals_;
};
