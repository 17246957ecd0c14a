#include "authority_view.h"

#include "authority/approvals.h"
#include "authority/pauses.h"
#include "authority/revocation.h"
#include "authority/usage.h"
#include "service.h"

namespace {

using core::Json;

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kMostApprovals = 30;

Json instant(const std::optional<core::Instant>& at) {
  return at ? Json(at->milliseconds) : Json(nullptr);
}

/// What came through the gate, to be built into something larger. Of numbers there are integers alone here.
Json built(core::JsonView view) {
  core::JsonObject object;
  core::JsonArray array;
  std::string_view text;
  int64_t number = 0;
  bool flag = false;
  if (view.get_object().get(object) == simdjson::SUCCESS) {
    Json json = Json::object();
    for (const auto& field : object) json[std::string(field.key)] = built(field.value);
    return json;
  }
  if (view.get_array().get(array) == simdjson::SUCCESS) {
    Json json = Json::array();
    for (const core::JsonView item : array) json.push_back(built(item));
    return json;
  }
  if (view.get_string().get(text) == simdjson::SUCCESS) return text;
  if (view.get_int64().get(number) == simdjson::SUCCESS) return number;
  if (view.get_bool().get(flag) == simdjson::SUCCESS) return flag;
  return nullptr;
}

/// JSON text that was written here, as part of a larger one.
Json parsed(std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(text);
  return json.ok() ? built(json.root) : Json(nullptr);
}

Json limits_view(const std::vector<authority::Limit>& limits) {
  return parsed(authority::limits_json(limits));
}

Json use_view(const authority::Grant& grant, core::Context& step) {
  Json list = Json::array();
  const auto used = authority::used_of(*step.storage, grant.id, grant.terms.bounds.limits, step.now);
  for (const authority::Used& entry : used) {
    for (const authority::Limit& limit : grant.terms.bounds.limits) {
      if (limit.measure != entry.measure || limit.per != entry.per) continue;
      list.push_back({{"measure", entry.measure},
                      {"per", name(entry.per)},
                      {"most", limit.most},
                      {"used", entry.settled},
                      {"reserved", entry.held},
                      {"frees_at", instant(entry.frees_at)}});
    }
  }
  return list;
}

Json activity_view(const authority::Grant& grant, core::Context& step) {
  const core::Instant from{(step.now.milliseconds / kDay - static_cast<int64_t>(kChartDays) + 1) * kDay};
  const authority::Activity activity =
      authority::activity_of(*step.storage, grant.id, from, core::days(1), kChartDays);
  return {{"from", from.milliseconds},
          {"bucket", kDay},
          {"calls", activity.calls},
          {"effects", activity.effects},
          {"denials", activity.denials}};
}

Json ended_view(const authority::Grant& grant, core::Context& step) {
  if (!grant.ended_at) return nullptr;
  Json ended{{"at", grant.ended_at->milliseconds}, {"reason", grant.end_reason}};
  if (const auto revocation = authority::find_revocation(*step.storage, grant.id)) {
    ended["receipt"] = revocation->receipt;
    ended["in_flight"] = revocation->in_flight;
    if (!revocation->ended_receipt.empty()) ended["ended_receipt"] = revocation->ended_receipt;
  }
  return ended;
}

Json approvals_view(core::Context& step) {
  Json list = Json::array();
  for (const authority::Approval& approval :
       authority::list_approvals(*step.storage, kMostApprovals, step.now)) {
    const authority::Question& question = approval.question;
    const auto grant = authority::find_grant(*step.storage, question.grant_id);
    Json what = Json::array();
    for (const auto& [label, value] : question.what) what.push_back(Json::array({label, value}));
    list.push_back({{"id", approval.id},
                    {"grant", question.grant_id},
                    {"client", grant ? deputy_name(*grant, *step.storage) : std::string()},
                    {"tool", question.tool},
                    {"title", question.title},
                    {"what", std::move(what)},
                    {"asked_at", approval.asked_at.milliseconds},
                    {"expires_at", approval.expires_at.milliseconds},
                    {"state", name(approval.state)}});
  }
  return list;
}

Json measures_view() {
  Json list = Json::array();
  for (const authority::Measure& measure : service().measures) {
    list.push_back({{"name", measure.name},
                    {"unit", measure.unit == authority::Measure::Unit::money ? "money" : "count"},
                    {"one", measure.one},
                    {"many", measure.many},
                    {"digits", measure.digits}});
  }
  return list;
}

Json presets_view() {
  Json list = Json::array();
  for (const Preset& preset : service().presets) {
    Json scopes = Json::array();
    for (std::string_view scope : core::split(preset.scopes, ' ')) scopes.push_back(scope);
    list.push_back({{"name", preset.name},
                    {"title", preset.title},
                    {"about", preset.about},
                    {"scopes", std::move(scopes)},
                    {"limits", parsed(preset.limits)},
                    {"ask_above", parsed(preset.ask_above)}});
  }
  return list;
}

Json scopes_view(const authority::Vocabulary& words) {
  Json list = Json::array();
  for (const auto& scope : words.scopes) list.push_back({{"name", scope.name}, {"allows", scope.allows}});
  return list;
}

Json tools_view(const authority::Vocabulary& words) {
  Json list = Json::array();
  for (const authority::Vocabulary::Tool& tool : words.tools) {
    const bool reads = tool.access == authority::Vocabulary::Tool::Access::read;
    list.push_back({{"name", tool.name},
                    {"title", tool.title},
                    {"scope", tool.scope},
                    {"access", reads ? "read" : "write"}});
  }
  return list;
}

}  // namespace

std::string deputy_name(const authority::Grant& grant, core::Storage& storage) {
  const core::Rows rows = storage.query(
      "SELECT count(DISTINCT client_id) + 1 FROM grants WHERE client_name = ?1 AND client_id <> ?2 AND"
      " created_at < (SELECT min(created_at) FROM grants WHERE client_name = ?1 AND client_id = ?2)",
      {grant.client_name, grant.client_id});
  const std::string number = std::to_string(rows.integer(0, 0));
  return number == "1" ? grant.client_name : grant.client_name + " (" + number + ')';
}

core::Json deputy_view(const authority::Grant& grant, core::Context& step) {
  core::Storage& storage = *step.storage;
  Json pauses = Json::array();
  const core::Rows causes =
      storage.query("SELECT cause FROM pauses WHERE grant_id = ? ORDER BY cause", {grant.id});
  for (size_t row = 0; row < causes.size(); ++row) pauses.push_back(causes.text(row, 0));
  return {
      {"grant", grant.id},
      {"client",
       {{"name", deputy_name(grant, storage)},
        {"known_by", grant.client_known_by},
        {"host", grant.client_host}}},
      {"since", grant.created_at.milliseconds},
      {"last_used", instant(authority::last_used(storage, grant.id))},
      {"state", name(grant.terms.state)},
      {"pauses", std::move(pauses)},
      {"ended", ended_view(grant, step)},
      {"scopes", grant.terms.scopes},
      {"bounds", parsed(authority::bounds_json(grant.terms.bounds))},
      {"sentence", grant.sentence},
      {"use", use_view(grant, step)},
      {"activity", activity_view(grant, step)},
  };
}

core::Json state_view(const identity::PageSession& session, const authority::Vocabulary& words,
                      core::Context& step) {
  core::Storage& storage = *step.storage;
  Json deputies = Json::array();
  for (const authority::Grant& grant : authority::list_grants(storage, kMostDeputies)) {
    deputies.push_back(deputy_view(grant, step));
  }
  const authority::Link head = authority::head(storage);
  return {
      {"now", step.now.milliseconds},
      {"service", service().name},
      {"person", {{"name", session.person.user.name}, {"email", session.person.user.email}}},
      {"session",
       {{"signed_in_at", session.signed_in_at.milliseconds},
        {"impersonated", session.person.impersonation != identity::Impersonation::none},
        {"admin", identity::may_administer(session)},
        {"csrf", session.csrf}}},
      {"measures", measures_view()},
      {"tools", tools_view(words)},
      {"scopes", scopes_view(words)},
      {"presets", presets_view()},
      {"pauses", authority::pauses_of(storage, authority::kAllDeputies)},
      {"ceilings", limits_view(authority::ceilings(storage))},
      {"deputies", std::move(deputies)},
      {"approvals", approvals_view(step)},
      {"audit",
       {{"head", {{"seq", head.seq}, {"hash", head.hash}}},
        {"kinds",
         {"call", "outcome", "denials", "approval", "grant", "revocation", "pause", "resume", "scopes",
          "bounds", "ceilings", "erasure"}}}},
  };
}
