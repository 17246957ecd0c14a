// The keywords of JSON Schema 2020-12: which vocabulary each belongs to and what form its value has. The one
// table from which finding subschemas, checking a schema and compiling it all work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace schema {

/// In the order of the forms below, so that the keywords of one form can be counted from its first.
enum class Keyword : uint8_t {
  // Form::number
  multiple_of,
  maximum,
  exclusive_maximum,
  minimum,
  exclusive_minimum,
  // Form::count
  max_length,
  min_length,
  max_items,
  min_items,
  max_properties,
  min_properties,
  max_contains,
  min_contains,
  // Form::schema
  items,
  contains,
  additional_properties,
  property_names,
  if_,
  then,
  else_,
  not_,
  unevaluated_items,
  unevaluated_properties,
  content_schema,
  // Form::schemas
  prefix_items,
  all_of,
  any_of,
  one_of,
  // Form::schema_map
  properties,
  pattern_properties,
  dependent_schemas,
  defs,
  definitions,
  // Form::own
  id,
  dialect,
  anchor,
  dynamic_anchor,
  ref,
  dynamic_ref,
  type,
  const_,
  enum_,
  pattern,
  format,
  unique_items,
  required,
  dependent_required,
  dependencies,
  nothing,  // the schema `false`
};

enum class Form : uint8_t {
  number,      // multipleOf must be over 0
  count,       // an integer from 0 up
  schema,      //
  schemas,     // an array of at least one
  schema_map,  // an object with schemas as its members
  own,         // checked by itself
};

/// Vocabularies as bits.
enum Vocabulary : uint8_t {
  kCore = 1,
  kApplicator = 2,
  kUnevaluated = 4,
  kValidation = 8,
  kFormat = 16,
  kContent = 32,
  kFormatAssertion = 64,
};
/// What the dialect 2020-12 has: formats are annotations.
inline constexpr uint8_t kStandardVocabularies =
    kCore | kApplicator | kUnevaluated | kValidation | kFormat | kContent;

struct KeywordInfo {
  std::string_view name;
  Keyword keyword;
  Form form;
  uint8_t vocabularies;  // one of these must be in use
};

inline constexpr size_t kNumbers = 5;
inline constexpr size_t kCounts = 8;
inline constexpr size_t kSchemas = 11;
inline constexpr size_t kSchemaLists = 4;
inline constexpr size_t kSchemaMaps = 5;

/// The place of a keyword among those of its form.
constexpr size_t slot(Keyword keyword) {
  const auto from = [&](Keyword first) { return static_cast<size_t>(keyword) - static_cast<size_t>(first); };
  if (keyword < Keyword::max_length) return from(Keyword::multiple_of);
  if (keyword < Keyword::items) return from(Keyword::max_length);
  if (keyword < Keyword::prefix_items) return from(Keyword::items);
  if (keyword < Keyword::properties) return from(Keyword::prefix_items);
  return from(Keyword::properties);
}

/// Nothing where `name` is no keyword of these vocabularies.
const KeywordInfo* find_keyword(std::string_view name, uint8_t vocabularies);
std::string_view name_of(Keyword keyword);

/// The bit of a vocabulary's URI; 0 for one that only annotates. Nothing where it is not known.
std::optional<uint8_t> find_vocabulary(std::string_view uri);

}  // namespace schema
