// The application in the Worker: which requests are answered here, and who answers the others.
#include "app.h"
#include "continuations.h"
#include "core/json.h"
#include "identity/boundary.h"
#include "identity/page_guard.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "responses.h"

namespace {

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
  if (url->path == "/healthz") return Respond{plain(200, "ok\n")};
  if (url->path == "/.well-known/mcp-deputy.json") return Respond{identity::public_json(what_runs())};
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
  if (path == "/mcp") return mcp_at_edge(request, *site, step);
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
  if (path == "/callback" && reading &&
      identity::is_page_state(core::form_value(url->query, "state").value_or(""))) {
    return named(Machine::page_sign_in, page_sign_in().callback(request, *url, *site, step));
  }
  if (path == "/authority/sign-in") {
    return reading ? page_sign_in().begin(*url, *site, step) : Respond{method_not_allowed("GET, HEAD")};
  }
  if (is_under(path, "/authority") || is_under(path, "/admin")) return page_at_edge(request, *url, *site);
  if (std::optional<Outcome> outcome = at_door({request, *url, *site, input.client_address}, step)) {
    return *std::move(outcome);
  }
  if (path == "/callback") return Respond{method_not_allowed("GET, HEAD")};
  return Respond{identity::message_page(404, "There is nothing here", "This address leads nowhere.",
                                        "The MCP endpoint is " + site->resource() + ".")};
}

std::string App::what_runs() const {
  const mcp::Implementation& info = server_.offer().info;
  return core::json_text(
      core::Json{{"name", info.name}, {"version", info.version}, {"wasm_sha256", config_.wasm_sha256}});
}

Outcome App::mcp_at_edge(const core::Request& request, const identity::Site& site, core::Context& step) {
  if (identity::check_origin(request, site, config_) == identity::OriginCheck::foreign) {
    return Respond{plain(403, "Pages of that origin may not call this server: see ALLOWED_ORIGINS.\n")};
  }
  if (request.method == "OPTIONS") return Respond{identity::preflight(request)};
  if (identity::announced(request, core::kMaxJsonBytes) == Announced::too_much) {
    core::Response response = plain(413, "A request has at most 1 MiB.\n");
    identity::allow_origin(response, request.headers.get("Origin").value_or(""));
    return Respond{response};
  }
  return admit_at_edge(request, site, step);
}

Outcome App::forward_call(const core::Request& request, std::string principal, std::string_view deputy,
                          core::Instant now) {
  if (!calls_at_edge_.admit(deputy, now)) return too_many_calls(request, now);
  return core::ForwardToPrincipal{std::move(principal), core::ForwardToPrincipal::Hop::shared};
}

Respond App::too_many_calls(const core::Request& request, core::Instant now) {
  core::Response response = plain(429, "This client calls too often; try again in a minute.\n");
  response.headers.add("Retry-After", std::to_string(core::seconds_to_next_minute(now)));
  identity::allow_origin(response, request.headers.get("Origin").value_or(""));
  return {std::move(response)};
}

Respond App::unauthorized(const core::Request& request, const identity::Site& site,
                          identity::Challenge challenge) {
  core::Response response = identity::unauthorized(site, challenge);
  identity::allow_origin(response, request.headers.get("Origin").value_or(""));
  return {std::move(response)};
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
  return core::ForwardToPrincipal{cookie->principal, core::ForwardToPrincipal::Hop::shared};
}
