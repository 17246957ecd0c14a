#include "authority/sentence.h"

#include <algorithm>

namespace authority {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// "a, b and c".
std::string listed(const std::vector<std::string>& parts, std::string_view last) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : ", ";
    text += parts[i];
  }
  return text;
}

/// It opens something: any of its tools, or what is no tool.
bool opens_something(const Vocabulary& vocabulary, const Vocabulary::Scope& scope, const Bounds& bounds) {
  if (!bounds.tools || scope.opens == Vocabulary::Scope::Opens::more) return true;
  return std::any_of(vocabulary.tools.begin(), vocabulary.tools.end(), [&](const Vocabulary::Tool& tool) {
    return tool.scope == scope.name && contains(*bounds.tools, tool.name);
  });
}

std::string tools_in_words(const Vocabulary& vocabulary, const std::vector<std::string>& tools) {
  if (tools.empty()) return " It has no tools.";
  std::vector<std::string> titles;
  for (const std::string& tool : tools) {
    titles.push_back('"' + std::string(vocabulary.title_of(tool)) + '"');
  }
  return (titles.size() == 1 ? " Its only tool is " : " Its only tools are ") + listed(titles, " and ") + '.';
}

/// To the minute: "2026-11-30 at 10:00 UTC". Nothing is rounded up, so it never promises too long.
std::string moment(core::Instant instant) {
  const std::string iso = core::iso8601(instant);
  return iso.substr(0, 10) + " at " + iso.substr(11, 5) + " UTC";
}

}  // namespace

std::string_view Vocabulary::title_of(std::string_view tool) const {
  for (const Tool& known : tools) {
    if (known.name == tool) return known.title;
  }
  return tool;
}

std::string sentence(const Vocabulary& vocabulary, const std::vector<std::string>& scopes,
                     const Bounds& bounds) {
  std::vector<std::string> may;
  for (const Vocabulary::Scope& scope : vocabulary.scopes) {
    if (contains(scopes, scope.name) && opens_something(vocabulary, scope, bounds)) {
      may.emplace_back(scope.allows);
    }
  }
  std::string text = may.empty() ? "It may do nothing." : "It may " + listed(may, ", and ") + '.';
  if (bounds.tools) text += tools_in_words(vocabulary, *bounds.tools);

  std::vector<std::string> most, nothing;
  for (const Measure& measure : vocabulary.measures) {
    bool limited = false;
    for (const Limit& limit : bounds.limits) {
      if (limit.measure != measure.name) continue;
      limited = true;
      most.push_back(amount_in_words(vocabulary.measures, limit.measure, limit.most) + ' ' +
                     std::string(in_words(limit.per)));
    }
    if (!limited) nothing.push_back((nothing.empty() ? "No " : "no ") + std::string(measure.many));
  }
  if (!most.empty()) text += " At most " + listed(most, " and ") + '.';
  if (!nothing.empty()) text += ' ' + listed(nothing, " and ") + '.';

  for (const Threshold& threshold : bounds.ask_above) {
    text += " It asks you before " + threshold_in_words(vocabulary.measures, threshold) + '.';
  }
  if (bounds.expires_at) {
    text += " It ends on " + moment(*bounds.expires_at) +
            (bounds.until_sign_out ? ", or when you sign out." : ".");
  } else {
    text += bounds.until_sign_out ? " It ends when you sign out." : " It ends when you end it.";
  }
  return text;
}

std::string refusal(const Vocabulary& vocabulary, const Decision& decision, std::string_view tool,
                    std::string_view authority_page) {
  const std::string change = " They can change that at " + std::string(authority_page) + '.';
  const auto amount = [&](int64_t number) {
    return amount_in_words(vocabulary.measures, decision.limit ? decision.limit->measure : "", number);
  };
  const std::string whose =
      decision.reason == Reason::over_ceiling || decision.reason == Reason::ceiling_reached
          ? "all of their deputies together"
          : "you";
  switch (decision.reason) {
    case Reason::allowed: return {};
    case Reason::grant_revoked: return "Your human has ended this authority.";
    case Reason::grant_expired:
      return "The time of this authority is over. Connect again to ask for a new one.";
    case Reason::grant_replaced: return "This authority was replaced by a newer one.";
    case Reason::scope_declined:
    case Reason::scope_never_asked: return "Your human has not allowed this." + change;
    case Reason::tool_not_allowed:
      return "Your human has not allowed you to use " + std::string(tool) + '.' + change;
    case Reason::paused:
      return "Your human has paused their deputies. Ask them to resume; trying again does not help.";
    case Reason::invalid_cost: return "This cannot be counted, so it was not done.";
    case Reason::nothing_allowed:
      return "This takes " + amount(decision.asked) + ", and your human has allowed you " + amount(0) + '.' +
             change;
    case Reason::over_limit:
    case Reason::over_ceiling:
      return "This takes " + amount(decision.asked) + ", and your human allows " + whose + " at most " +
             amount(decision.limit->most) + ' ' + std::string(in_words(decision.limit->per)) + '.' + change;
    case Reason::limit_reached:
    case Reason::ceiling_reached: {
      const int64_t left = std::max<int64_t>(decision.limit->most - decision.used, 0);
      std::string text = "This takes " + amount(decision.asked) + ". Your human allows " + whose +
                         " at most " + amount(decision.limit->most) + ' ' +
                         std::string(in_words(decision.limit->per)) + ", and " + amount(left) +
                         (left == 1 ? " is left." : " are left.");
      if (decision.frees_at) text += " There is more from " + core::iso8601(*decision.frees_at) + " on.";
      return text + change;
    }
    case Reason::approval_refused:
      return "Your human was asked for exactly this and said no. Do not try again unless they bring it up.";
    case Reason::approval_required:
      return "This takes " + amount(decision.asked) + ", and your human wants to be asked before " +
             threshold_in_words(vocabulary.measures, {decision.limit->measure, decision.limit->most}) + '.';
  }
  return {};
}

}  // namespace authority
