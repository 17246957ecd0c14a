#include "resource_server.h"

#include <algorithm>

#include "authority/canonical.h"
#include "authority/replay.h"
#include "identity/plain_name.h"
#include "identity/principal_id.h"
#include "responses.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// Of what a client calls itself, in bytes.
constexpr size_t kMostOfName = 100;
/// An issuer that moves its endpoints is followed after this time.
constexpr core::Duration kMetadataLifetime = core::hours(1);
/// Of what a client's token brings about, before any human was asked.
constexpr std::string_view kByToken = "token";
/// Since the human ended all of their deputies, whoever comes for the first time waits for their yes.
constexpr std::string_view kClosedSetting = "closed_to_unknown_clients";

std::vector<core::Config::Problem> problems_of(const core::Config& config) {
  std::vector<core::Config::Problem> problems;
  const auto check = [&](bool good, std::string_view variable, std::string_view advice) {
    if (!good) problems.push_back({std::string(variable), std::string(advice)});
  };
  check(identity::is_safe_address(config.issuer), "PING_FEDERATE_ISSUER",
        "is the issuer of the access tokens, to the letter as their claim iss names it, such as "
        "https://auth.example.com: set it under [env.todo.vars] in wrangler.toml");
  check(!config.mcp_server_client_id.empty(), "MCP_SERVER_CLIENT_ID",
        "is what this server is called at the issuer: set it under [env.todo.vars] in wrangler.toml");
  check(!config.mcp_server_client_secret.empty(), "MCP_SERVER_CLIENT_SECRET",
        "is this server's secret at the issuer: `wrangler secret put MCP_SERVER_CLIENT_SECRET --env todo`");
  check(identity::is_safe_address(config.api_url), "API_URL",
        "is the address of the Todo API, https:// (http:// is for localhost alone): set it under "
        "[env.todo.vars] in wrangler.toml");
  const std::vector<authority::Measure> measures(service().measures.begin(), service().measures.end());
  core::JsonGate gate;
  const core::JsonResult bounds = gate.parse(config.default_bounds);
  const bool readable =
      bounds.ok() && std::holds_alternative<authority::Bounds>(authority::read_bounds(bounds.root, measures));
  check(config.default_bounds.empty() || readable, "DEFAULT_BOUNDS",
        "must be bounds as docs/AUTHORITY.md describes them, in JSON; without it a new deputy may only look");
  return problems;
}

core::Config with_problems(core::Config config) {
  for (core::Config::Problem& problem : problems_of(config)) config.problems.push_back(std::move(problem));
  return config;
}

std::string request_state(const core::Request& request) {
  core::WireWriter writer;
  core::write(writer, request);
  return writer.take();
}

/// The host of a client that is known by the address of its document; else empty.
std::string host_of(std::string_view client_id) {
  const std::optional<core::Url> url = core::parse_url(client_id);
  return url ? url->host : std::string();
}

Respond unavailable(std::string_view what) {
  core::Response response = plain(503, what);
  response.headers.add("Retry-After", "5");
  return Respond{std::move(response)};
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

ResourceServer::ResourceServer(core::Config config, core::Crypto& crypto)
    : App(with_problems(std::move(config)), crypto), oidc_(config_, metadata_) {}

// ---- The issuer ----

bool ResourceServer::needs_metadata(const core::Input& input, core::Instant now) const {
  if (!config_.problems.empty() || (metadata_ && now < metadata_until_)) return false;
  if (std::holds_alternative<core::PrincipalRequest>(input)) return true;
  const auto* edge = std::get_if<core::EdgeRequest>(&input);
  const std::optional<core::Url> url = edge ? core::parse_url(edge->request.url) : std::nullopt;
  if (!url) return false;
  if (url->path == "/mcp") return edge->request.headers.get("Authorization").has_value();
  return url->path == "/callback" || url->path == "/authority/sign-in" ||
         url->path.starts_with("/.well-known/oauth-authorization-server");
}

Outcome ResourceServer::answer(const core::Input& input, core::Context& step) {
  if (!needs_metadata(input, step.now)) return App::answer(input, step);
  core::WireWriter state;
  if (const auto* edge = std::get_if<core::EdgeRequest>(&input)) {
    state.u8(1);
    state.bytes(edge->client_address);
    core::write(state, edge->request);
  } else {
    state.u8(2);
    state.bytes({});
    core::write(state, std::get<core::PrincipalRequest>(input).request);
  }
  return Await{identity::discovery(config_.issuer), continuation(Machine::discovery, state.str())};
}

Outcome ResourceServer::discovered(std::string_view state, const std::vector<core::EffectResult>& results,
                                   core::Context& step) {
  auto found = identity::read_metadata(config_.issuer, results);
  if (found) metadata_ = std::move(found);
  // An issuer that is away for a while is the one that it was.
  if (!metadata_) return unavailable("The issuer does not say where its endpoints are. Try again.\n");
  metadata_until_ = step.now + kMetadataLifetime;
  core::WireReader reader(state);
  const uint8_t where = reader.u8();
  std::string address = reader.string();
  core::Request request = core::read_request(reader);
  if (!reader.finished()) return lost_its_way();
  if (where == 1) return answer(core::EdgeRequest{std::move(request), std::move(address)}, step);
  return answer(core::PrincipalRequest{std::move(request)}, step);
}

// ---- In the Worker ----

std::optional<Outcome> ResourceServer::at_door(const Visit& visit, core::Context&) {
  const std::string& path = visit.url.path;
  if (path == "/.well-known/oauth-authorization-server" ||
      path == "/.well-known/oauth-authorization-server/mcp") {
    if (visit.request.method == "OPTIONS") return Respond{identity::preflight(visit.request)};
    if (visit.request.method != "GET" && visit.request.method != "HEAD") {
      return Respond{method_not_allowed("GET, HEAD, OPTIONS")};
    }
    return Respond{identity::public_json(identity::client_metadata(*metadata_))};
  }
  return std::nullopt;
}

core::VerifyToken ResourceServer::verification(const core::Request& request,
                                               const identity::Site& site) const {
  return identity::verification(std::string(*identity::bearer_token(request)),
                                {config_.issuer, site.resource(), config_.token_type}, metadata_->jwks_uri);
}

Outcome ResourceServer::admit_at_edge(const core::Request& request, const identity::Site& site,
                                      core::Context& step) {
  const auto bearer = identity::read_bearer(request);
  if (const auto* refusal = std::get_if<identity::BearerRefusal>(&bearer)) {
    const bool none = refusal->reason == identity::BearerRefusal::Reason::no_token;
    return unauthorized(request, site,
                        none ? identity::Challenge::no_token : identity::Challenge::invalid_token);
  }
  const auto known = at_edge_.find(crypto_.sha256(std::get<std::string>(bearer)), step.now);
  if (known && known->audience == site.resource()) return forward(request, known->grant_id, step.now);
  return Await{{verification(request, site)}, continuation(Machine::verify_at_edge, request_state(request))};
}

std::variant<identity::BearerToken, Respond> ResourceServer::read(const core::Request& request,
                                                                  const identity::Site& site,
                                                                  const core::EffectResult& result) const {
  auto verified = identity::read_verified(result);
  if (auto* token = std::get_if<identity::BearerToken>(&verified)) {
    if (!token->client_id.empty()) return std::move(*token);
    return unauthorized(request, site, identity::Challenge::invalid_token);
  }
  if (std::holds_alternative<identity::BearerRefusal>(verified)) {
    return unauthorized(request, site, identity::Challenge::invalid_token);
  }
  Respond away = unavailable("The issuer's keys cannot be had. Try again.\n");
  identity::allow_origin(away.response, request.headers.get("Origin").value_or(""));
  return away;
}

Outcome ResourceServer::verified_at_edge(const core::Request& request, const identity::Site& site,
                                         const core::EffectResult& result, core::Instant now) {
  auto checked = read(request, site, result);
  if (Respond* refusal = std::get_if<Respond>(&checked)) return std::move(*refusal);
  const auto& token = std::get<identity::BearerToken>(checked);
  const std::string principal = identity::principal_name(crypto_, oidc_.name(), token.subject);
  const std::string deputy = principal + ":" + core::base64url(crypto_.sha256(token.client_id));
  at_edge_.remember(crypto_.sha256(*identity::bearer_token(request)),
                    {deputy, site.resource(), token.expires_at});
  return forward(request, deputy, now);
}

Outcome ResourceServer::forward(const core::Request& request, const std::string& deputy, core::Instant now) {
  return forward_call(request, deputy.substr(0, deputy.find(':')), deputy, now);
}

// ---- In a principal's object ----

void ResourceServer::create_door_schema(core::Storage& storage) {
  identity::create_token_exchange_schema(storage);
}

Outcome ResourceServer::admit_at_principal(const core::Request& request, const core::Url&,
                                           const identity::Site& site, core::Context& step) {
  const std::optional<std::string_view> token = identity::bearer_token(request);
  if (!token) return unauthorized(request, site, identity::Challenge::no_token);
  const auto known = tokens_.find(crypto_.sha256(*token), step.now);
  if (known) return act(request, site, *known, step);
  return Await{{verification(request, site)}, continuation(Machine::validate, request_state(request))};
}

Outcome ResourceServer::verified(const core::Request& request, const identity::Site& site,
                                 const core::EffectResult& result, core::Context& step) {
  auto checked = read(request, site, result);
  if (Respond* refusal = std::get_if<Respond>(&checked)) return std::move(*refusal);
  const auto& token = std::get<identity::BearerToken>(checked);
  const std::string name = identity::principal_name(crypto_, oidc_.name(), token.subject);
  if (!belongs_to(*step.storage, name)) {
    return unauthorized(request, site, identity::Challenge::invalid_token);
  }
  end_expired_grants(step);
  const std::optional<authority::Grant> grant = deputy(token, mcp::client_name(request.body), step);
  if (!grant) return not_admitted(request, site);
  const std::string_view text = *identity::bearer_token(request);
  identity::keep_token_endpoint(*step.storage, metadata_->token_endpoint);
  identity::keep_subject_token(*step.storage, grant->id, text, token.expires_at);
  const identity::ValidToken valid{grant->id, site.resource(), token.expires_at, token.scopes};
  tokens_.remember(crypto_.sha256(text), valid);
  return act(request, site, valid, step);
}

std::optional<authority::Grant> ResourceServer::deputy(const identity::BearerToken& token,
                                                       std::string_view called, core::Context& step) {
  std::vector<std::string> scopes;
  for (const authority::Vocabulary::Scope& scope : words_.scopes) {
    if (token.allows(scope.name)) scopes.emplace_back(scope.name);
  }
  const std::optional<authority::Grant> known = authority::newest_grant_of(*step.storage, token.client_id);
  if (known && authority::has_ended(known->terms.state)) return std::nullopt;
  if (known) {
    // The issuer asks the human about scopes: a token with more of them says that they were asked again.
    std::vector<std::string> all = known->terms.scopes;
    for (const std::string& scope : scopes) {
      if (!contains(all, scope)) all.push_back(scope);
    }
    if (all.size() == known->terms.scopes.size()) return known;
    return widen(*known, std::move(all), step);
  }
  authority::Grant grant;
  grant.client_id = token.client_id;
  grant.client_host = host_of(token.client_id);
  grant.client_known_by = grant.client_host.empty() ? "a name that it gave itself" : "its document";
  if (grant.client_host.empty()) grant.client_host = token.client_id;
  grant.client_name = identity::plain_name(called.substr(0, kMostOfName));
  if (grant.client_name.empty()) grant.client_name = grant.client_host;
  grant.terms.scopes = std::move(scopes);
  grant.subject = token.subject;
  grant.email = token.email;
  grant.name = token.name;
  grant = appoint(std::move(grant), kByToken, step);
  const bool closed = !step.storage->query("SELECT 1 FROM settings WHERE name = ?", {kClosedSetting}).empty();
  if (!closed) return grant;
  // The human sees who came, and may let them in.
  end_grant(grant.id, authority::Event::revoke, authority::kByClosedDoor, kByToken, step);
  return std::nullopt;
}

authority::Grant ResourceServer::widen(const authority::Grant& grant, std::vector<std::string> scopes,
                                       core::Context& step) {
  const std::string before = authority::terms_json(grant.terms);
  authority::widen_scopes(*step.storage, grant.id, scopes,
                          authority::sentence(words_, scopes, grant.terms.bounds));
  authority::Grant wider = *authority::find_grant(*step.storage, grant.id);
  authority::append(step, notary_,
                    {.kind = "scopes",
                     .actor = {wider.principal, wider.id, wider.client_id, {}, kByToken},
                     .details = authority::CanonicalObject()
                                    .add_json("after", authority::terms_json(wider.terms))
                                    .add_json("before", before)
                                    .take()});
  return wider;
}

authority::Grant ResourceServer::appoint(authority::Grant grant, std::string_view by, core::Context& step) {
  grant.id = step.entropy.identifier();
  grant.principal = principal_of(*step.storage);
  grant.created_at = step.now;
  grant.terms.state = authority::State::active;
  grant.terms.requested_scopes = grant.terms.scopes;
  grant.terms.bounds = default_bounds();
  grant.sentence = authority::sentence(words_, grant.terms.scopes, grant.terms.bounds);
  authority::add_grant(*step.storage, grant);
  begin_grant(grant.id, by, step);
  return grant;
}

authority::Bounds ResourceServer::default_bounds() const {
  return authority::stored_bounds(config_.default_bounds.empty() ? service().first_bounds
                                                                 : std::string_view(config_.default_bounds));
}

std::optional<std::string> ResourceServer::allow_again(std::string_view grant_id, core::Context& step) {
  std::optional<authority::Grant> ended = authority::find_grant(*step.storage, grant_id);
  if (!ended || !authority::has_ended(ended->terms.state)) return std::nullopt;
  const auto newest = authority::newest_grant_of(*step.storage, ended->client_id);
  if (newest && newest->id != ended->id) return std::nullopt;
  ended->ended_at.reset();
  ended->end_reason.clear();
  return appoint(*std::move(ended), "page", step).id;
}

void ResourceServer::all_were_ended(core::Context& step) {
  step.storage->query("INSERT INTO settings (name, value) VALUES (?, '1') ON CONFLICT DO NOTHING",
                      {kClosedSetting});
}

std::optional<identity::LiveTokens> ResourceServer::live_tokens(const authority::Grant& grant,
                                                                core::Context& step) {
  return identity::live_tokens(*step.storage, grant.id);
}

Outcome ResourceServer::not_admitted(const core::Request& request, const identity::Site& site) {
  core::Response response;
  response.status = 403;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  const std::string page = site.origin + "/authority";
  response.body = core::json_text(
      core::Json{{"jsonrpc", "2.0"},
                 {"error",
                  {{"code", static_cast<int>(mcp::ErrorCode::forbidden)},
                   {"message", "Your human has ended this authority. Only they can allow it again, at " +
                                   page + ". Signing in again does not help."},
                   {"data", {{"page", page}}}}}});
  identity::allow_origin(response, request.headers.get("Origin").value_or(""));
  return Respond{std::move(response)};
}

void ResourceServer::forget_grant(std::string_view grant_id, core::Storage& storage) {
  identity::forget_tokens_of(storage, grant_id);
}

Outcome ResourceServer::called(std::string_view, core::JsonView, const std::string&, core::Context&) {
  return core::Reply{R"({"code":"server_error","description":"The call is unknown"})"};
}

Outcome ResourceServer::on(const core::VaultCall&, core::Context&) {
  return core::Reply{R"({"error":"server_error","description":"This server issues no tokens"})"};
}

// ---- Going on ----

Outcome ResourceServer::resumed(Machine machine, std::string_view state,
                                const std::vector<core::EffectResult>& results, core::Context& step) {
  if (machine == Machine::discovery) return discovered(state, results, step);
  core::WireReader reader(state);
  const core::Request request = core::read_request(reader);
  const std::optional<core::Url> url = core::parse_url(request.url);
  const std::optional<identity::Site> site = url ? identity::site_of(*url, config_) : std::nullopt;
  if (!reader.finished() || !site || results.size() != 1 || !identity::bearer_token(request)) {
    return lost_its_way();
  }
  if (machine == Machine::verify_at_edge) return verified_at_edge(request, *site, results[0], step.now);
  if (machine == Machine::validate && step.storage) return verified(request, *site, results[0], step);
  return lost_its_way();
}
