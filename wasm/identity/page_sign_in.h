// Signing a human in to the authority page.
//
//   GET /authority/sign-in   -> the provider (PKCE, a fresh sign-in, state bound to the browser by a cookie)
//   GET /callback            cookie -> exchange the code -> verify the token -> the principal's object opens
//   a
//                            session -> where the human wanted to go
//
// The callback is the one that sign-ins for deputies use too (sign_in.h), for WorkOS knows one redirect URI.
// The two are told apart by the shape of `state`, and neither believes the other's: ours is good only with
// the cookie of its own name, which carries the verifier under a MAC, for ten minutes; the OAuth provider's
// only with its own cookie and record. The cookie goes with its first use, and a provider takes a code once.
#pragma once

#include "core/step.h"
#include "identity/boundary.h"
#include "identity/keys.h"
#include "identity/provider.h"

namespace identity {

inline constexpr core::Duration kPageSignInLifetime = core::minutes(10);

/// True for the `state` of a callback that belongs here.
bool is_page_state(std::string_view state);

/// Where the page's human goes on to: `asked` if it is an address of the page, else the page itself.
std::string page_address(std::string_view asked);
/// Where a human signs in who wants to go to `path`.
std::string page_sign_in_address(std::string_view path);

class PageSignIn {
 public:
  PageSignIn(const Provider& provider, const Keys& keys) : provider_(provider), keys_(keys) {}

  core::Outcome begin(const core::Url& url, const Site& site, core::Context& step) const;
  core::Outcome callback(const core::Request& request, const core::Url& url, const Site& site,
                         core::Context& step) const;

  core::Outcome resume(std::string_view continuation, const std::vector<core::EffectResult>& results,
                       core::Context& step) const;

 private:
  const Provider& provider_;
  const Keys& keys_;
};

}  // namespace identity
