#include "authority_page.h"

#include <algorithm>
#include <charconv>

#include "authority/approvals.h"
#include "authority/archive.h"
#include "authority/canonical.h"
#include "authority/pauses.h"
#include "authority/usage.h"
#include "authority/watchers.h"
#include "authority_view.h"
#include "core/outbox.h"
#include "identity/page_guard.h"
#include "identity/pages.h"
#include "mcp/subscriptions.h"
#include "responses.h"
#include "service.h"
#include "trail_view.h"

namespace {

using core::Outcome;
using core::Respond;
using core::Response;

constexpr int64_t kUsualEntries = 50;
constexpr int64_t kMostEntries = 200;
/// Entries of one part of an export: a few megabytes at most.
constexpr int64_t kExportPart = 1000;
/// How long a deletion from the archive is tried, at the least.
constexpr core::Duration kDeletionTried = core::days(365);

Outcome only(std::string_view allow) {
  return Respond{method_not_allowed(allow)};
}

Response done() {
  return identity::page_data(200, R"({"ok":true})");
}

Response refused(int status, std::string_view code, std::string_view message) {
  return identity::page_error(status, code, message);
}

/// A number of a query; nothing where it is none.
std::optional<int64_t> number(const core::Url& url, std::string_view name) {
  const std::optional<std::string> text = core::form_value(url.query, name);
  int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0) return std::nullopt;
  return value;
}

// ---- Looking ----

Response audit_response(const core::Url& url, const PageWorld& world, core::Context& step) {
  const int64_t before = number(url, "before").value_or(int64_t{1} << 53);
  const int64_t limit = std::clamp<int64_t>(number(url, "limit").value_or(kUsualEntries), 1, kMostEntries);
  const std::string grant = core::form_value(url.query, "grant").value_or("");
  const std::string kind = core::form_value(url.query, "kind").value_or("");
  const auto rows = authority::entries_before(*step.storage, before, grant, kind, limit + 1);
  std::string entries;
  for (size_t i = 0; i < rows.size() && i < static_cast<size_t>(limit); ++i) {
    if (i > 0) entries += ',';
    entries += entry_view(rows[i], world.words, *step.storage);
  }
  const bool more = rows.size() > static_cast<size_t>(limit);
  // The page ends with what is in the object; the export has the rest.
  const bool archived = !more && authority::part_after(*step.storage, {}, 0).has_value();
  return identity::page_data(200, "{\"entries\":[" + entries + "],\"more\":" + (more ? "true" : "false") +
                                      ",\"archived\":" + (archived ? "true" : "false") + '}');
}

Response export_part(std::string text) {
  return identity::page_data(200, std::move(text), "application/x-ndjson; charset=utf-8");
}

/// One part of the trail as NDJSON; the first begins with a line that says whose it is, and signs its end.
Outcome export_trail(const core::Url& url, const PageWorld& world, core::Context& step) {
  const int64_t after = number(url, "after").value_or(0);
  std::string text;
  if (after == 0) {
    authority::CanonicalObject about;
    about.add("head", authority::signed_head(step, world.notary, world.principal));
    about.add_json("keys", world.jwks).add("kind", "audit-trail").add("principal", world.principal);
    text = about.take() + '\n';
  }
  if (const auto part = authority::part_after(*step.storage, world.principal, after)) {
    core::Await await;
    core::WireWriter state;
    state.i64(after);
    state.bytes(text);
    for (const std::string& key : part->keys) {
      await.effects.push_back(core::GetCopy{std::string(kArchive), key});
      state.bytes(key);
    }
    await.continuation = state.take();
    return await;
  }
  const auto rows = authority::entries_after(*step.storage, after, kExportPart + 1);
  const size_t count = std::min(rows.size(), static_cast<size_t>(kExportPart));
  for (size_t i = 0; i < count; ++i) text += authority::export_line(rows[i]);
  Response response = export_part(std::move(text));
  if (rows.size() > count) response.headers.add("X-Next-After", std::to_string(rows[count - 1].seq));
  return Respond{std::move(response)};
}

Outcome events(const identity::PageSession& session, core::Context& step) {
  Response head = identity::page_data(200, {}, "text/event-stream");
  head.headers.add("X-Accel-Buffering", "no");
  return core::RespondStream{std::move(head), authority::watch(step, session.id, session.expires_at)};
}

core::Json page_state(const identity::PageSession& session, const PageWorld& world, core::Context& step) {
  core::Json state = state_view(session, world.words, step);
  for (core::Json& deputy : state["deputies"]) {
    const auto grant = authority::find_grant(*step.storage, deputy["grant"].get_ref<const std::string&>());
    const auto lives = grant ? world.live_tokens(*grant) : std::nullopt;
    if (!lives) continue;
    deputy["live_tokens"] = {{"own", lives->own.milliseconds}, {"exchanged", lives->exchanged.milliseconds}};
  }
  return state;
}

// ---- Doing ----

/// Who does it on the page, for the trail.
authority::Actor actor(const PageWorld& world, const authority::Grant* grant) {
  authority::Actor actor{world.principal, {}, {}, {}, "page"};
  if (grant) {
    actor.grant_id = grant->id;
    actor.client_id = grant->client_id;
  }
  return actor;
}

std::optional<authority::Grant> standing_grant(std::string_view id, core::Context& step) {
  std::optional<authority::Grant> grant = authority::find_grant(*step.storage, id);
  if (!grant || authority::has_ended(grant->terms.state)) return std::nullopt;
  return grant;
}

Response unknown_deputy() {
  return refused(404, "no_such_deputy", "There is no such deputy, or it has ended already.");
}

Response revoke(std::string_view grant_id, const Doer& by, const PageWorld& world) {
  const std::optional<authority::Revocation> revocation = world.revoke(grant_id, by.name, "page");
  if (!revocation) return unknown_deputy();
  return identity::page_data(
      200, core::json_text(core::Json{
               {"ok", true}, {"receipt", revocation->receipt}, {"in_flight", revocation->in_flight}}));
}

Response revoke_all(const Doer& by, const PageWorld& world, core::Context& step) {
  core::Json receipts = core::Json::array();
  for (const authority::Grant& grant : authority::standing_grants(*step.storage)) {
    if (const auto revocation = world.revoke(grant.id, by.name, "page"))
      receipts.push_back(revocation->receipt);
  }
  world.all_were_ended();
  return identity::page_data(200, core::json_text(core::Json{{"ok", true}, {"receipts", receipts}}));
}

Response allow_again(core::JsonView act, const PageWorld& world) {
  const std::string_view ended = core::string_member(act, "grant").value_or("");
  const std::optional<std::string> grant = world.allow_again(ended);
  if (!grant) return refused(404, "no_such_deputy", "There is no such deputy that could be allowed again.");
  return identity::page_data(200, core::json_text(core::Json{{"ok", true}, {"grant", *grant}}));
}

enum class Movement { pause, resume };
Response move(Movement movement, std::string_view grant_id, const Doer& by, const PageWorld& world,
              core::Context& step) {
  const std::optional<authority::Grant> grant = standing_grant(grant_id, step);
  if (!grant_id.empty() && !grant) return unknown_deputy();
  const bool pausing = movement == Movement::pause;
  if (pausing == authority::paused(*step.storage, grant_id, by.pause_cause)) return done();
  if (pausing) authority::pause(*step.storage, grant_id, by.pause_cause, step.now);
  if (!pausing) authority::resume(*step.storage, grant_id, by.pause_cause);
  authority::append(step, world.notary,
                    {.kind = pausing ? "pause" : "resume",
                     .actor = actor(world, grant ? &*grant : nullptr),
                     .details = authority::CanonicalObject().add("cause", by.pause_cause).take()});
  return done();
}

/// Only says what the bounds would come to, or sets them.
enum class Bounding { say, set };
Response bounds(core::JsonView act, Bounding bounding, const PageWorld& world, core::Context& step) {
  const auto grant = standing_grant(core::string_member(act, "grant").value_or(""), step);
  if (!grant) return unknown_deputy();
  const auto json = core::member(act, "bounds");
  if (!json) return refused(400, "invalid_bounds", "bounds are missing");
  const auto bounds = authority::read_bounds(*json, world.words.measures);
  if (const std::string* problem = std::get_if<std::string>(&bounds)) {
    return refused(400, "invalid_bounds", *problem);
  }
  const authority::Bounds& chosen = std::get<authority::Bounds>(bounds);
  const std::string sentence = authority::sentence(world.words, grant->terms.scopes, chosen);
  Response said = identity::page_data(200, core::json_text(core::Json{{"ok", true}, {"sentence", sentence}}));
  if (bounding == Bounding::say) return said;
  authority::set_bounds(*step.storage, grant->id, chosen, sentence);
  authority::append(step, world.notary,
                    {.kind = "bounds",
                     .actor = actor(world, &*grant),
                     .details = authority::CanonicalObject()
                                    .add_json("after", authority::bounds_json(chosen))
                                    .add_json("before", authority::bounds_json(grant->terms.bounds))
                                    .take()});
  if (chosen.expires_at) step.wake_at(*chosen.expires_at);
  mcp::notify_list_changed(step, mcp::List::tools);
  return said;
}

Response set_ceilings(core::JsonView act, const PageWorld& world, core::Context& step) {
  const auto limits = authority::read_limits(core::member(act, "limits"), world.words.measures);
  if (const std::string* problem = std::get_if<std::string>(&limits)) {
    return refused(400, "invalid_limits", *problem);
  }
  const auto& chosen = std::get<std::vector<authority::Limit>>(limits);
  for (const authority::Limit& limit : chosen) {
    if (limit.measure != authority::kCalls) continue;
    return refused(400, "invalid_limits", "calls are limited for each deputy, not for all together");
  }
  authority::set_ceilings(*step.storage, chosen);
  authority::append(
      step, world.notary,
      {.kind = "ceilings",
       .actor = actor(world, nullptr),
       .details = authority::CanonicalObject().add_json("after", authority::limits_json(chosen)).take()});
  return done();
}

Response answer(core::JsonView act, authority::Verdict verdict, const PageWorld& world, core::Context& step) {
  const std::string id(core::string_member(act, "id").value_or(""));
  const std::optional<authority::Approval> approval = authority::answer(step, id, verdict);
  if (!approval) {
    return refused(409, "not_waiting", "This question waits no more: it was answered, or its time is over.");
  }
  const auto grant = authority::find_grant(*step.storage, approval->question.grant_id);
  authority::append(step, world.notary,
                    {.kind = "approval",
                     .actor = actor(world, grant ? &*grant : nullptr),
                     .subject = {"tools/call", approval->question.tool},
                     .result = name(approval->state),
                     .details = authority::CanonicalObject()
                                    .add("action", authority::digest(step.crypto, approval->question))
                                    .take()});
  mcp::notify_elicitation_complete(step, id);
  return done();
}

Response erase(core::JsonView act, const PageWorld& world, core::Context& step) {
  const std::string id(core::string_member(act, "grant").value_or(""));
  const auto grant = authority::find_grant(*step.storage, id);
  if (!id.empty() && !grant) return unknown_deputy();
  const int64_t in_object = authority::erase_arguments(*step.storage, id);
  const authority::ErasedArguments archived = authority::erase_archived(*step.storage, world.principal, id);
  delete_archived(step, archived.keys);
  authority::CanonicalObject details;
  details.add("arguments", in_object + archived.entries);
  if (id.empty()) details.add("records", world.erase_personal_details());
  authority::append(
      step, world.notary,
      {.kind = "erasure", .actor = actor(world, grant ? &*grant : nullptr), .details = details.take()});
  return done();
}

Response not_understood() {
  return refused(400, "not_understood", "It does not say what to do.");
}

Response act(const core::Request& request, const identity::PageSession& session, const PageWorld& world,
             core::Context& step) {
  core::JsonGate gate;
  const core::JsonResult body = gate.parse(request.body);
  if (!body.ok()) return not_understood();
  const std::string_view what = core::string_member(body.root, "do").value_or("");
  constexpr Doer human{authority::kByHuman, authority::kHumanPause};
  if (what != "resume") {
    if (std::optional<Response> answered = brake(body.root, human, world, step)) return *answered;
  }
  if (what == "sentence") return bounds(body.root, Bounding::say, world, step);
  if (what == "refuse") return answer(body.root, authority::Verdict::refuse, world, step);
  // From here on it is more that a deputy may, or less that is known of it.
  if (auto no = identity::refuse_impersonated(session)) return *no;
  if (what == "resume") return *brake(body.root, human, world, step);
  if (what == "erase") return erase(body.root, world, step);
  if (auto no = identity::refuse_stale(session, identity::kFreshForApproval, step.now)) return *no;
  if (what == "allow_again") return allow_again(body.root, world);
  if (what == "approve") return answer(body.root, authority::Verdict::approve, world, step);
  if (what == "bounds") return bounds(body.root, Bounding::set, world, step);
  if (what == "ceilings") return set_ceilings(body.root, world, step);
  return not_understood();
}

}  // namespace

core::Response archived_export(std::string_view state, const std::vector<core::EffectResult>& results,
                               std::string_view principal, core::Context& step) {
  core::WireReader reader(state);
  const int64_t after = reader.i64();
  std::string text = reader.string();
  std::vector<std::string> keys;
  while (reader.ok() && !reader.finished()) keys.push_back(reader.string());
  const auto part = authority::part_after(*step.storage, principal, after);
  const Response later =
      refused(503, "archive_not_read", "The archive cannot be read now. Try again in a minute.");
  if (!reader.ok() || !part || results.empty() || results.size() != keys.size() || !results[0].ok()) {
    return later;
  }
  std::vector<std::string_view> arguments;
  for (size_t i = 1; i < results.size(); ++i) {
    // What has been erased since it was asked for stays erased; what is not there any more was deleted.
    if (std::find(part->keys.begin(), part->keys.end(), keys[i]) == part->keys.end()) continue;
    if (results[i].ok()) {
      arguments.push_back(results[i].bytes);
    } else if (results[i].code != 404) {
      return later;
    }
  }
  const std::optional<std::string> lines = authority::part_lines(*part, results[0].bytes, arguments, after);
  if (!lines) {
    return refused(500, "archive_damaged",
                   "The archive of entries " + std::to_string(part->first) + " to " +
                       std::to_string(part->last) + " is not what was written to it.");
  }
  Response response = export_part(text.append(*lines));
  response.headers.add("X-Next-After", std::to_string(part->last));
  return response;
}

void delete_archived(core::Context& step, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    core::enqueue(step, core::OutgoingDelete{std::string(kArchive), key}, step.now + kDeletionTried);
  }
}

std::optional<core::Response> brake(core::JsonView act, const Doer& by, const PageWorld& world,
                                    core::Context& step) {
  const std::string_view what = core::string_member(act, "do").value_or("");
  const std::string_view grant = core::string_member(act, "grant").value_or("");
  if (what == "revoke") return revoke(grant, by, world);
  if (what == "revoke_all") return revoke_all(by, world, step);
  if (what == "pause") return move(Movement::pause, grant, by, world, step);
  if (what == "resume") return move(Movement::resume, grant, by, world, step);
  return std::nullopt;
}

Outcome authority_page(const core::Request& request, const core::Url& url, const identity::Site&,
                       const identity::PageSession& session, const PageWorld& world, core::Context& step) {
  const std::string_view path = url.path;
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (path == "/authority/act" || path == "/authority/sign-out") {
    if (request.method != "POST") return only("POST");
    if (path == "/authority/act") return Respond{act(request, session, world, step)};
    authority::end_watchers(step, session.id);
    identity::close_page_session(*step.storage, session.id);
    return Respond{identity::with_cookies(done(), {identity::clear_page_cookie()})};
  }
  if (!reading) return only("GET, HEAD");
  if (identity::kind_of_path(path) == identity::PagePath::page) {
    return Respond{identity::scripted_page("Your deputies",
                                           identity::fill("authority.html", {{"heading", "Your deputies"}}))};
  }
  if (path == "/authority/state") {
    return Respond{identity::page_data(200, core::json_text(page_state(session, world, step)))};
  }
  if (path == "/authority/audit") return Respond{audit_response(url, world, step)};
  if (path == "/authority/export") return export_trail(url, world, step);
  if (path == "/authority/events") return events(session, step);
  return Respond{refused(404, "not_found", "There is nothing here.")};
}
