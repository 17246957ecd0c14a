#include "schema/code_set.h"

namespace schema {

void CodeSet::combine(const CodeSet& other, Union rule) {
  std::vector<char32_t> changes;
  changes.reserve(changes_.size() + other.changes_.size());
  auto mine = changes_.begin();
  auto theirs = other.changes_.begin();
  bool in_mine = false;
  bool in_theirs = false;
  bool inside = false;
  while (mine != changes_.end() || theirs != other.changes_.end()) {
    const bool take_mine = mine != changes_.end() && (theirs == other.changes_.end() || *mine <= *theirs);
    const bool take_theirs = theirs != other.changes_.end() && (mine == changes_.end() || *theirs <= *mine);
    const char32_t place = take_mine ? *mine : *theirs;
    if (take_mine) {
      ++mine;
      in_mine = !in_mine;
    }
    if (take_theirs) {
      ++theirs;
      in_theirs = !in_theirs;
    }
    const bool now = rule == Union::yes ? in_mine || in_theirs : in_mine != in_theirs;
    if (now != inside) changes.push_back(place);
    inside = now;
  }
  changes_ = std::move(changes);
}

}  // namespace schema
