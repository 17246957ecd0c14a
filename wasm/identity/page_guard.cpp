#include "identity/page_guard.h"

#include "core/json.h"
#include "identity/page_sign_in.h"
#include "identity/pages.h"

namespace identity {

namespace {

bool reading(const core::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// To the sign-in and back here. One answer for nobody and for somebody whose sign-in is too old.
core::Response to_sign_in(const core::Url& url) {
  core::Response response;
  response.status = 303;
  response.headers.add("Location",
                       page_sign_in_address(url.query.empty() ? url.path : url.path + "?" + url.query));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

PagePath kind_of_path(std::string_view path) {
  if (path == "/authority" || path == "/admin" || path.starts_with("/authority/approvals/")) {
    return PagePath::page;
  }
  if (path.starts_with("/authority/") || path.starts_with("/admin/")) return PagePath::data;
  return PagePath::elsewhere;
}

core::Response page_data(int status, std::string body, std::string_view type) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.body = std::move(body);
  return response;
}

core::Response page_error(int status, std::string_view code, std::string_view message) {
  return page_data(status, core::json_text(core::Json{{"error", {{"code", code}, {"message", message}}}}));
}

core::Response signed_out(const core::Request& request, const core::Url& url) {
  if (reading(request) && kind_of_path(url.path) == PagePath::page) return to_sign_in(url);
  return page_error(401, "signed_out", "You are not signed in, or no longer.");
}

std::optional<core::Response> refuse_foreign(const core::Request& request, PagePath kind, const Site& site) {
  if (reading(request) && kind == PagePath::page) return std::nullopt;
  const std::optional<std::string_view> origin = request.headers.get("Origin");
  const std::optional<std::string_view> from = request.headers.get("Sec-Fetch-Site");
  // A GET of our own page has no Origin, and one that the human typed comes from nowhere ("none").
  const bool ours = reading(request) ? (!origin || *origin == site.origin) &&
                                           (!from || *from == "same-origin" || *from == "none")
                                     : origin == site.origin && (!from || *from == "same-origin");
  if (ours) return std::nullopt;
  return page_error(403, "foreign_page", "Pages of another origin may not ask for this.");
}

Announced announced(const core::Request& request, size_t limit) {
  const auto length = request.headers.get("Content-Length");
  if (!length || length->empty() || length->find_first_not_of("0123456789") != std::string_view::npos) {
    return Announced::fits_or_unknown;
  }
  if (length->size() > 9) return Announced::too_much;
  size_t value = 0;
  for (char digit : *length) value = value * 10 + static_cast<size_t>(digit - '0');
  return value > limit ? Announced::too_much : Announced::fits_or_unknown;
}

std::optional<core::Response> refuse_large(const core::Request& request) {
  if (announced(request, kMaxActBytes) == Announced::fits_or_unknown &&
      request.body_state != core::BodyState::too_large && request.body.size() <= kMaxActBytes) {
    return std::nullopt;
  }
  return page_error(413, "too_large", "A request of this page has at most 64 KiB.");
}

std::optional<core::Response> refuse_forged(const core::Request& request, const PageSession& session) {
  const std::string_view given = request.headers.get("X-CSRF").value_or("");
  if (core::equal_in_constant_time(given, session.csrf)) return std::nullopt;
  return page_error(403, "csrf", "This request does not come from the page as it was loaded. Load it again.");
}

std::optional<core::Response> refuse_impersonated(const PageSession& session) {
  if (may_allow(session)) return std::nullopt;
  return page_error(403, "impersonated",
                    "An administrator opened this session on behalf of " + session.person.user.email +
                        ". It may look and take back; only they themselves can allow anything.");
}

std::optional<core::Response> refuse_stale(const PageSession& session, core::Duration age,
                                           core::Instant now) {
  if (signed_in_within(session, age, now)) return std::nullopt;
  return page_error(403, "sign_in_again",
                    "This takes a sign-in less than " + std::to_string(age.milliseconds / 60'000) +
                        " minutes old. Sign in again.");
}

std::optional<core::Response> refuse_other_than_admin(const core::Url& url, const PageSession& session,
                                                      core::Instant now) {
  const PagePath kind = kind_of_path(url.path);
  if (!may_administer(session)) {
    constexpr std::string_view what = "This is for administrators, who come as themselves.";
    if (kind == PagePath::data) return page_error(403, "admin_only", what);
    return message_page(403, "Administrators only", what,
                        "It takes the permission " + std::string(kAdminPermission) + " in WorkOS.");
  }
  if (signed_in_within(session, kPermissionsBelieved, now)) return std::nullopt;
  if (kind == PagePath::page) return to_sign_in(url);
  return refuse_stale(session, kPermissionsBelieved, now);
}

}  // namespace identity
