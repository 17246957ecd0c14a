#include "schema/keywords.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace schema {

namespace {

constexpr KeywordInfo kKeywords[] = {
    {"multipleOf", Keyword::multiple_of, Form::number, kValidation},
    {"maximum", Keyword::maximum, Form::number, kValidation},
    {"exclusiveMaximum", Keyword::exclusive_maximum, Form::number, kValidation},
    {"minimum", Keyword::minimum, Form::number, kValidation},
    {"exclusiveMinimum", Keyword::exclusive_minimum, Form::number, kValidation},
    {"maxLength", Keyword::max_length, Form::count, kValidation},
    {"minLength", Keyword::min_length, Form::count, kValidation},
    {"maxItems", Keyword::max_items, Form::count, kValidation},
    {"minItems", Keyword::min_items, Form::count, kValidation},
    {"maxProperties", Keyword::max_properties, Form::count, kValidation},
    {"minProperties", Keyword::min_properties, Form::count, kValidation},
    {"maxContains", Keyword::max_contains, Form::count, kValidation},
    {"minContains", Keyword::min_contains, Form::count, kValidation},
    {"items", Keyword::items, Form::schema, kApplicator},
    {"contains", Keyword::contains, Form::schema, kApplicator},
    {"additionalProperties", Keyword::additional_properties, Form::schema, kApplicator},
    {"propertyNames", Keyword::property_names, Form::schema, kApplicator},
    {"if", Keyword::if_, Form::schema, kApplicator},
    {"then", Keyword::then, Form::schema, kApplicator},
    {"else", Keyword::else_, Form::schema, kApplicator},
    {"not", Keyword::not_, Form::schema, kApplicator},
    {"unevaluatedItems", Keyword::unevaluated_items, Form::schema, kUnevaluated},
    {"unevaluatedProperties", Keyword::unevaluated_properties, Form::schema, kUnevaluated},
    {"contentSchema", Keyword::content_schema, Form::schema, kContent},
    {"prefixItems", Keyword::prefix_items, Form::schemas, kApplicator},
    {"allOf", Keyword::all_of, Form::schemas, kApplicator},
    {"anyOf", Keyword::any_of, Form::schemas, kApplicator},
    {"oneOf", Keyword::one_of, Form::schemas, kApplicator},
    {"properties", Keyword::properties, Form::schema_map, kApplicator},
    {"patternProperties", Keyword::pattern_properties, Form::schema_map, kApplicator},
    {"dependentSchemas", Keyword::dependent_schemas, Form::schema_map, kApplicator},
    {"$defs", Keyword::defs, Form::schema_map, kCore},
    {"definitions", Keyword::definitions, Form::schema_map, kCore},
    {"$id", Keyword::id, Form::own, kCore},
    {"$schema", Keyword::dialect, Form::own, kCore},
    {"$anchor", Keyword::anchor, Form::own, kCore},
    {"$dynamicAnchor", Keyword::dynamic_anchor, Form::own, kCore},
    {"$ref", Keyword::ref, Form::own, kCore},
    {"$dynamicRef", Keyword::dynamic_ref, Form::own, kCore},
    {"type", Keyword::type, Form::own, kValidation},
    {"const", Keyword::const_, Form::own, kValidation},
    {"enum", Keyword::enum_, Form::own, kValidation},
    {"pattern", Keyword::pattern, Form::own, kValidation},
    {"format", Keyword::format, Form::own, kFormat | kFormatAssertion},
    {"uniqueItems", Keyword::unique_items, Form::own, kValidation},
    {"required", Keyword::required, Form::own, kValidation},
    {"dependentRequired", Keyword::dependent_required, Form::own, kValidation},
    // Not of 2020-12 any more, but its metaschema still has it, and old schemas do.
    {"dependencies", Keyword::dependencies, Form::own, kApplicator},
    {"false", Keyword::nothing, Form::own, 0},
};

constexpr std::pair<std::string_view, uint8_t> kVocabularies[] = {
    {"core", kCore},
    {"applicator", kApplicator},
    {"unevaluated", kUnevaluated},
    {"validation", kValidation},
    {"format-annotation", kFormat},
    {"format-assertion", kFormatAssertion},
    {"content", kContent},
    {"meta-data", 0},
};

}  // namespace

const KeywordInfo* find_keyword(std::string_view name, uint8_t vocabularies) {
  const auto found = std::find_if(std::begin(kKeywords), std::end(kKeywords), [&](const KeywordInfo& info) {
    return info.name == name && (info.vocabularies & vocabularies) != 0;
  });
  return found == std::end(kKeywords) ? nullptr : found;
}

std::string_view name_of(Keyword keyword) {
  return kKeywords[static_cast<size_t>(keyword)].name;
}

std::optional<uint8_t> find_vocabulary(std::string_view uri) {
  constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
  if (!uri.starts_with(kPrefix)) return std::nullopt;
  for (const auto& [name, bit] : kVocabularies) {
    if (uri.substr(kPrefix.size()) == name) return bit;
  }
  return std::nullopt;
}

}  // namespace schema
