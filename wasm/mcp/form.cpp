#include "mcp/form.h"

#include <algorithm>

#include "schema/schema.h"

namespace mcp {

namespace {

using Type = Parameter::Type;

std::string_view title_of(const Parameter& field) {
  return field.title.empty() ? field.name : field.title;
}

std::string field_schema(const Parameter& field) {
  std::string json = R"({"type":"string","title":)" + core::json_quote(title_of(field));
  if (field.type != Type::choice) {
    return json + R"(,"minLength":)" + std::to_string(field.minimum) + R"(,"maxLength":)" +
           std::to_string(field.maximum) + '}';
  }
  json += R"(,"oneOf":[)";
  for (size_t i = 0; i < field.choices.size(); ++i) {
    const std::string_view title = i < field.choice_titles.size() ? field.choice_titles[i] : field.choices[i];
    json += i > 0 ? "," : "";
    json +=
        R"({"const":)" + core::json_quote(field.choices[i]) + R"(,"title":)" + core::json_quote(title) + '}';
  }
  return json + "]}";
}

/// A property whose `oneOf` of titled values is written as two lists side by side.
std::string with_enum_names(core::JsonView property) {
  const std::optional<core::JsonView> choices = core::member(property, "oneOf");
  core::JsonArray list;
  if (!choices || choices->get_array().get(list) != simdjson::SUCCESS) return core::json_text(property);
  std::string values;
  std::string titles;
  for (core::JsonView choice : list) {
    const std::string_view value = core::string_member(choice, "const").value_or("");
    values += (values.empty() ? "" : ",") + core::json_quote(value);
    titles +=
        (titles.empty() ? "" : ",") + core::json_quote(core::string_member(choice, "title").value_or(value));
  }
  std::string json;
  for (const auto& field : core::JsonObject(property.get_object().value_unsafe())) {
    json += json.empty() ? "{" : ",";
    json += field.key == "oneOf" ? R"("enum":[)" + values + R"(],"enumNames":[)" + titles + ']'
                                 : core::json_quote(field.key) + ':' + core::json_text(field.value);
  }
  return json + '}';
}

}  // namespace

std::string form_schema(Parameters fields) {
  std::string properties;
  std::string required;
  for (const Parameter& field : fields) {
    const std::string between = properties.empty() ? "" : ",";
    properties += between + core::json_quote(field.name) + ':' + field_schema(field);
    required += between + core::json_quote(field.name);
  }
  return R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}";
}

std::optional<std::string> form_problems(Parameters fields, core::JsonView content) {
  core::JsonGate gate;
  const core::JsonResult rules = gate.parse(object_schema(fields));
  if (!rules.ok()) return "The form cannot be checked.";
  const auto compiled = schema::Schema::compile(rules.root, schema::Documents());
  const schema::Schema* usable = std::get_if<schema::Schema>(&compiled);
  if (!usable) return "The form cannot be checked.";
  const std::vector<schema::Violation> violations =
      usable->validate(content, {schema::Options::Formats::assert});
  std::string text;
  for (const Parameter& field : fields) {
    // What a client added to the form is of no interest.
    const bool violated = std::any_of(
        violations.begin(), violations.end(),
        [&](const schema::Violation& one) { return one.instance == '/' + std::string(field.name); });
    if (!violated) continue;
    if (!text.empty()) text += '\n';
    text.append(title_of(field)).append(": ").append(rule_in_words(field.type));
  }
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::string form_schema_in(std::string_view schema, Revision revision) {
  if (revision >= Revision::v2025_11_25) return std::string(schema);
  core::JsonGate gate;
  const core::JsonResult form = gate.parse(schema);
  const std::optional<core::JsonView> properties =
      form.ok() ? core::member(form.root, "properties") : std::nullopt;
  if (!properties || !properties->is_object()) return std::string(schema);
  std::string json;
  for (const auto& member : core::JsonObject(form.root.get_object().value_unsafe())) {
    json += (json.empty() ? "{" : ",") + core::json_quote(member.key) + ':';
    if (member.key != "properties") {
      json += core::json_text(member.value);
      continue;
    }
    std::string fields;
    for (const auto& field : core::JsonObject(properties->get_object().value_unsafe())) {
      fields +=
          (fields.empty() ? "" : ",") + core::json_quote(field.key) + ':' + with_enum_names(field.value);
    }
    json += '{' + fields + '}';
  }
  return json + '}';
}

}  // namespace mcp
