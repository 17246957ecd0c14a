#include "authority/replay.h"

#include "authority/canonical.h"

namespace authority {

namespace {

std::string instant_json(const std::optional<core::Instant>& instant) {
  return instant ? std::to_string(instant->milliseconds) : "null";
}

std::string used_json(const std::vector<Used>& used) {
  CanonicalArray list;
  for (const Used& entry : used) {
    CanonicalObject object;
    object.add_json("frees_at", instant_json(entry.frees_at)).add("held", entry.held);
    object.add("measure", entry.measure).add("per", name(entry.per)).add("settled", entry.settled);
    list.add_json(object.take());
  }
  return list.take();
}

std::string action_json(const Action& action) {
  CanonicalArray costs;
  for (const Cost& cost : action.costs) {
    costs.add_json(CanonicalObject().add("amount", cost.amount).add("measure", cost.measure).take());
  }
  std::string_view approval = "none";
  if (action.approval == Action::Approval::given) approval = "given";
  if (action.approval == Action::Approval::refused) approval = "refused";
  CanonicalObject object;
  object.add("approval", approval).add_json("costs", costs.take());
  object.add("exempt_from_pause", action.exempt_from_pause).add("scope", action.scope);
  return object.add("tool", action.tool).take();
}

std::string standing_json(const Standing& standing) {
  CanonicalObject object;
  object.add_json("ceilings", limits_json(standing.ceilings));
  object.add_json("pauses", canonical_list(standing.pauses));
  object.add_json("used", used_json(standing.used));
  return object.add_json("used_by_all", used_json(standing.used_by_all)).take();
}

// ---- Reading ----
// Texts that this module wrote itself, kept by somebody else: what is not there is empty or zero, and the
// decision then differs.

std::vector<Used> read_used(std::optional<core::JsonView> list) {
  std::vector<Used> used;
  for (const core::JsonView item : list_items(list)) {
    Used entry{text_member(item, "measure"), period_named(text_member(item, "per")).value_or(Period::action),
               core::integer_member(item, "settled").value_or(0),
               core::integer_member(item, "held").value_or(0)};
    if (const auto at = core::integer_member(item, "frees_at")) entry.frees_at = core::Instant{*at};
    used.push_back(std::move(entry));
  }
  return used;
}

Action read_action(core::JsonView json) {
  Action action{text_member(json, "tool"), text_member(json, "scope"),
                text_member(json, "exempt_from_pause")};
  for (const core::JsonView cost : list_items(core::member(json, "costs")))
    action.costs.push_back({text_member(cost, "measure"), core::integer_member(cost, "amount").value_or(0)});
  const std::string approval = text_member(json, "approval");
  if (approval == "given") action.approval = Action::Approval::given;
  if (approval == "refused") action.approval = Action::Approval::refused;
  return action;
}

}  // namespace

std::string terms_json(const Terms& terms) {
  CanonicalObject object;
  object.add_json("bounds", bounds_json(terms.bounds));
  object.add_json("requested_scopes", canonical_list(terms.requested_scopes));
  object.add_json("scopes", canonical_list(terms.scopes));
  return object.add("state", name(terms.state)).take();
}

std::string decision_input(const Terms& terms, const Standing& standing, const Action& action,
                           core::Instant now) {
  CanonicalObject object;
  object.add_json("action", action_json(action)).add("now", now.milliseconds);
  object.add_json("standing", standing_json(standing));
  return object.add_json("terms", terms_json(terms)).take();
}

std::string decision_json(const Decision& decision) {
  CanonicalObject object;
  if (decision.limit) object.add("asked", decision.asked);
  if (decision.frees_at) object.add("frees_at", decision.frees_at->milliseconds);
  if (decision.limit) {
    CanonicalObject limit;
    limit.add("measure", decision.limit->measure).add("most", decision.limit->most);
    object.add_json("limit", limit.add("per", name(decision.limit->per)).take());
  }
  object.add("outcome", name(decision.outcome));
  if (!decision.pause.empty()) object.add("pause", decision.pause);
  object.add("reason", name(decision.reason));
  if (decision.limit) object.add("used", decision.used);
  return object.take();
}

std::string replay(std::string_view input) {
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(input);
  if (!json.ok()) return {};
  const auto terms_view = core::member(json.root, "terms");
  const auto standing_view = core::member(json.root, "standing");
  const auto action_view = core::member(json.root, "action");
  const auto now = core::integer_member(json.root, "now");
  const auto bounds = terms_view ? core::member(*terms_view, "bounds") : std::nullopt;
  const auto state = terms_view ? state_named(text_member(*terms_view, "state")) : std::nullopt;
  if (!standing_view || !action_view || !now || !bounds || !state) return {};

  Terms terms{*state, core::string_list(core::member(*terms_view, "scopes")),
              core::string_list(core::member(*terms_view, "requested_scopes")), stored_bounds(*bounds)};
  Standing standing{core::string_list(core::member(*standing_view, "pauses")),
                    read_used(core::member(*standing_view, "used")),
                    stored_limits(core::member(*standing_view, "ceilings")),
                    read_used(core::member(*standing_view, "used_by_all"))};
  return decision_json(decide(terms, standing, read_action(*action_view), core::Instant{*now}));
}

}  // namespace authority
