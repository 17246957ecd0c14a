#include "app.h"

#include "authority/grants.h"
#include "authority/pauses.h"
#include "authority_gate.h"
#include "continuations.h"
#include "core/json.h"
#include "core/outbox.h"
#include "identity/boundary.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "identity/vault.h"
#include "responses.h"
#include "service.h"
#include "shop/shop.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// Copies that one alarm delivers at once: a Worker may have some fifty subrequests in flight without
/// queueing them long.
constexpr size_t kDeliveriesPerAlarm = 50;

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

/// A call of the protocol that goes on; `origin` is the browser's that may read the answer, or empty.
std::string mcp_continuation(std::string_view origin, std::string_view call) {
  core::WireWriter state;
  state.bytes(origin);
  state.append(call);
  return continuation(Machine::mcp, state.str());
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
  Outcome outcome = std::visit([&](const auto& i) { return on(i, step); }, input);
  // Only calls of the protocol go on in the background, and nobody waits for their answer.
  for (Await& flow : step.background) flow.continuation = mcp_continuation({}, flow.continuation);
  return outcome;
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
  return on_its_way(outcome, request.headers.get("Origin").value_or(""));
}

Outcome App::on_its_way(Outcome outcome, std::string_view origin) const {
  if (Respond* respond = std::get_if<Respond>(&outcome)) identity::allow_origin(respond->response, origin);
  if (core::RespondStream* stream = std::get_if<core::RespondStream>(&outcome)) {
    identity::allow_origin(stream->head, origin);
  }
  if (Await* await = std::get_if<Await>(&outcome)) {
    await->continuation = mcp_continuation(origin, await->continuation);
  }
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
      return on_its_way(server_.resume(reader.rest(), results, config_, gate, step), origin);
    }
  }
  return lost;
}
