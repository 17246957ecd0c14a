// A tool's arguments, declared once: the schema that clients read and the check that calls pass are made from
// the same list, so that they cannot drift apart.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/json.h"

namespace mcp {

struct Parameter {
  enum class Type {
    line,    // text that says something, in one line: not only blanks, no control characters
    lines,   // the same, line breaks allowed
    whole,   // an integer
    choice,  // one of a few words
  };
  enum class Presence { required, optional };

  Type type;
  std::string_view name;
  std::string_view description;
  Presence presence = Presence::required;
  /// Of a text its length in Unicode code points, as JSON Schema counts; of an integer its value. Both ends
  /// are valid.
  int64_t minimum = 0;
  int64_t maximum = 0;
  std::span<const std::string_view> choices = {};
};

using Parameters = std::span<const Parameter>;

/// The JSON Schema (2020-12) of an object with these members and no others.
std::string object_schema(Parameters parameters);

/// What is wrong with `arguments` (an object), all of it at once, in words by which a caller can mend the
/// call. Nothing where they satisfy the schema.
std::optional<std::string> find_problems(std::string_view tool, Parameters parameters,
                                         core::JsonView arguments);

/// Members of arguments that have been checked. An integer may be written as 50.0, which JSON Schema counts
/// as one.
std::string_view text_argument(core::JsonView arguments, std::string_view name);
std::optional<std::string_view> optional_text_argument(core::JsonView arguments, std::string_view name);
std::optional<int64_t> optional_whole_argument(core::JsonView arguments, std::string_view name);

}  // namespace mcp
