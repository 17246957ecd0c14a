// A tool's arguments, declared as a list: the input schema is made from it, by which calls are checked before
// the tool sees them.
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
  /// What people read in a form: the name of the field, and the choices in words.
  std::string_view title = {};
  std::span<const std::string_view> choice_titles = {};
};

using Parameters = std::span<const Parameter>;

/// What a text must be besides its length, as a sentence: patterns say it to machines only. Empty for others.
std::string_view rule_in_words(Parameter::Type type);

/// The JSON Schema (2020-12) of an object with these members and no others. What a pattern wants is part of
/// the description, for whoever has to mend a call.
std::string object_schema(Parameters parameters);

/// Members of arguments that have been checked. An integer may be written as 50.0, which JSON Schema counts
/// as one.
std::string_view text_argument(core::JsonView arguments, std::string_view name);
std::optional<std::string_view> optional_text_argument(core::JsonView arguments, std::string_view name);
std::optional<int64_t> optional_whole_argument(core::JsonView arguments, std::string_view name);

}  // namespace mcp
