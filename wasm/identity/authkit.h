// WorkOS AuthKit, as every sign-in here uses it. Who signs in for what is told by those who ask: a deputy's
// grant (sign_in.h), the authority page (page_sign_in.h).
#pragma once

#include "core/config.h"
#include "identity/provider.h"

namespace identity {

/// The provider in the names of principals who come from AuthKit.
inline constexpr std::string_view kProvider = "workos";

class AuthKit final : public Provider {
 public:
  explicit AuthKit(const core::Config& config) : config_(config) {}

  std::string_view name() const override { return kProvider; }
  std::string_view title() const override { return "AuthKit"; }
  std::string authorization_url(std::string_view origin, std::string_view state, std::string_view challenge,
                                Freshness freshness) const override;
  core::Fetch code_exchange(std::string_view origin, std::string_view code,
                            std::string_view verifier) const override;
  std::variant<Exchanged, SignInProblem> read_exchange(const core::EffectResult& answer) const override;
  std::variant<Person, SignInProblem> read_person(User user, const core::EffectResult& claims) const override;

 private:
  const core::Config& config_;
};

/// What of AuthKit's settings is missing.
std::vector<core::Config::Problem> authkit_problems(const core::Config& config);

}  // namespace identity
