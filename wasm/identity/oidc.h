// Any OpenID Connect issuer signs humans in (OpenID Connect Core 1.0 section 3.1): authorization code with
// PKCE, and the ID token says who they are.
#pragma once

#include "core/config.h"
#include "identity/discovery.h"
#include "identity/provider.h"

namespace identity {

class Oidc final : public Provider {
 public:
  /// `metadata` is there before anybody signs in; it outlives this.
  Oidc(const core::Config& config, const std::optional<IssuerMetadata>& metadata)
      : config_(config), metadata_(metadata) {}

  std::string_view name() const override { return config_.issuer; }
  std::string_view title() const override { return "The issuer"; }
  std::string authorization_url(std::string_view origin, std::string_view state, std::string_view challenge,
                                Freshness freshness) const override;
  core::Fetch code_exchange(std::string_view origin, std::string_view code,
                            std::string_view verifier) const override;
  std::variant<Exchanged, SignInProblem> read_exchange(const core::EffectResult& answer) const override;
  std::variant<Person, SignInProblem> read_person(User user, const core::EffectResult& claims) const override;

 private:
  const core::Config& config_;
  const std::optional<IssuerMetadata>& metadata_;
};

}  // namespace identity
