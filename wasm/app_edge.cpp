// The application in the Worker: which requests are answered here, and who answers the others.
#include "app.h"
#include "continuations.h"
#include "core/json.h"
#include "identity/authkit.h"
#include "identity/boundary.h"
#include "identity/page_guard.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "responses.h"
#include "webhooks.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

using identity::Announced;

/// Of paths under it, too.
bool is_under(std::string_view path, std::string_view root) {
  return path == root || (path.starts_with(root) && path[root.size()] == '/');
}

}  // namespace

Outcome App::on(const core::EdgeRequest& input, core::Context& step) {
  const core::Request& request = input.request;
  const std::optional<core::Url> url = core::parse_url(request.url);
  if (!url) return Respond{plain(400, "The address cannot be understood.\n")};
  if (url->path == "/style.css") return Respond{identity::style_sheet()};
  if (url->path == "/icon.svg") return Respond{identity::icon()};
  if (url->path == "/authority.js") return Respond{identity::authority_script()};
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
  if (path == "/.well-known/jwks.json") {
    return Respond{reading ? identity::public_json(jwks()) : method_not_allowed("GET, HEAD")};
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
  if (path == "/callback" && reading) {
    if (identity::is_page_state(core::form_value(url->query, "state").value_or(""))) {
      return named(Machine::page_sign_in, page_sign_in_.callback(request, *url, *site, step));
    }
    return named(Machine::sign_in, sign_in_.callback(request, *url, *site));
  }
  if (path == "/authority/sign-in") {
    return reading ? page_sign_in_.begin(*url, *site, step) : Respond{method_not_allowed("GET, HEAD")};
  }
  if (is_under(path, "/authority") || is_under(path, "/admin")) return page_at_edge(request, *url, *site);
  if (path == "/webhooks/workos" && !config_.workos_webhook_secret.empty()) return webhook_at_edge(request);
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
  if (identity::announced(request, core::kMaxJsonBytes) == Announced::too_much) {
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

Outcome App::page_at_edge(const core::Request& request, const core::Url& url,
                          const identity::Site& site) const {
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (!reading && request.method != "POST") return Respond{method_not_allowed("GET, HEAD, POST")};
  if (auto refusal = identity::refuse_foreign(request, identity::kind_of_path(url.path), site)) {
    return Respond{std::move(*refusal)};
  }
  if (auto refusal = identity::refuse_large(request)) return Respond{std::move(*refusal)};
  const std::optional<identity::PageCookie> cookie = identity::page_cookie(request, keys_);
  if (!cookie) return Respond{identity::signed_out(request, url)};
  return core::ForwardToPrincipal{cookie->principal};
}

// ---- Webhooks ----

Outcome App::webhook_at_edge(const core::Request& request) const {
  if (request.method != "POST") return Respond{method_not_allowed("POST")};
  if (identity::announced(request, kMaxWebhookBytes) == Announced::too_much) {
    return Respond{plain(413, "An event has at most 256 KiB.\n")};
  }
  return Await{{core::ReadBody{kMaxWebhookBytes}},
               continuation(Machine::webhook, request.headers.get("WorkOS-Signature").value_or(""))};
}

Outcome App::webhook(const core::EffectResult& body, std::string_view signature, core::Context& step) const {
  if (!body.ok()) return Respond{plain(413, "An event has at most 256 KiB.\n")};
  switch (check_signature(crypto_, config_.workos_webhook_secret, signature, body.bytes, step.now)) {
    case Signature::good: break;
    case Signature::malformed: return Respond{plain(400, "WorkOS-Signature is missing or malformed.\n")};
    case Signature::wrong: return Respond{plain(401, "The signature is wrong.\n")};
    case Signature::out_of_time: return Respond{plain(401, "The timestamp is too far from now.\n")};
  }
  const std::optional<IdentityEvent> event = read_event(body.bytes);
  // An error would bring it again and again.
  if (!event) return Respond{plain(200, "This event means nothing here.\n")};
  return Await{{core::CallPrincipal{identity::principal_name(crypto_, identity::kProvider, event->user),
                                    event_call(*event)}},
               continuation(Machine::delivered_event, {})};
}

Outcome App::webhook_delivered(const core::EffectResult& reply) {
  // Not before the object has committed: whoever has no 200 tells it again.
  if (!reply.ok()) return Respond{plain(503, "It could not be done. Tell it again.\n")};
  return Respond{plain(200, "Done.\n")};
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
