// The authority page, inside its human's object: what they see of their deputies, and what they do about
// them. Who asks, from where, and whether it is their own page that asks has been checked before
// (identity/page_guard.h); what an act takes besides (a fresh sign-in, the human themselves) is checked here,
// by the functions of that file.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "authority/revocation.h"
#include "authority/sentence.h"
#include "core/step.h"
#include "identity/boundary.h"
#include "identity/page_sessions.h"

/// What the page needs of the application around it.
struct PageWorld {
  const authority::Notary& notary;
  /// The public keys of the deployment, as a JWK Set.
  std::string jwks;
  /// Whose object this is.
  std::string principal;
  /// What things are called here.
  const authority::Vocabulary& words;
  /// Ends a grant with all that hangs on it; nothing where it had ended before.
  std::function<std::optional<authority::Revocation>(std::string_view grant_id, std::string_view reason,
                                                     std::string_view by)>
      revoke;
  /// Erases what the service knows of its human besides the trail. Gives how many records it was in.
  std::function<int64_t()> erase_personal_details;
};

core::Outcome authority_page(const core::Request& request, const core::Url& url, const identity::Site& site,
                             const identity::PageSession& session, const PageWorld& world,
                             core::Context& step);

/// An export that `authority_page` has awaited a part of the archive for.
core::Response archived_export(std::string_view state, const std::vector<core::EffectResult>& results,
                               std::string_view principal, core::Context& step);
/// Deletes values of the archive, through the outbox.
void delete_archived(core::Context& step, const std::vector<std::string>& keys);

/// What a page may do to deputies, by whomever: "revoke", "revoke_all", "pause" and "resume" with the cause
/// of whoever does it. `act`: {"do", "grant"?}. Gives the answer for the page's script; nothing where it is
/// another act.
struct Doer {
  std::string_view name;         // for the trail: "human", "administrator"
  std::string_view pause_cause;  // authority/pauses.h
};
std::optional<core::Response> brake(core::JsonView act, const Doer& by, const PageWorld& world,
                                    core::Context& step);
