#include "authorization_server.h"

#include "identity/authkit.h"
#include "identity/boundary.h"
#include "identity/page_guard.h"
#include "identity/principal_id.h"
#include "identity/vault.h"
#include "responses.h"
#include "webhooks.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

using identity::Announced;

/// All that there are, as a limit of SQLite's.
constexpr int64_t kAll = -1;

/// This deployment is its own issuer, and tokens call it by its address.
core::Config own_issuer(core::Config config) {
  config.issuer.clear();
  config.mcp_server_identifier.clear();
  for (core::Config::Problem& problem : identity::authkit_problems(config)) {
    config.problems.push_back(std::move(problem));
  }
  return config;
}

}  // namespace

AuthorizationServer::AuthorizationServer(core::Config config, core::Crypto& crypto)
    : App(own_issuer(std::move(config)), crypto),
      authkit_(config_),
      sign_in_(config_, keys_, words_),
      principals_(keys_) {}

// ---- In the Worker ----

std::optional<Outcome> AuthorizationServer::at_door(const Visit& visit, core::Context&) {
  const core::Request& request = visit.request;
  const identity::Site& site = visit.site;
  const std::string& path = visit.url.path;
  const bool posting = request.method == "POST";
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (path == "/.well-known/oauth-authorization-server") return core::ForwardToOAuth{site.origin};
  if (path == "/token") {
    if (!posting) return core::ForwardToOAuth{site.origin};
    return Await{{core::ReadBody{identity::kMaxFormBytes}},
                 continuation(Machine::token_endpoint, site.origin)};
  }
  if (path == "/register") {
    if (!posting) return core::ForwardToOAuth{site.origin};
    return Await{{core::LimitRate{"REGISTRATIONS", std::string(visit.client_address)},
                  core::ReadBody{identity::kMaxFormBytes}},
                 continuation(Machine::registration, site.origin)};
  }
  if (path == "/authorize" && reading)
    return named(Machine::sign_in, sign_in_.authorize(request, visit.url, site));
  if ((path == "/authorize" || path == "/consent") && posting) {
    return named(Machine::sign_in, sign_in_.submit(request, visit.url, site));
  }
  if (path == "/callback" && reading) {
    return named(Machine::sign_in, sign_in_.callback(request, visit.url, site));
  }
  if (path == "/webhooks/workos" && !config_.workos_webhook_secret.empty()) return webhook_at_edge(request);
  if (path == "/authorize") return Respond{method_not_allowed("GET, HEAD, POST")};
  if (path == "/consent") return Respond{method_not_allowed("POST")};
  return std::nullopt;
}

Outcome AuthorizationServer::admit_at_edge(const core::Request& request, const identity::Site& site,
                                           core::Context& step) {
  const std::optional<std::string_view> token = identity::bearer_token(request);
  if (!token) return unauthorized(request, site, identity::Challenge::no_token);
  const std::optional<std::string> principal = principals_.of_token(*token);
  if (!principal) return unauthorized(request, site, identity::Challenge::invalid_token);
  const std::string deputy = *principal + ":" + std::string(identity::split_token(*token)->grant_id);
  return forward_call(request, *principal, deputy, step.now);
}

Outcome AuthorizationServer::token_at_edge(const core::EffectResult& body, const std::string& issuer) {
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

Outcome AuthorizationServer::registration(const std::vector<core::EffectResult>& results,
                                          const std::string& issuer) {
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

void AuthorizationServer::create_door_schema(core::Storage& storage) {
  identity::create_vault_schema(storage);
  create_webhook_events_schema(storage);
}

Outcome AuthorizationServer::not_admitted(const core::Request& request, const identity::Site& site) {
  return unauthorized(request, site, identity::Challenge::invalid_token);
}

void AuthorizationServer::forget_grant(std::string_view grant_id, core::Storage& storage) {
  identity::forget_tokens(storage, grant_id);
}

Outcome AuthorizationServer::admit_at_principal(const core::Request& request, const core::Url& url,
                                                const identity::Site& site, core::Context& step) {
  if (url.path == "/token") return token_at_principal(request, site, step);
  const std::optional<std::string_view> token = identity::bearer_token(request);
  if (!token) return unauthorized(request, site, identity::Challenge::no_token);
  const std::optional<identity::ValidToken> known = tokens_.find(crypto_.sha256(*token), step.now);
  if (known) return act(request, site, *known, step);
  core::WireWriter state;
  write(state, request);
  return Await{
      {core::CallOAuth{"validate_token", site.origin,
                       core::json_text(core::Json{{"token", *token}, {"resource", site.resource()}})}},
      continuation(Machine::validate, state.str())};
}

Outcome AuthorizationServer::validated(const core::Request& request, const identity::Site& site,
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
  if (!audience || !expires_at || !parts) {
    end_expired_grants(step);
    return Respond{refused};
  }
  identity::ValidToken valid{std::string(parts->grant_id), std::string(*audience),
                             core::at_second(*expires_at),
                             core::string_list(core::member(answer.root, "scope"))};
  tokens_.remember(crypto_.sha256(token), valid);
  return act(request, site, valid, step);
}

Outcome AuthorizationServer::token_at_principal(const core::Request& request, const identity::Site& site,
                                                core::Context& step) {
  end_expired_grants(step);
  const std::optional<std::string> token = core::form_value(request.body, "refresh_token");
  if (token && identity::examine_refresh_token(*step.storage, crypto_, *token, step.now) ==
                   identity::RefreshToken::replaced) {
    const std::string grant_id(identity::split_token(*token)->grant_id);
    end_grant(grant_id, authority::Event::revoke, authority::kByReplay, "client", step);
    return Respond{
        oauth_error(400, "invalid_grant",
                    "This refresh token was replaced before; its use ended the grant, so sign in again")};
  }
  const std::optional<identity::TokenParts> parts = token ? identity::split_token(*token) : std::nullopt;
  const std::optional<authority::Grant> grant =
      parts ? authority::find_grant(*step.storage, parts->grant_id) : std::nullopt;
  // What a grant once answered is not repeated after its end.
  if (!grant || authority::has_ended(grant->terms.state)) return core::ForwardToOAuth{site.origin};
  // Honest retries and parallel clients repeat the very same request: they get the very same answer.
  std::string same = request.body;
  same.append("\n").append(request.headers.get("Authorization").value_or(""));
  return core::ForwardToOAuth{site.origin, core::hex(crypto_.sha256(same)),
                              static_cast<uint32_t>(identity::kRefreshGrace.milliseconds / 1000)};
}

Outcome AuthorizationServer::called(std::string_view what, core::JsonView call, const std::string& text,
                                    core::Context& step) {
  if (what == "complete_authorization") return complete_authorization(call, text, step);
  if (what == "identity_event") return identity_event(call, step);
  if (what == "recall_client") {
    return recall_client(core::string_member(call, "client_id").value_or(""), step);
  }
  return core::Reply{R"({"code":"server_error","description":"The call is unknown"})"};
}

Outcome AuthorizationServer::complete_authorization(core::JsonView call, const std::string& text,
                                                    core::Context& step) {
  const std::optional<std::string> name =
      identity::verified_name(keys_, core::string_member(call, "user_id").value_or(""));
  const std::optional<core::JsonView> request = core::member(call, "request");
  if (!name || !request)
    return core::Reply{R"({"code":"server_error","description":"The call is incomplete"})"};
  if (!belongs_to(*step.storage, *name)) {
    return core::Reply{R"({"code":"server_error","description":"The call is for somebody else"})"};
  }
  return Await{{core::CallOAuth{"complete_authorization",
                                std::string(core::string_member(call, "issuer").value_or("")), text}},
               continuation(Machine::complete, {})};
}

Outcome AuthorizationServer::recall_client(std::string_view client_id, core::Context& step) {
  for (const authority::Grant& grant : authority::list_grants(*step.storage, kAll)) {
    if (grant.client_id != client_id || grant.sentence.empty()) continue;
    return core::Reply{core::json_text(core::Json{{"sentence", grant.sentence}})};
  }
  return core::Reply{"{}"};
}

Outcome AuthorizationServer::on(const core::VaultCall& input, core::Context& step) {
  core::JsonGate gate;
  const core::JsonResult call = gate.parse(input.call);
  if (!call.ok()) return core::Reply{R"({"error":"server_error","description":"The call is not JSON"})"};
  const std::string principal = principal_of(*step.storage);
  identity::VaultAnswer answer = identity::vault(call.root, keys_, principal, step);
  using authority::Event;
  for (const std::string& id : answer.expired)
    end_grant(id, Event::expire, authority::kByTime, "alarm", step);
  if (answer.begun) begin_grant(*answer.begun, "page", step);
  if (answer.deleted) {
    // The provider replaces a client's grant by making the new one first.
    const bool replaced = authority::find_successor(*step.storage, *answer.deleted).has_value();
    end_grant(*answer.deleted, replaced ? Event::replace : Event::revoke,
              replaced ? authority::kByNewGrant : authority::kByClient, "client", step);
  }
  return core::Reply{std::move(answer.json)};
}

// ---- Webhooks ----

Outcome AuthorizationServer::webhook_at_edge(const core::Request& request) const {
  if (request.method != "POST") return Respond{method_not_allowed("POST")};
  if (identity::announced(request, kMaxWebhookBytes) == Announced::too_much) {
    return Respond{plain(413, "An event has at most 256 KiB.\n")};
  }
  return Await{{core::ReadBody{kMaxWebhookBytes}},
               continuation(Machine::webhook, request.headers.get("WorkOS-Signature").value_or(""))};
}

Outcome AuthorizationServer::webhook(const core::EffectResult& body, std::string_view signature,
                                     core::Context& step) const {
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

Outcome AuthorizationServer::webhook_delivered(const core::EffectResult& reply) {
  // Not before the object has committed: whoever has no 200 tells it again.
  if (!reply.ok()) return Respond{plain(503, "It could not be done. Tell it again.\n")};
  return Respond{plain(200, "Done.\n")};
}

Outcome AuthorizationServer::identity_event(core::JsonView call, core::Context& step) {
  const std::optional<IdentityEvent> event = event_of_call(call);
  if (!event || note_event(*step.storage, event->id, step.now) == Told::again) return core::Reply{"{}"};
  switch (event->kind) {
    case IdentityEvent::Kind::user_deleted:
      identity::close_all_page_sessions(*step.storage);
      end_all_grants(authority::kByDeletedUser, "identity", step);
      break;
    case IdentityEvent::Kind::session_revoked:
      identity::close_page_sessions_of(*step.storage, event->session);
      end_grants_of_identity_session(event->session, step);
      break;
  }
  end_orphaned_watchers(step);
  return core::Reply{"{}"};
}

size_t AuthorizationServer::end_all_grants(std::string_view reason, std::string_view by,
                                           core::Context& step) {
  size_t ended = 0;
  for (const authority::Grant& grant : authority::standing_grants(*step.storage)) {
    if (end_grant(grant.id, authority::Event::revoke, reason, by, step)) ++ended;
  }
  return ended;
}

size_t AuthorizationServer::end_grants_of_identity_session(std::string_view identity_session,
                                                           core::Context& step) {
  size_t ended = 0;
  for (const authority::Grant& grant : authority::standing_grants(*step.storage)) {
    if (grant.identity_session != identity_session || !grant.terms.bounds.until_sign_out) continue;
    if (end_grant(grant.id, authority::Event::revoke, authority::kBySignOut, "identity", step)) ++ended;
  }
  return ended;
}

// ---- Going on ----

Outcome AuthorizationServer::resumed(Machine machine, std::string_view state,
                                     const std::vector<core::EffectResult>& results, core::Context& step) {
  if (machine == Machine::sign_in) return named(machine, sign_in_.resume(state, results, step));
  if (machine == Machine::registration && results.size() == 2) {
    return registration(results, std::string(state));
  }
  if (results.size() != 1) return lost_its_way();
  switch (machine) {
    case Machine::token_endpoint: return token_at_edge(results[0], std::string(state));
    case Machine::complete: return core::Reply{results[0].bytes};
    case Machine::webhook: return webhook(results[0], state, step);
    case Machine::delivered_event: return webhook_delivered(results[0]);
    case Machine::validate: {
      core::WireReader reader(state);
      const core::Request request = core::read_request(reader);
      const std::optional<core::Url> url = core::parse_url(request.url);
      const std::optional<identity::Site> site = url ? identity::site_of(*url, config_) : std::nullopt;
      if (!reader.finished() || !site || !identity::bearer_token(request) || !step.storage) break;
      return validated(request, *site, results[0], step);
    }
    default: break;
  }
  return lost_its_way();
}
