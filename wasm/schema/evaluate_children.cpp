// What concerns the items of arrays and the members of objects.
#include <algorithm>
#include <numeric>

#include "schema/evaluate.h"
#include "schema/value.h"

namespace schema {

namespace {

constexpr size_t kBytesInStep = 8;

core::JsonArray items_of(core::JsonView value) {
  return core::JsonArray(value.get_array().value_unsafe());
}
core::JsonObject members_of(core::JsonView value) {
  return core::JsonObject(value.get_object().value_unsafe());
}

}  // namespace

bool Evaluator::check_child(const Frame& frame, NodeId id, core::JsonView value, const Path& path) {
  return check(id, value, &path, frame.scope, nullptr);
}

bool Evaluator::check_array(const Frame& frame) {
  const Node& node = frame.node;
  const core::JsonArray items = items_of(frame.value);
  bool holds = true;
  if (!note(holds, bounded(frame, Keyword::min_items, Keyword::max_items, items.size()))) return false;
  const std::vector<NodeId>& first = node.list(Keyword::prefix_items);
  const NodeId rest = node.schema(Keyword::items);
  if (!first.empty() || rest != kNoNode) {
    size_t i = 0;
    for (core::JsonView item : items) {
      const NodeId id = i < first.size() ? first[i] : rest;
      if (id == kNoNode) break;
      const bool too_many = i >= first.size() && program_.nodes[id].has(Keyword::nothing);
      const bool fits = too_many ? fail(frame, Keyword::items, {.number = i})
                                 : check_child(frame, id, item, {frame.path, Path::Kind::item, {}, i});
      if (!note(holds, fits)) return false;
      if (frame.evaluated) frame.evaluated->mark(i);
      ++i;
    }
  }
  if (node.has(Keyword::contains) && !note(holds, check_contains(frame))) return false;
  if (node.has(Keyword::unique_items)) note(holds, check_unique(frame));
  return holds;
}

bool Evaluator::check_contains(const Frame& frame) {
  const Node& node = frame.node;
  size_t count = 0;
  size_t i = 0;
  for (core::JsonView item : items_of(frame.value)) {
    const Reporting quietly(*this, nullptr);
    if (check_child(frame, node.schema(Keyword::contains), item, {frame.path, Path::Kind::item, {}, i})) {
      ++count;
      if (frame.evaluated) frame.evaluated->mark(i);
    }
    ++i;
  }
  if (count == 0 && !node.has(Keyword::min_contains)) return fail(frame, Keyword::contains, {.number = 0});
  return bounded(frame, Keyword::min_contains, Keyword::max_contains, count);
}

bool Evaluator::check_unique(const Frame& frame) {
  std::vector<std::string> values;
  size_t bytes = 0;
  for (core::JsonView item : items_of(frame.value)) {
    values.push_back(canonical(item));
    bytes += values.back().size();
  }
  if (!spend(bytes / kBytesInStep + values.size())) return false;
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  const auto same = std::adjacent_find(order.begin(), order.end(),
                                       [&](size_t a, size_t b) { return values[a] == values[b]; });
  return same == order.end() || fail(frame, Keyword::unique_items, {.number = same[0], .other = same[1]});
}

bool Evaluator::check_object(const Frame& frame) {
  const Node& node = frame.node;
  const core::JsonObject members = members_of(frame.value);
  bool holds = true;
  if (!note(holds, bounded(frame, Keyword::min_properties, Keyword::max_properties, members.size())))
    return false;
  for (const std::string& name : node.required) {
    if (!spend(1 + members.size() / kBytesInStep)) return false;
    if (core::member(frame.value, name)) continue;
    if (!note(holds, fail(frame, Keyword::required, {.name = name}))) return false;
  }
  const bool looks_at_members = !node.properties.empty() || !node.patterns.empty() ||
                                node.has(Keyword::additional_properties) || node.has(Keyword::property_names);
  if (looks_at_members) {
    size_t i = 0;
    for (const auto& field : members) {
      if (!note(holds, check_member(frame, i++, field.key, field.value))) return false;
    }
  }
  note(holds, check_dependencies(frame));
  return holds;
}

bool Evaluator::check_member(const Frame& frame, size_t index, std::string_view name, core::JsonView value) {
  const Node& node = frame.node;
  const Path path{frame.path, Path::Kind::member, name};
  bool holds = true;
  bool known = false;
  if (node.has(Keyword::property_names) && !note(holds, check_name(frame, name))) return false;
  const auto property =
      std::lower_bound(node.properties.begin(), node.properties.end(), name,
                       [](const NamedNode& entry, std::string_view key) { return entry.name < key; });
  if (property != node.properties.end() && property->name == name) {
    known = true;
    if (!note(holds, check_child(frame, property->node, value, path))) return false;
  }
  for (const PatternNode& pattern : node.patterns) {
    if (!matches(frame, Keyword::pattern_properties, pattern.regex, name)) continue;
    known = true;
    if (!note(holds, check_child(frame, pattern.node, value, path))) return false;
  }
  const NodeId additional = node.schema(Keyword::additional_properties);
  if (!known && additional != kNoNode) {
    known = true;
    const bool fits = program_.nodes[additional].has(Keyword::nothing)
                          ? fail(frame, Keyword::additional_properties, {.name = name})
                          : check_child(frame, additional, value, path);
    if (!note(holds, fits)) return false;
  }
  if (known && frame.evaluated) frame.evaluated->mark(index);
  return holds;
}

bool Evaluator::check_name(const Frame& frame, std::string_view name) {
  // Only one name is looked at at a time: it is a string, and has no members of its own.
  const core::JsonResult parsed = names_.parse(core::json_quote(name));
  return parsed.ok() && check_child(frame, frame.node.schema(Keyword::property_names), parsed.root,
                                    {frame.path, Path::Kind::name, name});
}

bool Evaluator::check_dependencies(const Frame& frame) {
  bool holds = true;
  const size_t look_up = 1 + members_of(frame.value).size() / kBytesInStep;
  for (const Dependency& dependency : frame.node.dependencies) {
    if (!spend(look_up * (1 + dependency.required.size()))) return false;
    if (!core::member(frame.value, dependency.name)) continue;
    for (const std::string& name : dependency.required) {
      if (core::member(frame.value, name)) continue;
      if (!note(holds, fail(frame, dependency.keyword, {.name = name, .text = dependency.name})))
        return false;
    }
    if (!note(holds, also(frame, dependency.node, frame.evaluated))) return false;
  }
  return holds;
}

bool Evaluator::check_unevaluated(const Frame& frame) {
  const Node& node = frame.node;
  const bool is_array = frame.value.is_array() && node.has(Keyword::unevaluated_items);
  const bool is_object = frame.value.is_object() && node.has(Keyword::unevaluated_properties);
  if (!is_array && !is_object) return true;
  const Keyword keyword = is_array ? Keyword::unevaluated_items : Keyword::unevaluated_properties;
  const NodeId id = node.schema(keyword);
  const bool nothing = program_.nodes[id].has(Keyword::nothing);
  bool holds = true;
  size_t i = 0;
  const auto look_at = [&](core::JsonView child, const Path& path) {
    const size_t index = i++;
    if (frame.evaluated->has(index)) return true;
    const bool fits = nothing ? fail(frame, keyword, {.name = path.name, .number = index})
                              : check_child(frame, id, child, path);
    return note(holds, fits);
  };
  if (is_array) {
    for (core::JsonView item : items_of(frame.value)) {
      if (!look_at(item, {frame.path, Path::Kind::item, {}, i})) return false;
    }
  } else {
    for (const auto& field : members_of(frame.value)) {
      if (!look_at(field.value, {frame.path, Path::Kind::member, field.key})) return false;
    }
  }
  frame.evaluated->mark_all();
  return holds;
}

}  // namespace schema
