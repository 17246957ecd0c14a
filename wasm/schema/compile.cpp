#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "schema/library.h"
#include "schema/program.h"
#include "schema/schema.h"
#include "schema/value.h"

namespace schema {

namespace {

constexpr size_t kMaxValuesShown = 20;
/// How much of one value of `enum` or `const` a message repeats, in bytes.
constexpr size_t kMaxValueShown = 80;

constexpr std::pair<std::string_view, uint8_t> kTypes[] = {
    {"string", kString}, {"object", kObject},   {"integer", kInteger}, {"number", kNumber | kInteger},
    {"array", kArray},   {"boolean", kBoolean}, {"null", kNull}};

uint8_t type_named(core::JsonView name) {
  std::string_view text;
  if (name.get_string().get(text) != simdjson::SUCCESS) return 0;
  for (const auto& [known, bits] : kTypes) {
    if (known == text) return bits;
  }
  return 0;
}

std::string value_shown(core::JsonView value) {
  std::string text = core::json_text(value);
  return text.size() <= kMaxValueShown ? text : shown(value);
}

/// Builds nodes one by one from a list of places yet to do: nothing recurses over the schema.
class Compiler {
 public:
  Compiler(core::JsonView root, const Documents& known) : library_(root, known) {}

  std::variant<std::shared_ptr<const Program>, CompileError> run() {
    program_.nodes.emplace_back();
    program_.root = node_at(library_.root());
    do {
      while (!to_do_.empty() && !library_.error()) {
        const auto [id, place] = std::move(to_do_.back());
        to_do_.pop_back();
        build(id, place);
      }
      add_dynamic_targets();
    } while (!to_do_.empty() && !library_.error());
    if (library_.error()) return *library_.error();
    if (std::optional<CompileError> error = find_endless_reference()) return std::move(*error);
    return std::make_shared<const Program>(std::move(program_));
  }

 private:
  Node& node(NodeId id) { return program_.nodes[id]; }

  NodeId node_at(const Place& place) {
    bool flag = false;
    const bool is_true = place.view.get_bool().get(flag) == simdjson::SUCCESS && flag;
    const bool is_empty =
        place.view.is_object() && core::JsonObject(place.view.get_object().value_unsafe()).size() == 0;
    if (is_true || is_empty) return kAnything;
    const auto [entry, is_new] =
        ids_.try_emplace({place.document, place.pointer}, static_cast<NodeId>(program_.nodes.size()));
    if (!is_new) return entry->second;
    if (program_.nodes.size() >= kMaxNodes)
      library_.fail(place, "", "the schema has more than " + std::to_string(kMaxNodes) + " subschemas");
    program_.nodes.emplace_back();
    to_do_.emplace_back(entry->second, place);
    return entry->second;
  }

  NodeId child(const Place& place, std::string_view token, core::JsonView view) {
    return node_at(library_.child(place, token, view));
  }

  void build(NodeId id, const Place& place) {
    Node built;
    built.resource = place.resource;
    built.location = library_.location(place);
    if (place.view.is_bool())
      built.keywords = uint64_t{1} << static_cast<int>(Keyword::nothing);
    else if (!place.view.is_object())
      return library_.fail(place, "", "a schema must be an object, true or false");
    if (place.view.is_object()) {
      const uint8_t vocabularies = library_.resources()[place.resource].vocabularies;
      for (const auto& field : core::JsonObject(place.view.get_object().value_unsafe())) {
        const KeywordInfo* keyword = find_keyword(field.key, vocabularies);
        if (!keyword) continue;
        built.keywords |= uint64_t{1} << static_cast<int>(keyword->keyword);
        add_keyword(built, place, *keyword, field.value);
        if (library_.error()) return;
      }
      built.asserts_format = (vocabularies & kFormatAssertion) != 0;
    }
    node(id) = std::move(built);
  }

  void add_keyword(Node& built, const Place& place, const KeywordInfo& info, core::JsonView value) {
    const Place below{place.document, place.resource, pointer_to(place.pointer, info.name), value};
    const auto wants = [&](std::string_view what) {
      library_.fail(place, info.name, "it must be " + std::string(what));
    };
    switch (info.form) {
      case Form::number: {
        if (!value.is_number()) return wants("a number");
        const Number number = number_of(value);
        if (info.keyword == Keyword::multiple_of && compare(number, {}) <= 0) return wants("a number over 0");
        built.numbers[slot(info.keyword)] = number;
        return;
      }
      case Form::count: {
        const Number number = value.is_number() ? number_of(value) : Number{.whole = false};
        if (!number.whole || number.negative) return wants("an integer from 0 up");
        built.counts[slot(info.keyword)] = number.magnitude;
        return;
      }
      case Form::schema: built.schemas[slot(info.keyword)] = child(place, info.name, value); return;
      case Form::schemas: {
        if (!value.is_array() || value.get_array().value_unsafe().size() == 0)
          return wants("an array of schemas");
        for (core::JsonView item : core::JsonArray(value.get_array().value_unsafe())) {
          std::vector<NodeId>& list = built.lists[slot(info.keyword)];
          list.push_back(child(below, std::to_string(list.size()), item));
        }
        return;
      }
      case Form::schema_map:
        if (!value.is_object()) return wants("an object whose members are schemas");
        if (info.keyword == Keyword::defs || info.keyword == Keyword::definitions) return;
        for (const auto& field : core::JsonObject(value.get_object().value_unsafe()))
          add_member(built, below, info.keyword, field.key, field.value);
        std::sort(built.properties.begin(), built.properties.end(),
                  [](const NamedNode& a, const NamedNode& b) { return a.name < b.name; });
        return;
      case Form::own: break;
    }
    add_own(built, place, below, info, value);
  }

  /// Of properties, patternProperties and dependentSchemas.
  void add_member(Node& built, const Place& map, Keyword keyword, std::string_view name,
                  core::JsonView value) {
    const NodeId id = child(map, name, value);
    if (keyword == Keyword::properties) {
      built.properties.push_back({std::string(name), id});
    } else if (keyword == Keyword::dependent_schemas) {
      built.dependencies.push_back({std::string(name), keyword, {}, id});
    } else if (std::optional<Regex> regex = compile_pattern(map, name, name)) {
      built.patterns.push_back({std::move(*regex), id});
    }
  }

  void add_own(Node& built, const Place& place, const Place& below, const KeywordInfo& info,
               core::JsonView value) {
    const auto wants = [&](std::string_view what) {
      library_.fail(place, info.name, "it must be " + std::string(what));
    };
    std::string_view text;
    const bool is_text = value.get_string().get(text) == simdjson::SUCCESS;
    switch (info.keyword) {
      case Keyword::ref:
      case Keyword::dynamic_ref: return is_text ? add_reference(built, place, info, text) : wants("a string");
      case Keyword::type: return add_types(built, place, value);
      case Keyword::const_:
        built.constant = canonical(value);
        built.constant_shown = value_shown(value);
        return;
      case Keyword::enum_: return value.is_array() ? add_values(built, value) : wants("an array");
      case Keyword::pattern:
        if (!is_text) return wants("a string");
        built.pattern = compile_pattern(place, info.name, text);
        built.pattern_source = text;
        return;
      case Keyword::format:
        if (!is_text) return wants("a string");
        built.format = find_format(text);
        return;
      case Keyword::unique_items: {
        bool flag = false;
        if (value.get_bool().get(flag) != simdjson::SUCCESS) return wants("true or false");
        if (!flag) built.keywords &= ~(uint64_t{1} << static_cast<int>(Keyword::unique_items));
        return;
      }
      case Keyword::required:
        if (!is_list_of_names(value)) return wants("an array of strings");
        built.required = core::string_list(value);
        return;
      case Keyword::dependent_required:
      case Keyword::dependencies:
        if (!value.is_object()) return wants("an object");
        for (const auto& field : core::JsonObject(value.get_object().value_unsafe())) {
          Dependency dependency{std::string(field.key), info.keyword, {}};
          if (is_list_of_names(field.value))
            dependency.required = core::string_list(field.value);
          else if (info.keyword == Keyword::dependencies)
            dependency.node = child(below, field.key, field.value);
          else
            return wants("an object whose members are arrays of strings");
          built.dependencies.push_back(std::move(dependency));
        }
        return;
      default: return;
    }
  }

  static bool is_list_of_names(core::JsonView value) {
    if (!value.is_array()) return false;
    const core::JsonArray array(value.get_array().value_unsafe());
    return std::all_of(array.begin(), array.end(), [](core::JsonView item) { return item.is_string(); });
  }

  void add_types(Node& built, const Place& place, core::JsonView value) {
    built.types = type_named(value);
    if (value.is_array()) {
      for (core::JsonView item : core::JsonArray(value.get_array().value_unsafe())) {
        const uint8_t types = type_named(item);
        built.types |= types;
        if (types == 0) built.types = 0;
        if (types == 0) break;
      }
    }
    if (built.types == 0)
      library_.fail(place, "type",
                    "it must be one or more of string, object, integer, number, array, boolean, null");
  }

  static void add_values(Node& built, core::JsonView list) {
    size_t count = 0;
    for (core::JsonView item : core::JsonArray(list.get_array().value_unsafe())) {
      built.values.push_back(canonical(item));
      if (++count > kMaxValuesShown) continue;
      if (count > 1) built.values_shown += ", ";
      built.values_shown += value_shown(item);
    }
    std::sort(built.values.begin(), built.values.end());
    if (count > kMaxValuesShown)
      built.values_shown += " and " + std::to_string(count - kMaxValuesShown) + " more";
  }

  std::optional<Regex> compile_pattern(const Place& place, std::string_view token, std::string_view pattern) {
    std::variant<Regex, std::string> compiled = Regex::compile(pattern);
    if (Regex* regex = std::get_if<Regex>(&compiled)) return std::move(*regex);
    library_.fail(place, token, "the pattern is not valid: " + *std::get_if<std::string>(&compiled));
    return std::nullopt;
  }

  void add_reference(Node& built, const Place& place, const KeywordInfo& info, std::string_view reference) {
    const std::optional<Library::Target> target = library_.resolve(place, info.name, reference);
    if (!target) return;
    const NodeId id = node_at(target->place);
    if (info.keyword == Keyword::ref) {
      built.ref = id;
      return;
    }
    built.dynamic_ref = id;
    built.dynamic_anchor = target->dynamic_anchor;
    if (!target->dynamic_anchor.empty()) dynamic_names_.push_back(target->dynamic_anchor);
  }

  /// Every resource that is known by now may turn out to be the outermost one.
  void add_dynamic_targets() {
    program_.dynamic_anchors.resize(library_.resources().size());
    for (uint32_t resource = 0; resource < library_.resources().size(); ++resource) {
      for (const Library::Anchor& anchor : library_.resources()[resource].anchors) {
        std::vector<NamedNode>& known = program_.dynamic_anchors[resource];
        const bool used =
            std::find(dynamic_names_.begin(), dynamic_names_.end(), anchor.name) != dynamic_names_.end();
        const bool done = std::any_of(known.begin(), known.end(),
                                      [&](const NamedNode& a) { return a.name == anchor.name; });
        if (anchor.kind == Library::Anchor::Kind::dynamic && used && !done)
          known.push_back({anchor.name, node_at(anchor.place)});
      }
    }
  }

  /// The schemas that look at the same value as this one.
  std::vector<NodeId> in_place(const Node& it) const {
    std::vector<NodeId> ids = {it.ref, it.schema(Keyword::not_), it.schema(Keyword::if_)};
    if (it.has(Keyword::if_)) ids.insert(ids.end(), {it.schema(Keyword::then), it.schema(Keyword::else_)});
    for (const Keyword keyword : {Keyword::all_of, Keyword::any_of, Keyword::one_of})
      ids.insert(ids.end(), it.list(keyword).begin(), it.list(keyword).end());
    for (const Dependency& dependency : it.dependencies) ids.push_back(dependency.node);
    ids.erase(std::remove(ids.begin(), ids.end(), kNoNode), ids.end());
    return ids;
  }

  /// A schema that leads back to itself for the same value would never end: core section 9.4.1.
  std::optional<CompileError> find_endless_reference() {
    enum class State : uint8_t { unseen, open, done };
    std::vector<State> states(program_.nodes.size());
    struct Visit {
      NodeId id;
      std::vector<NodeId> rest;
    };
    for (NodeId start = 0; start < program_.nodes.size(); ++start) {
      std::vector<Visit> path;
      if (states[start] == State::unseen) path.push_back({start, in_place(node(start))});
      while (!path.empty()) {
        Visit& last = path.back();
        states[last.id] = State::open;
        if (last.rest.empty()) {
          states[last.id] = State::done;
          path.pop_back();
          continue;
        }
        const NodeId next = last.rest.back();
        last.rest.pop_back();
        if (states[next] == State::open)
          return CompileError{node(next).location, "the schema leads back to itself without end"};
        if (states[next] == State::unseen) path.push_back({next, in_place(node(next))});
      }
    }
    return std::nullopt;
  }

  Library library_;
  Program program_;
  std::map<std::pair<uint32_t, std::string>, NodeId> ids_;
  std::vector<std::pair<NodeId, Place>> to_do_;
  std::vector<std::string> dynamic_names_;
};

}  // namespace

std::variant<Schema, CompileError> Schema::compile(core::JsonView root, const Documents& known) {
  std::variant<std::shared_ptr<const Program>, CompileError> compiled = Compiler(root, known).run();
  if (CompileError* error = std::get_if<CompileError>(&compiled)) return std::move(*error);
  return Schema(std::move(*std::get_if<std::shared_ptr<const Program>>(&compiled)));
}

}  // namespace schema
