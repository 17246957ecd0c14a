// The way from an authorization request to a grant: who asks, who the human is, what the human allows.
//
//   GET /authorize   parse -> page "who asks"
//   POST /authorize  continue -> AuthKit (PKCE, state bound to the browser)   or cancel -> the client
//   GET /callback    state -> exchange the code -> verify the token -> page "what may it do"
//   POST /consent    allow -> the principal's object makes the grant -> the client   or deny -> the client
//
// Each arrow that needs the outside is an effect; each state between is a struct in `sign_in.cpp`, visited
// exhaustively. The OAuth provider keeps the transactions: single use, ten minutes, bound to the browser by a
// cookie. No token of AuthKit outlives the callback.
#pragma once

#include "core/config.h"
#include "core/step.h"
#include "identity/boundary.h"
#include "identity/consent_form.h"
#include "identity/keys.h"

namespace identity {

/// Forms and token requests are small.
inline constexpr uint32_t kMaxFormBytes = 16 * 1024;

class SignIn {
 public:
  /// `words`: what a human can allow, in the order in which it is shown.
  SignIn(const core::Config& config, const Keys& keys, const authority::Vocabulary& words)
      : config_(config), keys_(keys), words_(words) {}

  core::Outcome authorize(const core::Request& request, const core::Url& url, const Site& site) const;
  /// POST to /authorize or /consent.
  core::Outcome submit(const core::Request& request, const core::Url& url, const Site& site) const;
  core::Outcome callback(const core::Request& request, const core::Url& url, const Site& site) const;

  core::Outcome resume(std::string_view continuation, const std::vector<core::EffectResult>& results,
                       core::Context& step) const;

 private:
  const core::Config& config_;
  const Keys& keys_;
  const authority::Vocabulary& words_;
};

}  // namespace identity
