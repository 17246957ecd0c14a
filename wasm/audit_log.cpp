#include "audit_log.h"

#include "authority/grants.h"
#include "authority/pauses.h"
#include "core/json.h"

namespace {

using core::Json;

/// Of a value in `metadata`, by WorkOS.
constexpr size_t kLongestValue = 500;

std::string_view text_of(core::JsonView object, std::string_view name) {
  return core::string_member(object, name).value_or("");
}

/// A member of an entry's member.
std::string_view text_of(core::JsonView entry, std::string_view member, std::string_view name) {
  const std::optional<core::JsonView> object = core::member(entry, member);
  return object ? text_of(*object, name) : std::string_view();
}

Json thing(std::string_view type, std::string_view id) {
  return {{"id", id}, {"type", type}};
}

/// Whose doing it is: a deputy's, its human's, an administrator's, or nobody's at all.
Json actor_of(core::JsonView entry) {
  const std::string_view era = text_of(entry, "era");
  if (era == "legacy" || era == "modern" || era == "client") return thing("deputy", text_of(entry, "grant"));
  if (era != "page") return thing("system", era);
  const bool administrator = text_of(entry, "details", "reason") == authority::kByAdministrator ||
                             text_of(entry, "details", "cause") == authority::kAdministratorPause;
  if (administrator) return thing("administrator", authority::kByAdministrator);
  return thing("principal", text_of(entry, "principal"));
}

Json metadata_of(core::JsonView entry, const authority::Link& link) {
  Json metadata{{"seq", std::to_string(link.seq)}, {"hash", link.hash}};
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty() && value.size() <= kLongestValue) metadata[std::string(name)] = value;
  };
  const std::string_view method = text_of(entry, "method");
  add("method", method);
  // What else has a name has one that may be made of arguments: the URI of a resource.
  if (method == "tools/call") add("tool", text_of(entry, "name"));
  add("client", text_of(entry, "client"));
  add("result", text_of(entry, "result"));
  const std::string_view decided = text_of(entry, "decision", "reason");
  add("reason", decided.empty() ? text_of(entry, "details", "reason") : decided);
  add("cause", text_of(entry, "details", "cause"));
  add("arguments_digest", text_of(entry, "arguments"));
  if (const auto refers = core::integer_member(entry, "refers")) add("refers", std::to_string(*refers));
  return metadata;
}

}  // namespace

core::OutgoingPost audit_log_request(const core::Config& config, std::string_view entry_text,
                                     const authority::Link& link) {
  core::JsonGate gate;
  const core::JsonView entry = gate.parse(entry_text).root;
  const std::string principal(text_of(entry, "principal")), grant(text_of(entry, "grant"));
  Json targets = Json::array({thing("principal", principal)});
  if (!grant.empty()) targets.push_back(thing("deputy", grant));
  // The object does not know from where it is asked: what is said is where it happened.
  const Json body{
      {"organization_id", config.workos_organization_id},
      {"event",
       {{"action", "deputy." + std::string(text_of(entry, "kind"))},
        {"occurred_at", core::iso8601({core::integer_member(entry, "at").value_or(0)})},
        {"actor", actor_of(entry)},
        {"targets", std::move(targets)},
        {"context", {{"location", config.public_host.empty() ? "localhost" : config.public_host}}},
        {"metadata", metadata_of(entry, link)}}},
  };
  core::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Idempotency-Key", principal + ':' + std::to_string(link.seq));
  return {config.workos_api_url + "/audit_logs/events", std::move(headers), core::json_text(body)};
}

void authorize_for_workos(core::Fetch& request, const core::Config& config) {
  if (!request.url.starts_with(config.workos_api_url + "/")) return;
  request.headers.add("Authorization", "Bearer " + config.workos_api_key);
}
