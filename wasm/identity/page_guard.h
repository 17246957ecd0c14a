// What stands between the authority page's addresses and whoever asks for them. Each check is a function of
// its own that gives the refusal, or nothing where the request may go on:
//
//   refuse_foreign       in the Worker, every request    a page of another origin may ask for nothing
//   refuse_large         in the Worker and the object    a body has at most 64 KiB
//   refuse_forged        in the object, every POST       it carries what only the page's own script knows
//   refuse_impersonated  in the object, what allows      the human themselves, nobody on their behalf
//   refuse_stale         in the object, what allows      a sign-in that is fresh enough
//   refuse_other_than_admin, refuse_stale                what is done to somebody else
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/step.h"
#include "identity/boundary.h"
#include "identity/page_sessions.h"

namespace identity {

inline constexpr uint32_t kMaxActBytes = 64 * 1024;

/// What an address under /authority or /admin gives: a page that a human looks at, or data for its script.
enum class PagePath { page, data, elsewhere };
PagePath kind_of_path(std::string_view path);

/// Data for the page's script, with what keeps it to that script.
core::Response page_data(int status, std::string body, std::string_view type = "application/json");
/// {"error":{"code","message"}}.
core::Response page_error(int status, std::string_view code, std::string_view message);

/// Nobody is signed in, or no longer: a human is led to sign in and back, a script is told (401, signed_out).
core::Response signed_out(const core::Request& request, const core::Url& url);

/// Pages may be linked to from anywhere; data is for our own pages, and changes come from them alone
/// (`Origin`; Fetch Metadata where the browser sends it).
std::optional<core::Response> refuse_foreign(const core::Request& request, PagePath kind, const Site& site);
/// By the length that is announced, and by the body where it has been read.
std::optional<core::Response> refuse_large(const core::Request& request);
/// The header X-CSRF, compared in constant time.
std::optional<core::Response> refuse_forged(const core::Request& request, const PageSession& session);
std::optional<core::Response> refuse_impersonated(const PageSession& session);
/// 403, sign_in_again: the script leads the human to sign in and back.
std::optional<core::Response> refuse_stale(const PageSession& session, core::Duration age, core::Instant now);
/// As a page or as data, as the address wants it. Permissions are believed for an hour.
std::optional<core::Response> refuse_other_than_admin(const core::Url& url, const PageSession& session,
                                                      core::Instant now);

/// The body is longer than `limit`, and says so before it comes (RFC 9110 section 8.6).
enum class Announced { fits_or_unknown, too_much };
Announced announced(const core::Request& request, size_t limit);

}  // namespace identity
