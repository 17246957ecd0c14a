#include "identity/consent_form.h"

#include <algorithm>
#include <array>

#include "core/http.h"
#include "core/json.h"
#include "service.h"

namespace identity {

namespace {

using authority::Measure;
using authority::Period;

constexpr std::string_view kCustom = "custom";

struct Lifetime {
  std::string_view name;
  std::string_view words;
  core::Duration length;
};
constexpr std::array<Lifetime, 5> kLifetimes = {{{"1h", "1 hour", core::hours(1)},
                                                 {"8h", "8 hours", core::hours(8)},
                                                 {"1d", "1 day", core::days(1)},
                                                 {"7d", "7 days", core::days(7)},
                                                 {"30d", "30 days", core::days(30)}}};
constexpr std::string_view kUsualLifetime = "7d";

/// The periods that a measure can be limited in (authority/bounds.h).
std::vector<Period> periods_of(const Measure& measure) {
  if (measure.name == authority::kCalls) return {Period::minute, Period::hour};
  return {Period::action, Period::day, Period::week, Period::month};
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool within(std::string_view scopes, const std::vector<std::string>& requested) {
  for (std::string_view scope : core::split(scopes, ' ')) {
    if (!contains(requested, scope)) return false;
  }
  return true;
}

/// The bounds of a preset; they are checked when the tests run.
authority::Bounds bounds_of(const Preset& preset) {
  core::JsonGate gate;
  const std::string text =
      "{\"limits\":" + std::string(preset.limits) + ",\"ask_above\":" + std::string(preset.ask_above) + '}';
  return authority::stored_bounds(gate.parse(text).root);
}

/// Limits and thresholds, side by side.
std::string in_words(const authority::Bounds& bounds, const std::vector<Measure>& measures) {
  std::string text;
  for (const authority::Limit& limit : bounds.limits) {
    if (!text.empty()) text += " \xC2\xB7 ";
    text += authority::amount_in_words(measures, limit.measure, limit.most) + ' ' +
            std::string(in_words(limit.per));
  }
  for (const authority::Threshold& threshold : bounds.ask_above) {
    text += " \xC2\xB7 asks you before " + threshold_in_words(measures, threshold);
  }
  return text;
}

// ---- What is typed ----

std::string field_name(std::string_view kind, const Measure& measure, std::string_view per = {}) {
  std::string name = std::string(kind) + '.' + std::string(measure.name);
  if (!per.empty()) name.append(".").append(per);
  return name;
}

/// "19.90" or "19,90" of money, "3" of the rest, as minor units; nothing where it is no such number.
std::optional<int64_t> read_amount(std::string_view text, const Measure& measure) {
  int64_t value = 0;
  int decimals = -1;  // digits after the point; before it: -1
  for (char c : text) {
    if ((c == '.' || c == ',') && decimals < 0 && measure.digits > 0) {
      decimals = 0;
    } else if (c >= '0' && c <= '9' && decimals < measure.digits && value <= authority::kMaxAmount / 1000) {
      value = value * 10 + (c - '0');
      if (decimals >= 0) ++decimals;
    } else {
      return std::nullopt;
    }
  }
  for (int i = std::max(decimals, 0); i < measure.digits; ++i) value *= 10;
  return text.empty() || value > authority::kMaxAmount ? std::nullopt : std::optional(value);
}

std::string trimmed(std::string_view text) {
  const size_t from = std::min(text.find_first_not_of(' '), text.size());
  const size_t to = text.find_last_not_of(' ');
  return std::string(to == std::string_view::npos ? std::string_view() : text.substr(from, to + 1 - from));
}

// ---- The form ----

std::string radio(std::string_view value, std::string_view title, std::string_view about,
                  std::string_view limits, bool checked) {
  std::string html = "<label><input type=\"radio\" name=\"preset\" value=\"" + std::string(value) + "\"" +
                     (checked ? " checked" : "") + "> <span><strong>" + core::html_escape(title) +
                     "</strong> <span>" + core::html_escape(about) + "</span>";
  if (!limits.empty()) html += " <small class=\"quiet\">" + std::string(limits) + "</small>";
  return html + "</span></label>\n";
}

std::string amount_field(const std::string& name, std::string_view label, std::string_view value,
                         const Measure& measure) {
  return "<label class=\"field\">" + std::string(label) + "<input name=\"" + name + "\" value=\"" +
         core::html_escape(value) + "\" inputmode=\"" + (measure.digits > 0 ? "decimal" : "numeric") +
         "\" autocomplete=\"off\"></label>\n";
}

std::string heading_of(const Measure& measure) {
  if (measure.unit == Measure::Unit::money) return "Money (" + std::string(measure.name) + ")";
  std::string heading(measure.many);
  heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
  return heading;
}

}  // namespace

ConsentForm consent_form(const authority::Vocabulary& words, const std::vector<std::string>& requested,
                         std::string_view filled_in) {
  const bool fresh = filled_in.empty();
  const auto given = [&](const std::string& name) { return core::form_value(filled_in, name).value_or(""); };
  ConsentForm form;
  std::string chosen = given("preset");
  for (const Preset& preset : service().presets) {
    if (!within(preset.scopes, requested)) continue;
    // The narrowest comes first.
    if (chosen.empty()) chosen = preset.name;
    form.presets += radio(preset.name, preset.title, preset.about,
                          in_words(bounds_of(preset), words.measures), chosen == preset.name);
  }
  form.presets +=
      radio(kCustom, "Custom", "You choose tools and limits.", {}, chosen == kCustom || chosen.empty());

  const std::vector<std::string> ticked = core::form_values(filled_in, "tool");
  for (const authority::Vocabulary::Scope& scope : words.scopes) {
    if (!contains(requested, scope.name)) continue;
    form.tools += "<fieldset>\n<legend>To " + std::string(scope.allows) + " <code class=\"quiet\">" +
                  std::string(scope.name) + "</code></legend>\n";
    for (const authority::Vocabulary::Tool& tool : words.tools) {
      if (tool.scope != scope.name) continue;
      // Looking is ticked at first; what it takes to do more, the human ticks.
      const bool on = fresh ? &scope == &words.scopes.front() : contains(ticked, tool.name);
      form.tools += "<label><input type=\"checkbox\" name=\"tool\" value=\"" + std::string(tool.name) + "\"" +
                    (on ? " checked" : "") + "> <span>" + core::html_escape(tool.title) + "</span></label>\n";
    }
    form.tools += "</fieldset>\n";
  }

  for (const Measure& measure : words.measures) {
    form.limits += "<fieldset class=\"fields\">\n<legend>" + heading_of(measure) +
                   "<span class=\"quiet\">, at most</span></legend>\n";
    for (Period per : periods_of(measure)) {
      const std::string name = field_name("limit", measure, authority::name(per));
      const bool usual = fresh && measure.name == authority::kCalls && per == Period::minute;
      form.limits += amount_field(name, in_words(per), usual ? "60" : given(name), measure);
    }
    if (measure.name != authority::kCalls) {
      const std::string name = field_name("ask", measure);
      form.limits += amount_field(name, "ask me above", given(name), measure);
    }
    form.limits += "</fieldset>\n";
  }

  const std::string expires = fresh ? std::string(kUsualLifetime) : given("expires");
  form.until = "<fieldset>\n<legend>Until</legend>\n<select name=\"expires\" aria-label=\"Until\">\n";
  for (const Lifetime& lifetime : kLifetimes) {
    form.until += "<option value=\"" + std::string(lifetime.name) + "\"" +
                  (lifetime.name == expires ? " selected" : "") + ">" + std::string(lifetime.words) +
                  " from now</option>\n";
  }
  form.until +=
      std::string("</select>\n<label><input type=\"checkbox\" name=\"until_sign_out\" value=\"1\"") +
      (given("until_sign_out") == "1" ? " checked" : "") +
      "> <span>or until I sign out</span></label>\n</fieldset>\n";
  return form;
}

std::variant<Choice, std::string> read_choice(std::string_view form, const authority::Vocabulary& words,
                                              const std::vector<std::string>& requested, core::Instant now) {
  Choice choice;
  const std::string chosen = core::form_value(form, "preset").value_or("");
  const auto preset = std::find_if(
      service().presets.begin(), service().presets.end(),
      [&](const Preset& entry) { return entry.name == chosen && within(entry.scopes, requested); });
  if (preset != service().presets.end()) {
    choice.bounds = bounds_of(*preset);
    for (std::string_view scope : core::split(preset->scopes, ' ')) choice.scopes.emplace_back(scope);
  } else if (chosen == kCustom) {
    const std::vector<std::string> ticked = core::form_values(form, "tool");
    choice.bounds.tools.emplace();
    for (const authority::Vocabulary::Tool& tool : words.tools) {
      if (!contains(ticked, tool.name) || !contains(requested, tool.scope)) continue;
      choice.bounds.tools->emplace_back(tool.name);
      if (!contains(choice.scopes, tool.scope)) choice.scopes.emplace_back(tool.scope);
    }
    if (choice.scopes.empty()) {
      return "Nothing was ticked, so there is nothing to allow. Tick at least one tool, or deny.";
    }
    for (const Measure& measure : words.measures) {
      for (Period per : periods_of(measure)) {
        const std::string typed =
            trimmed(core::form_value(form, field_name("limit", measure, authority::name(per))).value_or(""));
        const std::optional<int64_t> most = read_amount(typed, measure);
        if (most) choice.bounds.limits.push_back({std::string(measure.name), *most, per});
        if (!most && !typed.empty()) return typed + " is no number of " + std::string(measure.many) + '.';
      }
      const std::string typed = trimmed(core::form_value(form, field_name("ask", measure)).value_or(""));
      const std::optional<int64_t> above = read_amount(typed, measure);
      if (above) choice.bounds.ask_above.push_back({std::string(measure.name), *above});
      if (!above && !typed.empty()) return typed + " is no number of " + std::string(measure.many) + '.';
    }
  } else {
    return "Nothing was chosen, so there is nothing to allow. Choose what it may do, or deny.";
  }

  const std::string expires = core::form_value(form, "expires").value_or("");
  const auto lifetime = std::find_if(kLifetimes.begin(), kLifetimes.end(),
                                     [&](const Lifetime& entry) { return entry.name == expires; });
  if (lifetime == kLifetimes.end()) return "It was not chosen until when.";
  choice.bounds.expires_at = now + lifetime->length;
  choice.bounds.until_sign_out = core::form_value(form, "until_sign_out") == "1";
  return choice;
}

}  // namespace identity
