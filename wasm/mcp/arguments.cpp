#include "mcp/arguments.h"

#include <cmath>

namespace mcp {

namespace {

using Type = Parameter::Type;

// The rules of `line` and `lines` as patterns that ECMA-262, Python and RE2 all read. (\S in place of the
// class in the middle would let one control character through.)
constexpr std::string_view kLinePattern =
    R"(^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$)";
constexpr std::string_view kLinesPattern =
    R"(^[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x09\x0B\x0C\x0E-\x1F\x7F-\x9F]*$)";

std::optional<int64_t> whole_number(core::JsonView value) {
  if (value.is_int64()) return value.get_int64().value_unsafe();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double().value_unsafe();
  // Beyond 2^53 a double no longer tells one integer from the next.
  if (std::trunc(number) != number || std::abs(number) > 9007199254740992.0) return std::nullopt;
  return static_cast<int64_t>(number);
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
  std::string description(parameter.description);
  const std::string_view rule = rule_in_words(parameter.type);
  if (!rule.empty()) description.append(" ").append(rule);
  return json + R"(,"description":)" + core::json_quote(description) + '}';
}

}  // namespace

std::string_view rule_in_words(Parameter::Type type) {
  switch (type) {
    case Type::line: return "One line of text, not blank, without control characters.";
    case Type::lines: return "Text of one or more lines, not blank, without control characters.";
    case Type::whole:
    case Type::choice: break;
  }
  return {};
}

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
