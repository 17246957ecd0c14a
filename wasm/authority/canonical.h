// Writing JSON in canonical form (RFC 8785) where the names are known: members are added in the order of
// their names, values are strings, integers and what is canonical already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace authority {

class CanonicalArray {
 public:
  CanonicalArray& add_json(std::string_view json) {
    text_ += text_.empty() ? '[' : ',';
    text_ += json;
    return *this;
  }
  std::string take() { return text_.empty() ? "[]" : std::move(text_) + ']'; }

 private:
  std::string text_;
};

/// Add members in the order of their names: the tests compare what comes out with a canonical writer that
/// sorts.
class CanonicalObject {
 public:
  CanonicalObject& add(std::string_view name, std::string_view text) {
    begin(name);
    core::append_quoted(text_, text);
    return *this;
  }
  CanonicalObject& add(std::string_view name, int64_t value) { return add_json(name, std::to_string(value)); }
  CanonicalObject& add_json(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
    return *this;
  }
  std::string take() { return text_.empty() ? "{}" : std::move(text_) + '}'; }

 private:
  void begin(std::string_view name) {
    if (text_.empty()) text_.reserve(kUsualSize);
    text_ += text_.empty() ? "{\"" : ",\"";
    text_.append(name).append("\":");
  }

  static constexpr size_t kUsualSize = 192;
  std::string text_;
};

inline std::string canonical_list(const std::vector<std::string>& texts) {
  CanonicalArray list;
  for (const std::string& text : texts) list.add_json(core::json_quote(text));
  return list.take();
}

// ---- Reading what was written so ----

/// Empty where it is absent.
inline std::string text_member(core::JsonView object, std::string_view name) {
  return std::string(core::string_member(object, name).value_or(""));
}

/// None where it is no array.
inline std::vector<core::JsonView> list_items(std::optional<core::JsonView> list) {
  std::vector<core::JsonView> views;
  core::JsonArray array;
  if (list && list->get_array().get(array) == simdjson::SUCCESS) views.assign(array.begin(), array.end());
  return views;
}

}  // namespace authority
