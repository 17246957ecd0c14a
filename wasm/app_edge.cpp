// The application in the Worker: which requests are answered here, and who answers the others.
#include "app.h"
#include "continuations.h"
#include "core/json.h"
#include "identity/boundary.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "responses.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// The body is longer than anything this endpoint takes, and says so before it comes (RFC 9110 section 8.6).
bool announces_too_much(const core::Request& request, size_t limit) {
  const auto length = request.headers.get("Content-Length");
  if (!length || length->empty() || length->find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  if (length->size() > 9) return true;
  size_t value = 0;
  for (char digit : *length) value = value * 10 + static_cast<size_t>(digit - '0');
  return value > limit;
}

}  // namespace

Outcome App::on(const core::EdgeRequest& input, core::Context&) {
  const core::Request& request = input.request;
  const std::optional<core::Url> url = core::parse_url(request.url);
  if (!url) return Respond{plain(400, "The address cannot be understood.\n")};
  if (url->path == "/style.css") return Respond{identity::style_sheet()};
  if (url->path == "/icon.svg") return Respond{identity::icon()};
  if (!config_.problems.empty()) return Respond{not_configured(config_.problems)};
  const std::optional<identity::Site> site = identity::site_of(*url, config_);
  if (!site) {
    if (config_.public_url.empty()) {
      return Respond{not_configured(
          {{"PUBLIC_URL", "is the address of this deployment, such as " + url->origin +
                              ": set it under [vars] in wrangler.toml (`pnpm deploy` does)"}})};
    }
    return Respond{plain(403, "This server does not answer for that host.\n")};
  }

  const std::string& path = url->path;
  const std::string& method = request.method;
  const bool reading = method == "GET" || method == "HEAD";
  if (path == "/mcp") return mcp_at_edge(request, *site);
  if (path == "/") return Respond{reading ? landing(*site) : method_not_allowed("GET, HEAD")};
  if (path == "/.well-known/oauth-protected-resource" ||
      path == "/.well-known/oauth-protected-resource/mcp") {
    if (method == "OPTIONS") return Respond{identity::preflight(request)};
    return Respond{reading ? identity::protected_resource_metadata(*site)
                           : method_not_allowed("GET, HEAD, OPTIONS")};
  }
  if (path == "/.well-known/oauth-authorization-server") return core::ForwardToOAuth{site->origin};
  if (path == "/token") {
    if (method != "POST") return core::ForwardToOAuth{site->origin};
    return Await{{core::ReadBody{identity::kMaxFormBytes}},
                 continuation(Machine::token_endpoint, site->origin)};
  }
  if (path == "/register") {
    if (method != "POST") return core::ForwardToOAuth{site->origin};
    return Await{
        {core::LimitRate{"REGISTRATIONS", input.client_address}, core::ReadBody{identity::kMaxFormBytes}},
        continuation(Machine::registration, site->origin)};
  }
  if (path == "/authorize" && reading) return named(Machine::sign_in, sign_in_.authorize(request, *site));
  if ((path == "/authorize" || path == "/consent") && method == "POST") {
    return named(Machine::sign_in, sign_in_.submit(request, *url, *site));
  }
  if (path == "/callback" && reading) return named(Machine::sign_in, sign_in_.callback(request, *url, *site));
  if (path == "/authorize") return Respond{method_not_allowed("GET, HEAD, POST")};
  if (path == "/callback") return Respond{method_not_allowed("GET, HEAD")};
  if (path == "/consent") return Respond{method_not_allowed("POST")};
  return Respond{identity::message_page(404, "There is nothing here", "This address leads nowhere.",
                                        "The MCP endpoint is " + site->resource() + ".")};
}

Outcome App::mcp_at_edge(const core::Request& request, const identity::Site& site) {
  if (identity::check_origin(request, site, config_) == identity::OriginCheck::foreign) {
    return Respond{plain(403, "Pages of that origin may not call this server: see ALLOWED_ORIGINS.\n")};
  }
  if (request.method == "OPTIONS") return Respond{identity::preflight(request)};
  if (announces_too_much(request, core::kMaxJsonBytes)) {
    core::Response response = plain(413, "A request has at most 1 MiB.\n");
    identity::allow_origin(response, request.headers.get("Origin").value_or(""));
    return Respond{response};
  }
  const std::optional<std::string_view> token = identity::bearer_token(request);
  const std::optional<std::string> principal =
      token ? identity::principal_of_token(keys_, *token) : std::optional<std::string>();
  if (!principal) {
    core::Response response = identity::unauthorized(
        site, token ? identity::Challenge::invalid_token : identity::Challenge::no_token);
    identity::allow_origin(response, request.headers.get("Origin").value_or(""));
    return Respond{response};
  }
  return core::ForwardToPrincipal{*principal};
}

Outcome App::token_at_edge(const core::EffectResult& body, const std::string& issuer) {
  if (!body.ok()) return Respond{oauth_error(413, "invalid_request", "A token request has at most 16 KiB")};
  // Code, refresh token and the token to revoke name the principal whose object keeps them. A request that
  // names nobody real is the OAuth provider's to refuse, here, where no grant is kept.
  for (std::string_view name : {"code", "refresh_token", "token"}) {
    const std::optional<std::string> value = core::form_value(body.bytes, name);
    if (!value) continue;
    const std::optional<std::string> principal = identity::principal_of_token(keys_, *value);
    if (principal) return core::ForwardToPrincipal{*principal};
    break;
  }
  return core::ForwardToOAuth{issuer};
}

Outcome App::registration(const std::vector<core::EffectResult>& results, const std::string& issuer) {
  if (!results[0].ok()) {
    core::Response response = oauth_error(429, "temporarily_unavailable",
                                          "Too many registrations from this address; try again in a minute");
    response.headers.add("Retry-After", "60");
    return Respond{response};
  }
  if (!results[1].ok())
    return Respond{oauth_error(413, "invalid_client_metadata", "A registration has at most 16 KiB")};
  return core::ForwardToOAuth{issuer};
}
