#include "mcp/params.h"

#include <map>

namespace mcp {

namespace {

bool changes(std::string_view name) {
  return name == "_meta" || name == "inputResponses" || name == "requestState";
}

/// The gate bounds how deep this goes.
void append_sorted(core::JsonView value, std::string& text) {
  if (value.is_object()) {
    std::map<std::string_view, core::JsonView> members;
    for (const auto& field : core::JsonObject(value.get_object().value_unsafe())) {
      members.emplace(field.key, field.value);
    }
    text += '{';
    for (const auto& [name, member] : members) {
      text += core::json_quote(name) + ':';
      append_sorted(member, text);
      text += ',';
    }
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    for (core::JsonView item : core::JsonArray(value.get_array().value_unsafe())) {
      append_sorted(item, text);
      text += ',';
    }
    text += ']';
  } else {
    text += core::json_text(value);
  }
}

}  // namespace

std::string params_to_keep(core::JsonView params) {
  std::string text;
  for (const auto& field : core::JsonObject(params.get_object().value_unsafe())) {
    if (changes(field.key)) continue;
    text += text.empty() ? "{" : ",";
    text += core::json_quote(field.key) + ':' + core::json_text(field.value);
  }
  return text.empty() ? "{}" : text + '}';
}

std::string params_digest(core::Context& step, core::JsonView params) {
  core::JsonGate gate;
  std::string text;
  append_sorted(gate.parse(params_to_keep(params)).root, text);
  return core::hex(step.crypto.sha256(text));
}

}  // namespace mcp
