#include "mcp/arguments.h"

#include <algorithm>
#include <cmath>

#include "mcp/unicode.h"

namespace mcp {

namespace {

using Type = Parameter::Type;

// The rules of `line` and `lines` as patterns that ECMA-262, Python and RE2 all read. They say what
// `is_sensible` checks.
constexpr std::string_view kLinePattern = R"(^[^\x00-\x1F\x7F-\x9F]*\S[^\x00-\x1F\x7F-\x9F]*$)";
constexpr std::string_view kLinesPattern =
    R"(^[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F-\x9F]*\S[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F-\x9F]*$)";

/// How much of a wrong value a message repeats, in code points.
constexpr size_t kEchoLength = 40;
/// How many unknown arguments a message names one by one.
constexpr size_t kMaxUnknownNamed = 10;

std::string join(std::span<const std::string_view> words) {
  std::string text;
  for (std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string quote_start(std::string_view text) {
  const std::string_view start = first_code_points(text, kEchoLength);
  return start.size() == text.size() ? core::json_quote(text) : core::json_quote(std::string(start) + "...");
}

std::string_view type_name(core::JsonView value) {
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: return "an object";
    case simdjson::dom::element_type::ARRAY: return "an array";
    case simdjson::dom::element_type::STRING: return "a string";
    case simdjson::dom::element_type::BOOL: return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE: return "null";
    default: return "a number";
  }
}

/// What would be right, to complete "give ...".
std::string expectation(const Parameter& parameter) {
  const std::string range = std::to_string(parameter.minimum) + " to " + std::to_string(parameter.maximum);
  switch (parameter.type) {
    case Type::line: return "a string of " + range + " characters in one line";
    case Type::lines: return "a string of " + range + " characters";
    case Type::whole: return "an integer from " + range;
    case Type::choice: return "one of " + join(parameter.choices);
  }
  return "something else";
}

std::optional<int64_t> whole_number(core::JsonView value) {
  if (value.is_int64()) return value.get_int64().value_unsafe();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double().value_unsafe();
  // Beyond 2^53 a double no longer tells one integer from the next.
  if (std::trunc(number) != number || std::abs(number) > 9007199254740992.0) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::optional<std::string> text_problem(const Parameter& parameter, std::string_view text) {
  const int64_t length = static_cast<int64_t>(count_code_points(text));
  if (length < parameter.minimum) return length == 0 ? "is empty" : "is too short: " + std::to_string(length);
  if (length > parameter.maximum) return "is too long: " + std::to_string(length) + " characters";
  const LineBreaks breaks = parameter.type == Type::lines ? LineBreaks::allowed : LineBreaks::forbidden;
  if (has_control_characters(text, breaks))
    return "has control characters or line breaks that do not belong there";
  if (is_blank(text)) return "has only blanks";
  return std::nullopt;
}

/// Completes "name ..."; nothing where the value is right.
std::optional<std::string> value_problem(const Parameter& parameter, core::JsonView value) {
  if (parameter.type == Type::whole) {
    if (!value.is_number()) return "is " + std::string(type_name(value));
    const std::optional<int64_t> number = whole_number(value);
    if (!number) return "is no integer of a sensible size";
    if (*number >= parameter.minimum && *number <= parameter.maximum) return std::nullopt;
    return "is out of range: " + std::to_string(*number);
  }
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return "is " + std::string(type_name(value));
  if (parameter.type != Type::choice) return text_problem(parameter, text);
  const bool known =
      std::find(parameter.choices.begin(), parameter.choices.end(), text) != parameter.choices.end();
  if (known) return std::nullopt;
  return "is unknown: " + quote_start(text);
}

std::string property_schema(const Parameter& parameter) {
  const std::string minimum = std::to_string(parameter.minimum);
  const std::string maximum = std::to_string(parameter.maximum);
  std::string json = R"({"type":)";
  switch (parameter.type) {
    case Type::line:
    case Type::lines:
      json += R"("string","minLength":)" + minimum + R"(,"maxLength":)" + maximum + R"(,"pattern":)";
      json += core::json_quote(parameter.type == Type::line ? kLinePattern : kLinesPattern);
      break;
    case Type::whole: json += R"("integer","minimum":)" + minimum + R"(,"maximum":)" + maximum; break;
    case Type::choice:
      json += R"("string","enum":[)";
      for (size_t i = 0; i < parameter.choices.size(); ++i) {
        if (i > 0) json += ',';
        json += core::json_quote(parameter.choices[i]);
      }
      json += ']';
      break;
  }
  return json + R"(,"description":)" + core::json_quote(parameter.description) + '}';
}

}  // namespace

std::string object_schema(Parameters parameters) {
  std::string properties;
  std::string required;
  for (const Parameter& parameter : parameters) {
    if (!properties.empty()) properties += ',';
    properties += core::json_quote(parameter.name) + ':' + property_schema(parameter);
    if (parameter.presence == Parameter::Presence::optional) continue;
    if (!required.empty()) required += ',';
    required += core::json_quote(parameter.name);
  }
  std::string json = R"({"type":"object","properties":{)" + properties + '}';
  if (!required.empty()) json += R"(,"required":[)" + required + ']';
  return json + R"(,"additionalProperties":false})";
}

std::optional<std::string> find_problems(std::string_view tool, Parameters parameters,
                                         core::JsonView arguments) {
  std::string problems;
  const auto add = [&](std::string_view name, std::string_view problem, const std::string& advice) {
    problems += "\n- ";
    problems.append(name).append(" ").append(problem).append("; ").append(advice).append(".");
  };

  for (const Parameter& parameter : parameters) {
    const std::optional<core::JsonView> value = core::member(arguments, parameter.name);
    if (value) {
      const std::optional<std::string> problem = value_problem(parameter, *value);
      const bool optional = parameter.presence == Parameter::Presence::optional;
      if (problem) {
        add(parameter.name, *problem,
            "give " + expectation(parameter) + (optional ? ", or leave it out" : ""));
      }
    } else if (parameter.presence == Parameter::Presence::required) {
      add(parameter.name, "is missing", "give " + expectation(parameter));
    }
  }

  size_t unknown = 0;
  std::string known;
  for (const Parameter& parameter : parameters)
    known.append(known.empty() ? "" : ", ").append(parameter.name);
  for (const auto& field : core::JsonObject(arguments.get_object().value_unsafe())) {
    const bool declared = std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
      return parameter.name == field.key;
    });
    if (declared) continue;
    if (unknown++ == kMaxUnknownNamed) {
      problems += "\n- and more arguments that this tool does not have.";
      break;
    }
    add(quote_start(field.key), "is no argument of this tool",
        known.empty() ? "it takes none" : "it takes " + known);
  }

  if (problems.empty()) return std::nullopt;
  return "The arguments of " + std::string(tool) + " are not valid:" + problems;
}

std::string_view text_argument(core::JsonView arguments, std::string_view name) {
  return core::string_member(arguments, name).value_or("");
}

std::optional<std::string_view> optional_text_argument(core::JsonView arguments, std::string_view name) {
  return core::string_member(arguments, name);
}

std::optional<int64_t> optional_whole_argument(core::JsonView arguments, std::string_view name) {
  const std::optional<core::JsonView> value = core::member(arguments, name);
  return value ? whole_number(*value) : std::nullopt;
}

}  // namespace mcp
