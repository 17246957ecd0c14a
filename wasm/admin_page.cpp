#include "admin_page.h"

#include <algorithm>

#include "authority/grants.h"
#include "authority/pauses.h"
#include "authority/usage.h"
#include "authority_view.h"
#include "identity/page_guard.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "responses.h"

namespace {

using core::Outcome;
using core::Respond;

/// WorkOS's ids of people: a prefix and a ULID. What cannot be one would make an object for nobody.
bool is_user_id(std::string_view text) {
  constexpr std::string_view prefix = "user_";
  constexpr size_t ulid = 26;
  return text.starts_with(prefix) && text.size() == prefix.size() + ulid &&
         std::all_of(text.begin() + prefix.size(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// Asks the object of the person whom the administrator named. `members` are JSON members.
Outcome ask(std::string_view call, std::string_view user, const std::string& members,
            const identity::PageSession& session, core::Context& step) {
  if (!is_user_id(user)) {
    return Respond{identity::page_error(400, "no_such_user", "That is no id of a person in WorkOS.")};
  }
  const identity::User& by = session.person.user;
  const std::string text =
      "{\"call\":" + core::json_quote(call) +
      ",\"by\":" + core::json_text(core::Json{{"subject", by.subject}, {"email", by.email}}) + members + "}";
  return core::Await{
      {core::CallPrincipal{identity::principal_name(step.crypto, identity::kProvider, user), text}},
      session.csrf};
}

}  // namespace

Outcome admin_page(const core::Request& request, const core::Url& url, const identity::PageSession& session,
                   core::Context& step) {
  const std::string_view path = url.path;
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (const auto refusal = identity::refuse_other_than_admin(url, session, step.now)) {
    return Respond{*refusal};
  }
  if (path == "/admin") {
    if (!reading) return Respond{method_not_allowed("GET, HEAD")};
    return Respond{identity::scripted_page(
        "Administration", identity::fill("authority.html", {{"heading", "Administration"}}))};
  }
  if (path == "/admin/state") {
    if (!reading) return Respond{method_not_allowed("GET, HEAD")};
    return ask("admin_state", core::form_value(url.query, "user").value_or(""), {}, session, step);
  }
  if (path == "/admin/act") {
    if (request.method != "POST") return Respond{method_not_allowed("POST")};
    if (const auto refusal = identity::refuse_stale(session, identity::kFreshForAdmin, step.now)) {
      return Respond{*refusal};
    }
    core::JsonGate gate;
    const core::JsonResult act = gate.parse(request.body);
    const auto what = act.ok() ? core::string_member(act.root, "do") : std::nullopt;
    if (!what) return Respond{identity::page_error(400, "not_understood", "It does not say what to do.")};
    const std::string user(core::string_member(act.root, "user").value_or(""));
    return ask("admin_act", user, ",\"act\":" + core::json_text(act.root), session, step);
  }
  return Respond{identity::page_error(404, "not_found", "There is nothing here.")};
}

Outcome admin_answer(const core::EffectResult& result, std::string_view csrf) {
  core::JsonGate gate;
  const core::JsonResult answer = gate.parse(result.bytes);
  std::string json = result.ok() && answer.ok() ? core::json_text(answer.root) : std::string();
  // An object that says something.
  if (!json.starts_with("{\"")) {
    return Respond{identity::page_error(502, "no_answer", "The other person's object gave no answer.")};
  }
  if (core::member(answer.root, "error")) return Respond{identity::page_data(400, std::move(json))};
  json.insert(1, "\"session\":{\"csrf\":" + core::json_quote(csrf) + "},");
  return Respond{identity::page_data(200, std::move(json))};
}

std::string admin_state(core::Context& step) {
  core::Json deputies = core::Json::array();
  core::Json person = nullptr;
  for (const authority::Grant& grant : authority::list_grants(*step.storage, kMostDeputies)) {
    if (person.is_null()) person = core::Json{{"name", grant.name}, {"email", grant.email}};
    deputies.push_back(deputy_view(grant, step));
  }
  return core::json_text(core::Json{{"now", step.now.milliseconds},
                                    {"person", std::move(person)},
                                    {"pauses", authority::pauses_of(*step.storage, authority::kAllDeputies)},
                                    {"deputies", std::move(deputies)}});
}

std::string admin_act(core::JsonView call, const PageWorld& world, core::Context& step) {
  constexpr Doer administrator{authority::kByAdministrator, authority::kAdministratorPause};
  const std::optional<core::JsonView> act = core::member(call, "act");
  std::optional<core::Response> answer = act ? brake(*act, administrator, world, step) : std::nullopt;
  if (answer) return std::move(answer->body);
  return identity::page_error(400, "not_understood", "It does not say what to do.").body;
}
