#include "authority/bounds.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "authority/canonical.h"

namespace authority {

namespace {

struct PeriodFacts {
  Period period;
  std::string_view name;
  core::Duration length;
  std::string_view words;
};
/// Different bounds that are remembered, of all deputies whose objects are in this isolate.
constexpr size_t kMostKnown = 256;

constexpr std::array<PeriodFacts, 6> kPeriods = {{
    {Period::action, "action", {}, "at once"},
    {Period::minute, "minute", core::minutes(1), "a minute"},
    {Period::hour, "hour", core::hours(1), "an hour"},
    {Period::day, "day", core::days(1), "in any 24 hours"},
    {Period::week, "week", core::days(7), "in any 7 days"},
    {Period::month, "month", core::days(30), "in any 30 days"},
}};

const PeriodFacts& facts(Period period) {
  return kPeriods[static_cast<size_t>(period)];
}

/// "1,234,567"; with two places, "12,345.67".
std::string in_figures(int64_t amount, size_t places) {
  std::string digits = std::to_string(amount);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  const size_t whole = digits.size() - places;
  if (places > 0) digits.insert(whole, ".");
  for (size_t at = whole; at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

/// Calls are counted by the clock, in rows of an hour; all else by the very moment of each charge.
bool counts_in(std::string_view measure, Period per) {
  const bool by_clock = per == Period::minute || per == Period::hour;
  return measure == kCalls ? by_clock : !by_clock;
}

std::optional<int64_t> amount_of(core::JsonView object, std::string_view name) {
  const std::optional<int64_t> amount = core::integer_member(object, name);
  return amount && *amount >= 0 && *amount <= kMaxAmount ? amount : std::nullopt;
}

std::string in_quotes(std::string_view text) {
  return core::json_quote(text.substr(0, 64));
}

}  // namespace

std::string_view name(Period period) {
  return facts(period).name;
}

std::optional<Period> period_named(std::string_view text) {
  for (const PeriodFacts& known : kPeriods) {
    if (known.name == text) return known.period;
  }
  return std::nullopt;
}

core::Duration length(Period period) {
  return facts(period).length;
}

std::string_view in_words(Period period) {
  return facts(period).words;
}

std::string limits_json(const std::vector<Limit>& limits) {
  CanonicalArray list;
  for (const Limit& limit : limits) {
    CanonicalObject object;
    object.add("measure", limit.measure).add("most", limit.most).add("per", name(limit.per));
    list.add_json(object.take());
  }
  return list.take();
}

std::string bounds_json(const Bounds& bounds) {
  CanonicalArray thresholds;
  for (const Threshold& threshold : bounds.ask_above) {
    CanonicalObject object;
    object.add("amount", threshold.amount).add("measure", threshold.measure);
    thresholds.add_json(object.take());
  }
  CanonicalObject object;
  object.add_json("ask_above", thresholds.take());
  object.add_json("expires_at", bounds.expires_at ? std::to_string(bounds.expires_at->milliseconds) : "null");
  object.add_json("limits", limits_json(bounds.limits));
  object.add_json("tools", bounds.tools ? canonical_list(*bounds.tools) : "null");
  object.add_json("until_sign_out", bounds.until_sign_out ? "true" : "false");
  return object.take();
}

std::variant<std::vector<Limit>, std::string> read_limits(std::optional<core::JsonView> json,
                                                          const std::vector<Measure>& measures) {
  core::JsonArray items;
  if (!json || json->get_array().get(items) != simdjson::SUCCESS) return "limits must be a list";
  if (items.size() > kMaxLimits) return "there are at most " + std::to_string(kMaxLimits) + " limits";
  std::vector<Limit> limits;
  for (const core::JsonView item : items) {
    const std::string measure(core::string_member(item, "measure").value_or(""));
    if (!find_measure(measures, measure)) return "limits cannot be about " + in_quotes(measure);
    const std::optional<Period> per = period_named(core::string_member(item, "per").value_or(""));
    if (!per || !counts_in(measure, *per)) return "the limit of " + measure + " needs another period";
    const std::optional<int64_t> most = amount_of(item, "most");
    if (!most) return "the limit of " + measure + " must be an integer from 0";
    const auto same = [&](const Limit& limit) { return limit.measure == measure && limit.per == *per; };
    if (std::any_of(limits.begin(), limits.end(), same)) return "there are two limits of one kind";
    limits.push_back({measure, *most, *per});
  }
  return limits;
}

std::variant<Bounds, std::string> read_bounds(core::JsonView json, const std::vector<Measure>& measures) {
  if (!json.is_object()) return "bounds must be an object";
  constexpr std::array<std::string_view, 5> kMembers = {"tools", "limits", "ask_above", "expires_at",
                                                        "until_sign_out"};
  for (const auto& field : core::JsonObject(json.get_object().value_unsafe())) {
    if (std::find(kMembers.begin(), kMembers.end(), field.key) == kMembers.end())
      return "bounds have no " + in_quotes(field.key);
  }
  Bounds bounds;
  std::variant<std::vector<Limit>, std::string> limits = read_limits(core::member(json, "limits"), measures);
  if (std::string* problem = std::get_if<std::string>(&limits)) return std::move(*problem);
  bounds.limits = std::get<std::vector<Limit>>(std::move(limits));

  if (const auto tools = core::member(json, "tools"); tools && !tools->is_null()) {
    core::JsonArray names;
    if (tools->get_array().get(names) != simdjson::SUCCESS || names.size() > kMaxTools)
      return "tools must be null or a list of at most " + std::to_string(kMaxTools) + " names";
    bounds.tools = core::string_list(tools);
    if (bounds.tools->size() != names.size()) return "tools must be null or a list of names";
  }
  if (const auto ask = core::member(json, "ask_above")) {
    core::JsonArray items;
    if (ask->get_array().get(items) != simdjson::SUCCESS || items.size() > kMaxLimits)
      return "ask_above must be a list of at most " + std::to_string(kMaxLimits);
    for (const core::JsonView item : items) {
      const std::string measure(core::string_member(item, "measure").value_or(""));
      const std::optional<int64_t> amount = amount_of(item, "amount");
      if (!find_measure(measures, measure)) return "ask_above cannot be about " + in_quotes(measure);
      if (!amount) return "ask_above of " + measure + " must be an integer from 0";
      bounds.ask_above.push_back({measure, *amount});
    }
  }
  if (const auto expires = core::member(json, "expires_at"); expires && !expires->is_null()) {
    const std::optional<int64_t> at = amount_of(json, "expires_at");
    if (!at) return "expires_at must be null or milliseconds since 1970";
    bounds.expires_at = core::Instant{*at};
  }
  if (const auto until = core::member(json, "until_sign_out")) {
    const std::optional<bool> value = core::boolean_member(json, "until_sign_out");
    if (!value) return "until_sign_out must be true or false";
    bounds.until_sign_out = *value;
  }
  return bounds;
}

std::vector<Limit> stored_limits(std::optional<core::JsonView> json, std::string_view amount) {
  std::vector<Limit> limits;
  for (const core::JsonView item : list_items(json)) {
    limits.push_back({text_member(item, "measure"), core::integer_member(item, amount).value_or(0),
                      period_named(text_member(item, "per")).value_or(Period::action)});
  }
  return limits;
}

Bounds stored_bounds(core::JsonView json) {
  Bounds bounds;
  if (const auto tools = core::member(json, "tools"); tools && tools->is_array())
    bounds.tools = core::string_list(tools);
  bounds.limits = stored_limits(core::member(json, "limits"));
  for (Limit& limit : stored_limits(core::member(json, "ask_above"), "amount"))
    bounds.ask_above.push_back({std::move(limit.measure), limit.most});
  if (const auto at = core::integer_member(json, "expires_at")) bounds.expires_at = core::Instant{*at};
  bounds.until_sign_out = core::boolean_member(json, "until_sign_out").value_or(false);
  return bounds;
}

Bounds stored_bounds(std::string_view text) {
  // A deputy's bounds are read with each of its calls, and seldom change.
  thread_local std::unordered_map<std::string, Bounds> known;
  std::string key(text);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(text);
  if (known.size() == kMostKnown) known.clear();
  return known.emplace(std::move(key), json.ok() ? stored_bounds(json.root) : Bounds()).first->second;
}

const Measure* find_measure(const std::vector<Measure>& measures, std::string_view name) {
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [&](const Measure& measure) { return measure.name == name; });
  return found == measures.end() ? nullptr : &*found;
}

std::string amount_in_words(const std::vector<Measure>& measures, std::string_view measure, int64_t amount) {
  const Measure* known = find_measure(measures, measure);
  if (!known) return in_figures(amount, 0) + ' ' + std::string(measure);
  if (known->unit == Measure::Unit::money) {
    return in_figures(amount, static_cast<size_t>(known->digits)) + ' ' + std::string(known->name);
  }
  if (amount == 0) return "no " + std::string(known->many);
  return in_figures(amount, 0) + ' ' + std::string(amount == 1 ? known->one : known->many);
}

std::string threshold_in_words(const std::vector<Measure>& measures, const Threshold& threshold) {
  if (threshold.amount > 0) {
    return "more than " + amount_in_words(measures, threshold.measure, threshold.amount) + " at once";
  }
  const Measure* known = find_measure(measures, threshold.measure);
  return "any " + (known ? std::string(known->one) : threshold.measure);
}

}  // namespace authority
