// Sentences about violations: what is given, and what would be right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/json.h"
#include "schema/program.h"

namespace schema {

/// The way from the whole instance to one value, each step on the stack of who took it.
struct Path {
  enum class Kind { member, item, name };  // `name`: of a member, not its value
  const Path* parent;
  Kind kind;
  std::string_view name;
  size_t index = 0;
};

/// The JSON pointer of a path; empty where it is null, which is the whole.
std::string pointer_of(const Path* path);

/// What a sentence needs beyond schema and value; what each keyword takes for it is in `sentence`.
struct Detail {
  std::string_view name = {};
  size_t number = 0;
  size_t other = 0;
  std::string text = {};
};

/// A sentence without its full stop, such as: /size is "XS"; it must be one of "S", "M", "L"
std::string sentence(const Program& program, const Node& node, Keyword keyword, core::JsonView value,
                     const Path* path, const Detail& detail);

/// What a schema wants in a few words, such as: an integer from 1 to 5. Empty where words do not suffice.
std::string expectation(const Program& program, NodeId node);

}  // namespace schema
