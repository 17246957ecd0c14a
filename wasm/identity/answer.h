// JSON that an effect gave, and JSON that is put together of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/step.h"

namespace identity {

/// The JSON that an effect gave. The views live as long as this.
class Answer {
 public:
  explicit Answer(const core::EffectResult& result) : parsed_(gate_.parse(result.bytes)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  std::string text(std::string_view name) const {
    return parsed_.ok() ? std::string(core::string_member(parsed_.root, name).value_or("")) : std::string();
  }
  /// A member written anew as JSON text; "null" where it is absent.
  std::string json(std::string_view name) const {
    const auto value = member(name);
    return value ? core::json_text(*value) : "null";
  }
  std::optional<core::JsonView> member(std::string_view name) const {
    return parsed_.ok() ? core::member(parsed_.root, name) : std::nullopt;
  }
  std::optional<int64_t> integer(std::string_view name) const {
    return parsed_.ok() ? core::integer_member(parsed_.root, name) : std::nullopt;
  }
  std::vector<std::string> list(std::string_view name) const { return core::string_list(member(name)); }
  bool ok() const { return parsed_.ok(); }

 private:
  core::JsonGate gate_;
  core::JsonResult parsed_;
};

}  // namespace identity
