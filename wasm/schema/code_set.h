// A set of code points: the sorted places where membership changes. Compact for what Unicode has (a letter is
// in a range of letters), a search by halves to look in, and complement and difference cost next to nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "schema/code_points.h"

namespace schema {

class CodeSet {
 public:
  CodeSet() = default;
  /// Ranges in ascending order that do not meet, both ends included.
  CodeSet(std::initializer_list<std::pair<char32_t, char32_t>> ranges) {
    for (const auto& [first, last] : ranges) {
      changes_.push_back(first);
      changes_.push_back(last + 1);
    }
  }
  /// From places where membership changes, ascending; what the last one opens goes on to the end.
  explicit CodeSet(std::vector<char32_t> changes) : changes_(std::move(changes)) {}

  bool contains(char32_t code) const {
    return (std::upper_bound(changes_.begin(), changes_.end(), code) - changes_.begin()) % 2 != 0;
  }
  void add(char32_t first, char32_t last) { add(CodeSet{{first, last}}); }
  void add(const CodeSet& other) { combine(other, Union::yes); }
  /// Keeps what is in one of the two sets, not in both.
  void toggle(const CodeSet& other) { combine(other, Union::no); }
  void invert() { toggle(CodeSet(std::vector<char32_t>{0})); }

  const std::vector<char32_t>& changes() const { return changes_; }
  bool operator==(const CodeSet& other) const { return changes_ == other.changes_; }

 private:
  enum class Union { yes, no };
  void combine(const CodeSet& other, Union rule);

  std::vector<char32_t> changes_;
};

}  // namespace schema
