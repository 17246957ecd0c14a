#include "schema/messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "schema/library.h"
#include "schema/value.h"

namespace schema {

namespace {

/// How many members a message names, of those that a schema knows.
constexpr size_t kMaxNamed = 10;
/// How many alternatives a message describes in words.
constexpr size_t kMaxAlternatives = 5;
/// How far an expectation follows references and alternatives.
constexpr int kMaxHops = 4;

constexpr std::pair<uint8_t, std::string_view> kTypeWords[] = {
    {kString, "a string"},  {kInteger, "an integer"}, {kNumber, "a number"}, {kBoolean, "true or false"},
    {kObject, "an object"}, {kArray, "an array"},     {kNull, "null"}};

void join(std::string& list, std::string_view part, std::string_view between) {
  if (!list.empty()) list += between;
  list += part;
}

std::string counted(uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

/// "from 1 to 5", "of at least 1", ...; empty where nothing bounds it.
std::string range_of(const Node& node) {
  const auto text = [&](Keyword keyword) { return node.has(keyword) ? to_text(node.number(keyword)) : ""; };
  const std::string minimum = text(Keyword::minimum);
  const std::string maximum = text(Keyword::maximum);
  if (!minimum.empty() && !maximum.empty()) return " from " + minimum + " to " + maximum;
  if (!minimum.empty()) return " of at least " + minimum;
  return maximum.empty() ? "" : " of at most " + maximum;
}

std::string length_of(const Node& node) {
  const bool has_minimum = node.has(Keyword::min_length);
  const uint64_t minimum = node.count(Keyword::min_length);
  const uint64_t maximum = node.count(Keyword::max_length);
  if (!node.has(Keyword::max_length))
    return has_minimum ? " of at least " + counted(minimum, "character") : "";
  if (!has_minimum) return " of at most " + counted(maximum, "character");
  return " of " + std::to_string(minimum) + " to " + counted(maximum, "character");
}

std::string types_words(const Node& node) {
  std::string words;
  const bool any_number = (node.types & kNumber) != 0;
  for (const auto& [bit, noun] : kTypeWords) {
    if ((node.types & bit) == 0 || (bit == kInteger && any_number)) continue;
    std::string word(noun);
    if (bit == kString && node.format) word = node.format->words;
    if (bit == kString) word += length_of(node);
    if (bit == kInteger || bit == kNumber) word += range_of(node);
    join(words, word, " or ");
  }
  return words;
}

std::string expectation_within(const Program& program, NodeId id, int hops) {
  if (id == kNoNode || hops == 0) return "";
  const Node& node = program.nodes[id];
  if (node.has(Keyword::const_)) return node.constant_shown;
  if (node.has(Keyword::enum_)) return (node.values.size() > 1 ? "one of " : "") + node.values_shown;
  if (node.types != 0) return types_words(node);
  if (node.ref != kNoNode) return expectation_within(program, node.ref, hops - 1);
  for (const Keyword keyword : {Keyword::any_of, Keyword::one_of}) {
    const std::vector<NodeId>& alternatives = node.list(keyword);
    std::string words;
    if (alternatives.empty() || alternatives.size() > kMaxAlternatives) continue;
    for (const NodeId alternative : alternatives) {
      const std::string word = expectation_within(program, alternative, hops - 1);
      if (word.empty()) return "";
      join(words, word, " or ");
    }
    return words;
  }
  return "";
}

/// The names that a schema gives to members, for who has used another.
std::string known_names(const Node& node) {
  std::string names;
  for (size_t i = 0; i < node.properties.size() && i < kMaxNamed; ++i)
    join(names, shown(node.properties[i].name), ", ");
  if (node.properties.size() > kMaxNamed)
    names += " and " + std::to_string(node.properties.size() - kMaxNamed) + " more";
  return names;
}

/// "it must ..." for the bounds of numbers and counts.
std::string bound(const Node& node, Keyword keyword) {
  const auto number = [&] { return to_text(node.number(keyword)); };
  const auto count = [&](std::string_view noun) { return counted(node.count(keyword), noun); };
  switch (keyword) {
    case Keyword::multiple_of: return "be a multiple of " + number();
    case Keyword::maximum: return "be at most " + number();
    case Keyword::exclusive_maximum: return "be less than " + number();
    case Keyword::minimum: return "be at least " + number();
    case Keyword::exclusive_minimum: return "be greater than " + number();
    case Keyword::max_length: return "have at most " + count("character");
    case Keyword::min_length: return "have at least " + count("character");
    case Keyword::max_items: return "have at most " + count("item");
    case Keyword::min_items: return "have at least " + count("item");
    case Keyword::max_properties: return "have at most " + count("member");
    case Keyword::min_properties: return "have at least " + count("member");
    case Keyword::max_contains: return "have at most " + std::to_string(node.count(keyword));
    default: return "have at least " + std::to_string(node.has(keyword) ? node.count(keyword) : 1);
  }
}

struct Words {
  std::string given;
  std::string must;
};

/// Of keywords that concern the value itself.
Words words_about(const Program& program, const Node& node, Keyword keyword, core::JsonView value,
                  const Detail& detail) {
  const std::string is = "is " + shown(value);
  switch (keyword) {
    case Keyword::type: return {is, "be " + types_words(node)};
    case Keyword::const_: return {is, "be " + node.constant_shown};
    case Keyword::enum_: return {is, (node.values.size() > 1 ? "be one of " : "be ") + node.values_shown};
    case Keyword::pattern: return {is, "match the pattern " + node.pattern_source};
    case Keyword::format: return {is, "be " + std::string(node.format->words)};
    case Keyword::max_length:
    case Keyword::min_length: return {"has " + counted(detail.number, "character"), bound(node, keyword)};
    case Keyword::max_items:
    case Keyword::min_items: return {"has " + counted(detail.number, "item"), bound(node, keyword)};
    case Keyword::max_properties:
    case Keyword::min_properties: return {"has " + counted(detail.number, "member"), bound(node, keyword)};
    case Keyword::contains:
    case Keyword::max_contains:
    case Keyword::min_contains: {
      const std::string what = expectation(program, node.schema(Keyword::contains));
      return {"has " + counted(detail.number, "item") +
                  (what.empty() ? " of the kind it must contain" : " being " + what),
              bound(node, keyword == Keyword::contains ? Keyword::min_contains : keyword)};
    }
    case Keyword::unique_items:
      return {
          "has the same item at " + std::to_string(detail.number) + " and " + std::to_string(detail.other),
          "have no item twice"};
    case Keyword::any_of:
    case Keyword::one_of:
      if (detail.number > 0)
        return {"fits alternatives " + detail.text + " of the schema", "fit exactly one"};
      return {is, detail.text};
    case Keyword::not_: {
      const std::string what = expectation(program, node.schema(Keyword::not_));
      return {is, what.empty() ? "not fit the schema " + pointer_to(node.location, "not") : "not be " + what};
    }
    case Keyword::nothing: return {"is not allowed", "be left out"};
    default: return {is, bound(node, keyword)};
  }
}

}  // namespace

std::string pointer_of(const Path* path) {
  std::vector<const Path*> steps;
  for (; path; path = path->parent) steps.push_back(path);
  std::string pointer;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->kind == Path::Kind::name) continue;
    pointer = pointer_to(pointer,
                         (*step)->kind == Path::Kind::item ? std::to_string((*step)->index) : (*step)->name);
  }
  return pointer;
}

std::string expectation(const Program& program, NodeId node) {
  return expectation_within(program, node, kMaxHops);
}

std::string sentence(const Program& program, const Node& node, Keyword keyword, core::JsonView value,
                     const Path* path, const Detail& detail) {
  const std::string pointer = pointer_of(path);
  switch (keyword) {
    case Keyword::required: {
      const auto at = std::find_if(node.properties.begin(), node.properties.end(),
                                   [&](const NamedNode& property) { return property.name == detail.name; });
      const std::string what = at == node.properties.end() ? "" : expectation(program, at->node);
      return pointer_to(pointer, detail.name) + " is missing; it must be " + (what.empty() ? "given" : what);
    }
    case Keyword::dependent_required:
    case Keyword::dependencies:
      return pointer_to(pointer, detail.name) + " is missing; it must be given where " + shown(detail.text) +
             " is";
    case Keyword::additional_properties:
    case Keyword::unevaluated_properties: {
      const std::string names = known_names(node);
      return pointer_to(pointer, detail.name) + " is unknown; it must be left out" +
             (names.empty() ? "" : ", for what is known here is " + names);
    }
    case Keyword::items:
    case Keyword::unevaluated_items:
      return pointer_to(pointer, std::to_string(detail.number)) +
             " is one item too many; it must be left out";
    default: break;
  }
  const Words words = words_about(program, node, keyword, value, detail);
  if (path && path->kind == Path::Kind::name) {
    const std::string in = pointer.empty() ? "" : " in " + pointer;
    return "The member's name " + shown(path->name) + in + " must " + words.must;
  }
  return (pointer.empty() ? "The value" : pointer) + ' ' + words.given + "; it must " + words.must;
}

}  // namespace schema
