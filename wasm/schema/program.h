// What a schema is compiled to: nodes that refer to each other by number and to nothing outside.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/formats.h"
#include "schema/keywords.h"
#include "schema/number.h"
#include "schema/regex.h"

namespace schema {

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;
/// The node of `true` and of `{}`.
inline constexpr NodeId kAnything = 0;

struct NamedNode {
  std::string name;
  NodeId node;
};

struct PatternNode {
  Regex regex;
  NodeId node;
};

/// What must hold where an object has a member of this name.
struct Dependency {
  std::string name;
  Keyword keyword;
  std::vector<std::string> required;
  NodeId node = kNoNode;
};

struct Node {
  uint64_t keywords = 0;  // a bit for each that is there
  uint32_t resource = 0;
  std::string location;

  uint8_t types = 0;
  std::string constant;  // canonical
  std::string constant_shown;
  std::vector<std::string> values;  // of enum: canonical, sorted
  std::string values_shown;
  std::array<Number, kNumbers> numbers = {};
  std::array<uint64_t, kCounts> counts = {};
  std::optional<Regex> pattern;
  std::string pattern_source;
  const Format* format = nullptr;
  bool asserts_format = false;
  std::vector<std::string> required;

  NodeId ref = kNoNode;
  NodeId dynamic_ref = kNoNode;
  /// Where `$dynamicRef` leads may depend on how evaluation came here: to the outermost resource with this
  /// anchor.
  std::string dynamic_anchor;
  std::array<NodeId, kSchemas> schemas = {};
  std::array<std::vector<NodeId>, kSchemaLists> lists;
  std::vector<NamedNode> properties;  // sorted by name
  std::vector<PatternNode> patterns;
  std::vector<Dependency> dependencies;

  bool has(Keyword keyword) const { return (keywords >> static_cast<int>(keyword) & 1) != 0; }
  const Number& number(Keyword keyword) const { return numbers[slot(keyword)]; }
  uint64_t count(Keyword keyword) const { return counts[slot(keyword)]; }
  NodeId schema(Keyword keyword) const { return has(keyword) ? schemas[slot(keyword)] : kNoNode; }
  const std::vector<NodeId>& list(Keyword keyword) const { return lists[slot(keyword)]; }
};

struct Program {
  std::vector<Node> nodes;
  NodeId root = kAnything;
  /// Of each resource its dynamic anchors, as far as references use them.
  std::vector<std::vector<NamedNode>> dynamic_anchors;
};

}  // namespace schema
