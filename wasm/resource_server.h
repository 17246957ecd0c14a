// The door of a deployment behind somebody else's authorization server (PingFederate, or any issuer of JWTs):
// a resource server (RFC 9728, RFC 6750). The issuer says who the human is and which client acts; what that
// client may do here, the human says on their page.
//
// A deputy is a client of the issuer that acts for one human. It begins with its first use, with the bounds
// that a deployment gives to those whom nobody has seen (`DEFAULT_BOUNDS`). Once its human has ended it, no
// token of that client gets in, new ones neither, until they allow it again: a 401 would only start a silent
// sign-in.
#pragma once

#include "app.h"
#include "identity/bearer.h"
#include "identity/discovery.h"
#include "identity/oidc.h"

class ResourceServer final : public App {
 public:
  ResourceServer(core::Config config, core::Crypto& crypto);

 protected:
  core::Outcome answer(const core::Input& input, core::Context& step) override;

 private:
  const identity::Provider& provider() const override { return oidc_; }
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
  std::optional<std::string> allow_again(std::string_view grant_id, core::Context& step) override;
  void all_were_ended(core::Context& step) override;
  std::optional<identity::LiveTokens> live_tokens(const authority::Grant& grant,
                                                  core::Context& step) override;
  core::Outcome resumed(Machine machine, std::string_view state,
                        const std::vector<core::EffectResult>& results, core::Context& step) override;

  /// True for what cannot be done before the issuer's metadata is there.
  bool needs_metadata(const core::Input& input, core::Instant now) const;
  core::Outcome discovered(std::string_view state, const std::vector<core::EffectResult>& results,
                           core::Context& step);
  core::VerifyToken verification(const core::Request& request, const identity::Site& site) const;
  core::Outcome verified_at_edge(const core::Request& request, const identity::Site& site,
                                 const core::EffectResult& result, core::Instant now);
  /// `deputy`: the principal and, after a colon, which client.
  core::Outcome forward(const core::Request& request, const std::string& deputy, core::Instant now);
  core::Outcome verified(const core::Request& request, const identity::Site& site,
                         const core::EffectResult& result, core::Context& step);
  /// The answer to a token that is not good; nothing for one that is.
  std::variant<identity::BearerToken, core::Respond> read(const core::Request& request,
                                                          const identity::Site& site,
                                                          const core::EffectResult& result) const;
  /// The standing grant of the client that the token names: a new one at its first use, by what it calls
  /// itself. Nothing where its human has ended it.
  std::optional<authority::Grant> deputy(const identity::BearerToken& token, std::string_view called,
                                         core::Context& step);
  authority::Grant widen(const authority::Grant& grant, std::vector<std::string> scopes, core::Context& step);
  /// `by`: see `authority::Actor::era`.
  authority::Grant appoint(authority::Grant grant, std::string_view by, core::Context& step);
  authority::Bounds default_bounds() const;

  const identity::Oidc oidc_;
  /// May be lost: it is asked for again.
  std::optional<identity::IssuerMetadata> metadata_;
  core::Instant metadata_until_;
  /// Tokens that were verified in the Worker, with the deputy (as `forward` takes it) in place of the grant.
  identity::TokenMemory at_edge_;
};
