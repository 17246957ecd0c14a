#include "app.h"

#include "authority/grants.h"
#include "authority/pauses.h"
#include "authority_gate.h"
#include "core/json.h"
#include "core/outbox.h"
#include "identity/boundary.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "identity/vault.h"
#include "service.h"
#include "shop/shop.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// Copies that one alarm delivers at once: a Worker may have some fifty subrequests in flight without
/// queueing them long.
constexpr size_t kDeliveriesPerAlarm = 50;

/// Which machine a continuation belongs to; its first byte.
enum class Machine : uint8_t {
  sign_in = 1,
  token_endpoint,
  registration,
  validate,
  complete,
  deliver,
  mcp,
};

std::string continuation(Machine machine, std::string_view state) {
  return std::string(1, static_cast<char>(machine)).append(state);
}

/// An `Await` of a machine that has no name for itself yet.
Outcome named(Machine machine, Outcome outcome) {
  if (Await* await = std::get_if<Await>(&outcome))
    await->continuation = continuation(machine, await->continuation);
  return outcome;
}

core::Response plain(int status, std::string_view text) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::string(text);
  return response;
}

core::Response method_not_allowed(std::string_view allow) {
  core::Response response = plain(405, "This address does not know that method.\n");
  response.headers.add("Allow", allow);
  return response;
}

core::Response oauth_error(int status, std::string_view code, std::string_view description) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = core::json_text(core::Json{{"error", code}, {"error_description", description}});
  return response;
}

/// Text for a page; what stands between backticks is code.
std::string with_code(std::string_view text) {
  std::string html;
  bool inside = false;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('`'), rest.size());
    html += core::html_escape(rest.substr(0, end));
    if (end < rest.size()) html += inside ? "</code>" : "<code>";
    inside = !inside;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return html;
}

core::Response not_configured(const std::vector<core::Config::Problem>& problems) {
  std::string list;
  for (const core::Config::Problem& problem : problems) {
    list += "<dt><code>" + core::html_escape(problem.variable) + "</code></dt><dd>" +
            with_code(problem.advice) + "</dd>\n";
  }
  core::Response response =
      identity::page(503, "Not configured yet",
                     identity::fill("not-configured.html", {{"problems", list, identity::Slot::Kind::html}}));
  response.headers.add("Retry-After", "60");
  return response;
}

core::Response landing(const identity::Site& site) {
  const bool local = core::is_loopback_host(core::parse_url(site.origin)->host);
  return identity::page(
      200, service::kHeading,
      identity::fill(
          "landing.html",
          {{"heading", std::string(service::kHeading)},
           {"mcp", site.resource()},
           {"clients",
            identity::fill(local ? "connect-local.html" : "connect-deployed.html",
                           {{"mcp", site.resource()}, {"server", std::string(service::kShortName)}}),
            identity::Slot::Kind::html}}));
}

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

constexpr std::string_view kPrincipalSetting = "principal";
/// What of the protocol's schema is there already (`mcp::migrate`).
constexpr std::string_view kProtocolSchemaSetting = "protocol_schema";

void migrate_protocol(core::Storage& storage) {
  const core::Rows rows =
      storage.query("SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?", {kProtocolSchemaSetting});
  const int64_t before = rows.empty() ? 0 : rows.integer(0, 0);
  const int64_t after = mcp::migrate(storage, before);
  if (after == before) return;
  storage.query(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value",
      {kProtocolSchemaSetting, std::string_view(std::to_string(after))});
}

void wake_for_deliveries(core::Context& step) {
  if (const std::optional<core::Instant> due = core::next_due(*step.storage)) step.wake_at(*due);
}

/// Whose object this is; empty before the first grant.
std::string principal_of(core::Storage& storage) {
  const core::Rows rows = storage.query("SELECT value FROM settings WHERE name = ?", {kPrincipalSetting});
  return rows.empty() ? std::string() : std::string(rows.text(0, 0));
}

}  // namespace

App::App(core::Config config, core::Crypto& crypto)
    : config_(std::move(config)),
      crypto_(crypto),
      keys_(config_, crypto),
      sign_in_(config_, keys_),
      server_(shop::offer()) {}

Outcome App::handle(const core::Input& input, core::Context& step) {
  return std::visit([&](const auto& i) { return on(i, step); }, input);
}

// ---- In the Worker ----

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

// ---- In a principal's object ----

Outcome App::on(const core::Wake& input, core::Context& step) {
  core::Storage& storage = *step.storage;
  storage.query(
      "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
  authority::create_grants_schema(storage);
  authority::create_pauses_schema(storage);
  identity::create_vault_schema(storage);
  core::create_outbox_schema(storage);
  shop::create_schema(storage);
  migrate_protocol(storage);
  // Alarms that got lost are set again.
  server_.wake(input.open_streams, step);
  wake_for_deliveries(step);
  return core::Reply{};
}

Outcome App::on(const core::PrincipalRequest& input, core::Context& step) {
  const std::optional<core::Url> url = core::parse_url(input.request.url);
  const std::optional<identity::Site> site = url ? identity::site_of(*url, config_) : std::nullopt;
  if (!site) return Respond{plain(400, "The address cannot be understood.\n")};
  if (url->path == "/token") return token_at_principal(input.request, *site, step);
  return mcp_at_principal(input.request, *site, step);
}

Outcome App::token_at_principal(const core::Request& request, const identity::Site& site,
                                core::Context& step) {
  const std::optional<std::string> token = core::form_value(request.body, "refresh_token");
  if (token && identity::examine_refresh_token(*step.storage, crypto_, *token, step.now) ==
                   identity::RefreshToken::replaced) {
    const std::string grant_id(identity::split_token(*token)->grant_id);
    identity::end_grant(*step.storage, grant_id, "refresh_token_replayed", step.now);
    forget_grant(grant_id, step);
    return Respond{
        oauth_error(400, "invalid_grant",
                    "This refresh token was replaced before; its use ended the grant, so sign in again")};
  }
  const std::optional<identity::TokenParts> parts = token ? identity::split_token(*token) : std::nullopt;
  const std::optional<authority::Grant> grant =
      parts ? authority::find_grant(*step.storage, parts->grant_id) : std::nullopt;
  // What a grant once answered is not repeated after its end.
  if (!grant || grant->ended_at) return core::ForwardToOAuth{site.origin};
  // Honest retries and parallel clients repeat the very same request: they get the very same answer.
  std::string same = request.body;
  same.append("\n").append(request.headers.get("Authorization").value_or(""));
  return core::ForwardToOAuth{site.origin, core::hex(crypto_.sha256(same)),
                              static_cast<uint32_t>(identity::kRefreshGrace.milliseconds / 1000)};
}

Outcome App::mcp_at_principal(const core::Request& request, const identity::Site& site, core::Context& step) {
  const std::optional<std::string_view> token = identity::bearer_token(request);
  if (!token) return Respond{identity::unauthorized(site, identity::Challenge::no_token)};
  const std::optional<identity::ValidToken> known = tokens_.find(crypto_.sha256(*token), step.now);
  if (known) return act(request, site, *known, step);
  core::WireWriter state;
  write(state, request);
  return Await{
      {core::CallOAuth{"validate_token", site.origin,
                       core::json_text(core::Json{{"token", *token}, {"resource", site.resource()}})}},
      continuation(Machine::validate, state.str())};
}

Outcome App::validated(const core::Request& request, const identity::Site& site,
                       const core::EffectResult& result, core::Context& step) {
  core::Response refused = identity::unauthorized(site, identity::Challenge::invalid_token);
  identity::allow_origin(refused, request.headers.get("Origin").value_or(""));
  core::JsonGate gate;
  const core::JsonResult answer = gate.parse(result.bytes);
  if (!result.ok() || !answer.ok()) {
    return Respond{plain(503, "The token could not be checked. Try again.\n")};
  }
  const std::optional<std::string_view> audience = core::string_member(answer.root, "audience");
  const std::optional<int64_t> expires_at = core::integer_member(answer.root, "expires_at");
  const std::string token(*identity::bearer_token(request));
  const std::optional<identity::TokenParts> parts = identity::split_token(token);
  if (!audience || !expires_at || !parts) return Respond{refused};
  identity::ValidToken valid{std::string(parts->grant_id), std::string(*audience),
                             core::Instant{*expires_at * 1000},
                             core::string_list(core::member(answer.root, "scope"))};
  tokens_.remember(crypto_.sha256(token), valid);
  return act(request, site, valid, step);
}

Outcome App::act(const core::Request& request, const identity::Site& site, const identity::ValidToken& token,
                 core::Context& step) {
  AuthorityGate gate(config_, site);
  const std::optional<mcp::Caller> caller =
      token.audience == site.resource() ? gate.admit(token.grant_id, token.scopes, step) : std::nullopt;
  const Outcome outcome = caller ? server_.handle(request, *caller, config_, gate, step)
                                 : Respond{identity::unauthorized(site, identity::Challenge::invalid_token)};
  return on_its_way(outcome, request.headers.get("Origin").value_or(""), step);
}

Outcome App::on_its_way(Outcome outcome, std::string_view origin, core::Context& step) const {
  if (Respond* respond = std::get_if<Respond>(&outcome)) identity::allow_origin(respond->response, origin);
  if (core::RespondStream* stream = std::get_if<core::RespondStream>(&outcome)) {
    identity::allow_origin(stream->head, origin);
  }
  const auto name = [&](Await& await, std::string_view whose) {
    core::WireWriter state;
    state.bytes(whose);
    state.append(await.continuation);
    await.continuation = continuation(Machine::mcp, state.str());
  };
  if (Await* await = std::get_if<Await>(&outcome)) name(*await, origin);
  for (Await& flow : step.background) name(flow, {});
  return outcome;
}

Outcome App::on(const core::PrincipalCall& input, core::Context& step) {
  core::JsonGate gate;
  const core::JsonResult call = gate.parse(input.call);
  if (!call.ok() || core::string_member(call.root, "call") != "complete_authorization") {
    return core::Reply{R"({"code":"server_error","description":"The call is unknown"})"};
  }
  const std::optional<std::string> name =
      identity::verified_name(keys_, core::string_member(call.root, "user_id").value_or(""));
  const std::optional<core::JsonView> request = core::member(call.root, "request");
  if (!name || !request)
    return core::Reply{R"({"code":"server_error","description":"The call is incomplete"})"};
  step.storage->query("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                      {kPrincipalSetting, *name});
  if (principal_of(*step.storage) != *name) {
    return core::Reply{R"({"code":"server_error","description":"The call is for somebody else"})"};
  }
  return Await{
      {core::CallOAuth{"complete_authorization",
                       std::string(core::string_member(call.root, "issuer").value_or("")), input.call}},
      continuation(Machine::complete, {})};
}

Outcome App::on(const core::VaultCall& input, core::Context& step) {
  core::JsonGate gate;
  const core::JsonResult call = gate.parse(input.call);
  if (!call.ok()) return core::Reply{R"({"error":"server_error","description":"The call is not JSON"})"};
  identity::VaultAnswer answer = identity::vault(call.root, keys_, principal_of(*step.storage), step);
  if (answer.ended_grant) forget_grant(*answer.ended_grant, step);
  return core::Reply{std::move(answer.json)};
}

void App::forget_grant(std::string_view grant_id, core::Context& step) {
  tokens_.forget(grant_id);
  // A client that asks for more (step-up) gets a new grant in the middle of its session, and goes on in it.
  if (const std::optional<std::string> successor = authority::find_successor(*step.storage, grant_id)) {
    mcp::replace_grant(step, grant_id, *successor);
  } else {
    mcp::end_grant(step, grant_id);
  }
}

Outcome App::on(const core::Alarm&, core::Context& step) {
  AuthorityGate gate(config_);
  server_.alarm(config_, gate, step);
  on_its_way(core::Reply{}, {}, step);  // what it left for the background
  return deliver(step);
}

Outcome App::on(const core::StreamOpened& input, core::Context& step) {
  if (server_.stream_opened(input.stream_id, step)) return core::Reply{};
  return Respond{plain(404, "The stream has ended.\n")};
}

Outcome App::on(const core::StreamClosed& input, core::Context& step) {
  server_.stream_closed(input.stream_id, step);
  return core::Reply{};
}

Outcome App::on(const core::Lost& input, core::Context& step) {
  if (input.continuation.empty()) return core::Reply{};
  core::WireReader reader(std::string_view(input.continuation).substr(1));
  reader.bytes();
  server_.lost(reader.rest(), step);
  return core::Reply{};
}

Outcome App::deliver(core::Context& step) {
  const std::vector<core::Delivery> due = core::due(*step.storage, step.now, kDeliveriesPerAlarm);
  if (due.empty()) {
    wake_for_deliveries(step);
    return core::Reply{};
  }
  Await await;
  core::WireWriter state;
  for (const core::Delivery& delivery : due) {
    await.effects.push_back(
        core::PutCopy{std::string(service::kCopies), delivery.key, delivery.value, delivery.ttl_seconds});
    state.i64(delivery.seq);
  }
  await.continuation = continuation(Machine::deliver, state.str());
  return await;
}

Outcome App::on(const core::Fault& input, core::Context&) {
  const std::optional<core::Url> url = core::parse_url(input.request.url);
  if (url && url->path == "/mcp") {
    core::Response response = server_.fault(input.request);
    identity::allow_origin(response, input.request.headers.get("Origin").value_or(""));
    return Respond{std::move(response)};
  }
  if (url && (url->path == "/token" || url->path == "/register")) {
    return Respond{oauth_error(500, "server_error", "Something went wrong on our side; try again")};
  }
  return Respond{identity::message_page(
      500, "That did not work", "Something went wrong on our side; nothing was changed.", "Try again.")};
}

// ---- Going on ----

Outcome App::on(const core::Resume& input, core::Context& step) {
  const Outcome lost = Respond{plain(500, "The continuation cannot be understood.\n")};
  if (input.continuation.empty()) return lost;
  const std::string_view state = std::string_view(input.continuation).substr(1);
  const std::vector<core::EffectResult>& results = input.results;
  switch (static_cast<Machine>(input.continuation[0])) {
    case Machine::sign_in: return named(Machine::sign_in, sign_in_.resume(state, results, step));
    case Machine::token_endpoint:
      return results.size() == 1 ? token_at_edge(results[0], std::string(state)) : lost;
    case Machine::registration: return results.size() == 2 ? registration(results, std::string(state)) : lost;
    case Machine::validate: {
      core::WireReader reader(state);
      const core::Request request = core::read_request(reader);
      const std::optional<core::Url> url = core::parse_url(request.url);
      const std::optional<identity::Site> site = url ? identity::site_of(*url, config_) : std::nullopt;
      if (!reader.finished() || !site || results.size() != 1 || !identity::bearer_token(request) ||
          !step.storage)
        return lost;
      return validated(request, *site, results[0], step);
    }
    case Machine::complete: return results.size() == 1 ? core::Reply{results[0].bytes} : lost;
    case Machine::deliver: {
      if (!step.storage) return lost;
      core::WireReader reader(state);
      std::vector<int64_t> delivered, failed;
      for (const core::EffectResult& result : results)
        (result.ok() ? delivered : failed).push_back(reader.i64());
      if (!reader.finished()) return lost;
      core::delivered(*step.storage, delivered);
      core::failed(*step.storage, failed, step.now);
      wake_for_deliveries(step);
      return core::Reply{};
    }
    case Machine::mcp: {
      core::WireReader reader(state);
      const std::string origin = reader.string();
      if (!reader.ok() || !step.storage) return lost;
      AuthorityGate gate(config_);
      return on_its_way(server_.resume(reader.rest(), results, config_, gate, step), origin, step);
    }
  }
  return lost;
}
