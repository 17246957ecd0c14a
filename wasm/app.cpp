#include "app.h"

#include <algorithm>
#include <array>

#include "admin_page.h"
#include "audit_log.h"
#include "authority/archive.h"
#include "authority/audit.h"
#include "authority/replay.h"
#include "authority/revocation.h"
#include "authority/schema.h"
#include "authority/usage.h"
#include "authority/use.h"
#include "authority/watchers.h"
#include "authority_gate.h"
#include "authority_page.h"
#include "core/json.h"
#include "core/jws.h"
#include "core/outbox.h"
#include "identity/page_guard.h"
#include "identity/page_sessions.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "mcp/calls.h"
#include "mcp/catalogue.h"
#include "mcp/streams.h"
#include "mcp/tasks.h"
#include "responses.h"
#include "service.h"

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// What one alarm delivers at once: a Worker may have some fifty subrequests in flight without
/// queueing them long.
constexpr size_t kDeliveriesPerAlarm = 50;

constexpr std::string_view kPrincipalSetting = "principal";
constexpr core::Lookup kPrincipal = "SELECT value FROM settings WHERE name = 'principal'";
/// What of a part's tables is there already.
constexpr std::string_view kProtocolSchemaSetting = "protocol_schema";
constexpr std::string_view kAuthoritySchemaSetting = "authority_schema";
/// The hash of the module that has seen to all tables.
constexpr std::string_view kTablesBySetting = "tables_by";

/// The day on which was forgotten what counts for nothing any more, in days since 1970.
constexpr std::string_view kSweptSetting = "swept_on";
constexpr core::Lookup kSweptOn = "SELECT value FROM settings WHERE name = 'swept_on'";

/// What an object that wakes up asks itself.
constexpr std::array kAskedAtWake = {kPrincipal,
                                     kSweptOn,
                                     mcp::kAnyStream,
                                     mcp::kFirstStreamToGo,
                                     mcp::kFirstCallToEnd,
                                     mcp::kFirstTaskToGo,
                                     authority::kFirstGrantToEnd,
                                     authority::kFirstUseToEnd,
                                     authority::kFirstDenialsToTell};

/// After a rollback the tables may be newer than this code. It leaves them as they are, for what a migration
/// adds does not disturb older code; a migration that does says so under the name of the setting with this
/// behind it: the oldest version that can still work there.
constexpr std::string_view kNeeds = "_needs";

int64_t version_in(core::Storage& storage, std::string_view setting) {
  const core::Rows rows =
      storage.query("SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?", {setting});
  return rows.empty() ? 0 : rows.integer(0, 0);
}

void set(core::Storage& storage, std::string_view setting, std::string_view value) {
  storage.query(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value",
      {setting, value});
}

enum class Schema { ready, too_new };

Schema migrate(core::Storage& storage, std::string_view setting, int64_t (*part)(core::Storage&, int64_t)) {
  const int64_t before = version_in(storage, setting);
  const int64_t after = part(storage, before);
  if (after == before) return Schema::ready;
  if (after < before) {
    const std::string needs = std::string(setting).append(kNeeds);
    return version_in(storage, needs) > after ? Schema::too_new : Schema::ready;
  }
  set(storage, setting, std::to_string(after));
  return Schema::ready;
}

/// It looks at all that there is, and that can be much.
void sweep_once_a_day(core::Context& step) {
  core::Storage& storage = *step.storage;
  const std::string today = std::to_string(step.now.milliseconds / core::hours(24).milliseconds);
  const auto swept = storage.look_up(kSweptOn);
  if (!swept->empty() && swept->text(0, 0) == today) return;
  authority::sweep_usage(storage, step.now);
  authority::sweep_approvals(storage, step.now);
  set(storage, kSweptSetting, today);
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

/// What humans are told of the offer. The tools of the demo come and go with it.
authority::Vocabulary words_for(const mcp::Offer& offer, const core::Config& config) {
  const auto& [measures, scopes] = std::tie(service().measures, service().scopes);
  authority::Vocabulary words{{measures.begin(), measures.end()}, {scopes.begin(), scopes.end()}, {}};
  for (const mcp::Tool& tool : offer.tools) {
    if (!mcp::is_available(tool.availability, config)) continue;
    using Access = authority::Vocabulary::Tool::Access;
    const bool reads = tool.annotations.effect == mcp::Annotations::Effect::read_only;
    words.tools.push_back({tool.name, tool.title, tool.scope, reads ? Access::read : Access::write});
  }
  for (authority::Vocabulary::Scope& scope : words.scopes) {
    const auto takes_it = [&](const auto& thing) { return thing.scope == scope.name; };
    if (std::any_of(offer.resources.begin(), offer.resources.end(), takes_it) ||
        std::any_of(offer.templates.begin(), offer.templates.end(), takes_it)) {
      scope.opens = authority::Vocabulary::Scope::Opens::more;
    }
  }
  return words;
}

}  // namespace

App::App(core::Config config, core::Crypto& crypto)
    : core::Application(config.reporting),
      config_(std::move(config)),
      crypto_(crypto),
      keys_(config_, crypto),
      server_(service().offer()),
      words_(words_for(server_.offer(), config_)),
      calls_at_edge_(config_.calls_per_minute),
      calls_in_objects_(config_.calls_per_minute) {
  const std::vector<std::string> seeds = keys_.signing_seeds();
  notary_ = {config_.public_url, config_.wasm_sha256,
             seeds.empty() ? nullptr : std::make_shared<const core::Signer>(crypto_, seeds.front())};
  if (config_.workos_organization_id.empty()) return;
  notary_.told = [this](core::Context& step, std::string_view entry, const authority::Link& link) {
    core::enqueue(step, audit_log_request(config_, entry, link), step.now + kAuditLogLifetime);
  };
}

std::string App::principal_of(core::Storage& storage) {
  const auto rows = storage.look_up(kPrincipal);
  return rows->empty() ? std::string() : std::string(rows->text(0, 0));
}

void App::end_orphaned_watchers(core::Context& step) {
  const core::Rows rows = step.storage->query(
      "SELECT DISTINCT holder FROM watchers WHERE holder NOT IN (SELECT id FROM page_sessions)");
  for (size_t row = 0; row < rows.size(); ++row) authority::end_watchers(step, rows.text(row, 0));
}

bool App::belongs_to(core::Storage& storage, std::string_view name) {
  storage.query("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {kPrincipalSetting, name});
  return principal_of(storage) == name;
}

Outcome App::answer(const core::Input& input, core::Context& step) {
  Outcome outcome = std::visit([&](const auto& i) { return on(i, step); }, input);
  // Only calls of the protocol go on in the background, and nobody waits for their answer.
  for (Await& flow : step.background) flow.continuation = mcp_continuation({}, flow.continuation);
  return outcome;
}

// ---- In a principal's object ----

bool App::prepare_tables(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
  // Whatever changed them since would have put its own hash there.
  const core::Rows by = storage.query("SELECT value FROM settings WHERE name = ?", {kTablesBySetting});
  if (!by.empty() && by.text(0, 0) == config_.wasm_sha256) return true;
  const Schema grants = migrate(storage, kAuthoritySchemaSetting, authority::migrate);
  create_door_schema(storage);
  identity::create_page_sessions_schema(storage);
  core::create_outbox_schema(storage);
  service().create_schema(storage);
  const Schema protocol = migrate(storage, kProtocolSchemaSetting, mcp::migrate);
  if (grants == Schema::too_new || protocol == Schema::too_new) return false;
  if (!config_.wasm_sha256.empty()) set(storage, kTablesBySetting, config_.wasm_sha256);
  return true;
}

Outcome App::on(const core::Wake& input, core::Context& step) {
  core::Storage& storage = *step.storage;
  // The Worker lets no request through then; an alarm comes by itself, and would sign without a key.
  if (!config_.problems.empty()) {
    step.report.reason = "not_configured";
    return Respond{plain(503, "This server lacks settings.\n")};
  }
  if (!prepare_tables(storage)) {
    step.report.reason = "schema_too_new";
    return Respond{plain(503, "A newer version of this server has changed what is kept here.\n")};
  }
  storage.look_up_together<kAskedAtWake>();
  // Alarms that got lost are set again.
  server_.wake(input.open_streams, step);
  authority::keep_watchers(storage, input.open_streams);
  sweep_authority(step);
  sweep_once_a_day(step);
  wake_for_deliveries(step);
  return core::Reply{};
}

Outcome App::on(const core::PrincipalRequest& input, core::Context& step) {
  const std::optional<core::Url> url = core::parse_url(input.request.url);
  const std::optional<identity::Site> site = url ? identity::site_of(*url, config_) : std::nullopt;
  if (!site) return Respond{plain(400, "The address cannot be understood.\n")};
  if (identity::kind_of_path(url->path) != identity::PagePath::elsewhere) {
    return page_at_principal(input.request, *url, *site, step);
  }
  return admit_at_principal(input.request, *url, *site, step);
}

Outcome App::page_at_principal(const core::Request& request, const core::Url& url, const identity::Site& site,
                               core::Context& step) {
  const std::optional<identity::PageCookie> cookie = identity::page_cookie(request, keys_);
  const std::optional<identity::PageSession> session =
      cookie ? identity::find_page_session(cookie->secret, step) : std::nullopt;
  if (!session) {
    return Respond{
        identity::with_cookies(identity::signed_out(request, url), {identity::clear_page_cookie()})};
  }
  if (auto refusal = identity::refuse_large(request)) return Respond{std::move(*refusal)};
  const bool reading = request.method == "GET" || request.method == "HEAD";
  auto forged = reading ? std::nullopt : identity::refuse_forged(request, *session);
  if (forged) return Respond{std::move(*forged)};
  if (url.path == "/admin" || url.path.starts_with("/admin/")) {
    return named(Machine::admin, admin_page(request, url, *session, step));
  }
  return named(Machine::archived_export,
               authority_page(request, url, site, *session, page_world(site.origin, step), step));
}

PageWorld App::page_world(std::string origin, core::Context& step) {
  page_notary_ = notary_;
  page_notary_.issuer = std::move(origin);
  return {page_notary_,
          jwks(),
          principal_of(*step.storage),
          words_,
          [&](std::string_view grant_id, std::string_view reason, std::string_view by) {
            return end_grant(grant_id, authority::Event::revoke, reason, by, step);
          },
          [&] { return service().erase_personal_details(step); },
          [&](std::string_view grant_id) { return allow_again(grant_id, step); },
          [&] { all_were_ended(step); },
          [&](const authority::Grant& grant) { return live_tokens(grant, step); }};
}

std::string App::jwks() const {
  std::string keys;
  for (const std::string& seed : keys_.signing_seeds()) {
    keys += (keys.empty() ? "" : ",") + core::public_jwk(crypto_, seed);
  }
  return "{\"keys\":[" + keys + "]}";
}

Outcome App::act(const core::Request& request, const identity::Site& site, const identity::ValidToken& token,
                 core::Context& step) {
  if (!calls_in_objects_.admit(token.grant_id, step.now)) return too_many_calls(request, step.now);
  AuthorityGate gate(config_, words_, notary_, site);
  const std::optional<mcp::Caller> caller =
      token.audience == site.resource() ? gate.admit(token.grant_id, token.scopes, step) : std::nullopt;
  // Whose time is over ends now, and not with the alarm.
  if (!caller) step.report.reason = "not_admitted";
  if (!caller) end_expired_grants(step);
  if (!caller) return not_admitted(request, site);
  const Outcome outcome = server_.handle(request, *caller, config_, gate, step);
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
  const std::string_view what = call.ok() ? core::string_member(call.root, "call").value_or("") : "";
  if (what == "open_page_session") return open_page_session(call.root, step);
  if (what == "admin_state") return core::Reply{admin_state(step)};
  if (what == "admin_act")
    return core::Reply{admin_act(call.root, page_world(config_.public_url, step), step)};
  return called(what, call.root, input.call, step);
}

Outcome App::open_page_session(core::JsonView call, core::Context& step) {
  const std::optional<std::string> name =
      identity::verified_name(keys_, core::string_member(call, "user_id").value_or(""));
  const std::optional<core::JsonView> json = core::member(call, "person");
  const std::optional<identity::Person> person = json ? identity::person_of(*json) : std::nullopt;
  if (!name || !person || !belongs_to(*step.storage, *name)) {
    return core::Reply{R"({"code":"server_error","description":"The call is for nobody here"})"};
  }
  const std::string former(core::string_member(call, "former").value_or(""));
  const std::string secret = identity::open_page_session(*person, former, step);
  return core::Reply{core::json_text(core::Json{{"secret", secret}})};
}

void App::begin_grant(std::string_view grant_id, std::string_view by, core::Context& step) {
  const std::optional<authority::Grant> grant = authority::find_grant(*step.storage, grant_id);
  if (!grant) return;
  authority::append(step, notary_,
                    {.kind = "grant",
                     .actor = {grant->principal, grant->id, grant->client_id, {}, by},
                     .details = authority::terms_json(grant->terms)});
  if (grant->terms.bounds.expires_at) step.wake_at(*grant->terms.bounds.expires_at);
}

std::optional<authority::Revocation> App::end_grant(std::string_view grant_id, authority::Event event,
                                                    std::string_view reason, std::string_view by,
                                                    core::Context& step) {
  std::optional<authority::Revocation> revocation =
      authority::end(step, notary_, grant_id, event, reason, by);
  if (!revocation) return std::nullopt;
  forget_grant(grant_id, *step.storage);
  tokens_.forget(grant_id);
  // A client that asks for more (step-up) gets a new grant in the middle of its session, and goes on in it.
  const std::optional<std::string> successor = authority::find_successor(*step.storage, grant_id);
  if (event == authority::Event::replace && successor) {
    authority::carry_over(*step.storage, grant_id, *successor, step.now);
    mcp::replace_grant(step, grant_id, *successor);
  } else {
    mcp::end_grant(step, grant_id);
  }
  return revocation;
}

Outcome App::on(const core::Alarm&, core::Context& step) {
  AuthorityGate gate(config_, words_, notary_);
  server_.alarm(config_, gate, step);
  sweep_authority(step);
  return send_away(step);
}

void App::end_expired_grants(core::Context& step) {
  for (const authority::Grant& grant : authority::grants_over(step)) {
    end_grant(grant.id, authority::Event::expire, authority::kByTime, "alarm", step);
  }
}

void App::sweep_authority(core::Context& step) {
  core::Storage& storage = *step.storage;
  end_expired_grants(step);
  authority::sweep_uses(step, notary_);
  authority::sweep_denials(step, notary_, principal_of(storage));
  authority::wake_for_archive(step);
}

Outcome App::on(const core::StreamOpened& input, core::Context& step) {
  if (authority::watches(*step.storage, input.stream_id)) return core::Reply{};
  if (server_.stream_opened(input.stream_id, step)) return core::Reply{};
  return Respond{plain(404, "The stream has ended.\n")};
}

Outcome App::on(const core::StreamClosed& input, core::Context& step) {
  authority::stop_watching(*step.storage, input.stream_id);
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

Outcome App::send_away(core::Context& step) {
  std::optional<authority::LeavingPart> part = authority::begin_part(step, principal_of(*step.storage));
  if (!part) return deliver(step);
  Await await;
  for (authority::ArchiveText& text : part->texts) {
    await.effects.push_back(
        core::PutCopy{std::string(kArchive), std::move(text.key), std::move(text.value), 0});
  }
  core::WireWriter state;
  state.i64(part->first);
  await.continuation = continuation(Machine::archive, state.str());
  return await;
}

Outcome App::archive_answered(int64_t first, const std::vector<core::EffectResult>& results,
                              core::Context& step) {
  if (std::all_of(results.begin(), results.end(), [](const auto& result) { return result.ok(); })) {
    delete_archived(step, authority::part_written(step, principal_of(*step.storage), first));
  } else {
    authority::part_failed(step, first);
  }
  return deliver(step);
}

Outcome App::deliver(core::Context& step) {
  std::vector<core::Delivery> due = core::due(step, kDeliveriesPerAlarm);
  if (due.empty()) {
    wake_for_deliveries(step);
    return core::Reply{};
  }
  Await await;
  core::WireWriter state;
  for (core::Delivery& delivery : due) {
    if (core::Fetch* request = std::get_if<core::Fetch>(&delivery.effect)) {
      authorize_for_workos(*request, config_);
    }
    await.effects.push_back(std::move(delivery.effect));
    state.i64(delivery.seq);
  }
  await.continuation = continuation(Machine::deliver, state.str());
  return await;
}

// ---- Going on ----

identity::PageSignIn App::page_sign_in() const {
  return {provider(), keys_};
}

Outcome App::lost_its_way() {
  return Respond{plain(500, "The continuation cannot be understood.\n")};
}

Outcome App::on(const core::Resume& input, core::Context& step) {
  const Outcome lost = lost_its_way();
  if (input.continuation.empty()) return lost;
  const std::string_view state = std::string_view(input.continuation).substr(1);
  const std::vector<core::EffectResult>& results = input.results;
  switch (static_cast<Machine>(input.continuation[0])) {
    case Machine::deliver: {
      if (!step.storage) return lost;
      core::WireReader reader(state);
      std::vector<int64_t> seqs;
      while (seqs.size() < results.size()) seqs.push_back(reader.i64());
      if (!reader.finished()) return lost;
      for (size_t i = 0; i < seqs.size(); ++i) core::settle(step, seqs[i], results[i]);
      wake_for_deliveries(step);
      return core::Reply{};
    }
    case Machine::archive: {
      core::WireReader reader(state);
      const int64_t first = reader.i64();
      if (!reader.finished() || !step.storage) return lost;
      return archive_answered(first, results, step);
    }
    case Machine::archived_export:
      if (!step.storage) return lost;
      return Respond{archived_export(state, results, principal_of(*step.storage), step)};
    case Machine::page_sign_in:
      return named(Machine::page_sign_in, page_sign_in().resume(state, results, step));
    case Machine::admin: return results.size() == 1 ? admin_answer(results[0], state) : lost;
    case Machine::mcp: {
      core::WireReader reader(state);
      const std::string origin = reader.string();
      if (!reader.ok() || !step.storage) return lost;
      AuthorityGate gate(config_, words_, notary_);
      return on_its_way(server_.resume(reader.rest(), results, config_, gate, step), origin);
    }
    default: break;
  }
  return resumed(static_cast<Machine>(input.continuation[0]), state, results, step);
}
