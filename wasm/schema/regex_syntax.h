// A pattern as the parser has read it: terms that point to each other by number, in one vector.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/code_set.h"

namespace schema {

inline constexpr uint32_t kNoTerm = UINT32_MAX;
/// The upper end of a quantifier that has none.
inline constexpr uint32_t kUnbounded = UINT32_MAX;

struct RegexTerm {
  enum class Kind : uint8_t {
    character,       // `value` is the code point
    set,             // `value` is the number of the set
    sequence,        // its children one after the other; none match the empty text
    either,          // one of its children, the first that fits first
    group,           // captures what its child matches; `value` counts from 1
    repeat,          // its child, `minimum` to `maximum` times
    back_reference,  // to group `value`
    begin,           // ^
    end,             // $
    word_edge,       // \b
    no_word_edge,    // \B
    look,            // ahead or behind
  };
  enum class Direction : uint8_t { ahead, behind };

  Kind kind = Kind::sequence;
  Direction direction = Direction::ahead;
  bool negated = false;  // of `look`
  bool lazy = false;     // of `repeat`
  uint32_t value = 0;
  uint32_t minimum = 0;
  uint32_t maximum = 0;
  uint32_t first_child = kNoTerm;
  uint32_t next_sibling = kNoTerm;
  /// The groups within: from the first to the one after the last.
  uint32_t first_group = 0;
  uint32_t end_group = 0;
};

struct RegexSyntax {
  std::vector<RegexTerm> terms;
  std::vector<CodeSet> sets;
  uint32_t root = kNoTerm;
  uint32_t groups = 1;           // the whole match counts as group 0
  std::vector<bool> referenced;  // groups that a back reference names
  /// What is wrong with the pattern and where; empty where nothing is.
  std::string error;
};

RegexSyntax parse_regex(std::string_view pattern);

}  // namespace schema
