#include "schema/value.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "schema/code_points.h"
#include "schema/number.h"

namespace schema {

using simdjson::dom::element_type;

uint8_t types_of(core::JsonView value) {
  switch (value.type()) {
    case element_type::OBJECT: return kObject;
    case element_type::ARRAY: return kArray;
    case element_type::STRING: return kString;
    case element_type::BOOL: return kBoolean;
    case element_type::NULL_VALUE: return kNull;
    default: return number_of(value).is_integer() ? kNumber | kInteger : kNumber;
  }
}

std::string canonical(core::JsonView value) {
  // Each part tells where it ends, so that no two values run into the same bytes.
  const auto sized = [](char tag, const std::string& content) {
    return tag + std::to_string(content.size()) + ':' + content;
  };
  switch (value.type()) {
    case element_type::OBJECT: {
      std::vector<std::pair<std::string_view, std::string>> members;
      for (const auto& field : core::JsonObject(value.get_object().value_unsafe()))
        members.emplace_back(field.key, canonical(field.value));
      std::sort(members.begin(), members.end());
      std::string content;
      for (const auto& [name, member] : members) content += sized('k', std::string(name)) + member;
      return sized('o', content);
    }
    case element_type::ARRAY: {
      std::string content;
      for (core::JsonView item : core::JsonArray(value.get_array().value_unsafe()))
        content += canonical(item);
      return sized('a', content);
    }
    case element_type::STRING: return sized('s', std::string(value.get_string().value_unsafe()));
    case element_type::BOOL: return value.get_bool().value_unsafe() ? "t" : "f";
    case element_type::NULL_VALUE: return "n";
    default: {
      const Number number = number_of(value);
      if (number.whole) return sized(number.negative ? '-' : '+', std::to_string(number.magnitude));
      return sized('d', std::string(reinterpret_cast<const char*>(&number.real), sizeof number.real));
    }
  }
}

std::string shown(std::string_view text) {
  const std::string_view start = first_code_points(text, kShownLength);
  return core::json_quote(start.size() == text.size() ? std::string(text) : std::string(start) + "...");
}

std::string shown(core::JsonView value) {
  switch (value.type()) {
    case element_type::OBJECT: return "an object";
    case element_type::ARRAY: return "an array";
    case element_type::STRING: return shown(value.get_string().value_unsafe());
    case element_type::BOOL:
    case element_type::NULL_VALUE: return core::json_text(value);
    default: return to_text(number_of(value));
  }
}

}  // namespace schema
