#include "schema/metaschema.h"

#include <string>

namespace schema {

namespace {

constexpr std::string_view kBase = "https://json-schema.org/draft/2020-12/";

struct Metaschema {
  std::string_view name;
  /// The members after $id, $schema and $dynamicAnchor, which are the same in all.
  std::string_view members;
};

// Core section 8 to 12 and validation section 6 to 9: what values each keyword may have.
constexpr Metaschema kMetaschemas[] = {
    {"schema", R"("$vocabulary":{
"https://json-schema.org/draft/2020-12/vocab/core":true,
"https://json-schema.org/draft/2020-12/vocab/applicator":true,
"https://json-schema.org/draft/2020-12/vocab/unevaluated":true,
"https://json-schema.org/draft/2020-12/vocab/validation":true,
"https://json-schema.org/draft/2020-12/vocab/meta-data":true,
"https://json-schema.org/draft/2020-12/vocab/format-annotation":true,
"https://json-schema.org/draft/2020-12/vocab/content":true},
"allOf":[{"$ref":"meta/core"},{"$ref":"meta/applicator"},{"$ref":"meta/unevaluated"},{"$ref":"meta/validation"},
{"$ref":"meta/meta-data"},{"$ref":"meta/format-annotation"},{"$ref":"meta/content"}],
"type":["object","boolean"],
"properties":{"definitions":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}},
"dependencies":{"type":"object","additionalProperties":
{"anyOf":[{"$dynamicRef":"#meta"},{"$ref":"meta/validation#/$defs/stringArray"}]}}})"},
    {"meta/core", R"("type":["object","boolean"],"properties":{
"$id":{"$ref":"#/$defs/uriReference","pattern":"^[^#]*#?$"},
"$schema":{"$ref":"#/$defs/uri"},"$ref":{"$ref":"#/$defs/uriReference"},"$dynamicRef":{"$ref":"#/$defs/uriReference"},
"$anchor":{"$ref":"#/$defs/anchor"},"$dynamicAnchor":{"$ref":"#/$defs/anchor"},
"$vocabulary":{"type":"object","propertyNames":{"$ref":"#/$defs/uri"},"additionalProperties":{"type":"boolean"}},
"$comment":{"type":"string"},"$defs":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}},
"$defs":{"anchor":{"type":"string","pattern":"^[A-Za-z_][-A-Za-z0-9._]*$"},
"uri":{"type":"string","format":"uri"},"uriReference":{"type":"string","format":"uri-reference"}})"},
    {"meta/applicator", R"("type":["object","boolean"],"properties":{
"prefixItems":{"$ref":"#/$defs/schemas"},"items":{"$dynamicRef":"#meta"},"contains":{"$dynamicRef":"#meta"},
"additionalProperties":{"$dynamicRef":"#meta"},"properties":{"$ref":"#/$defs/map"},
"patternProperties":{"$ref":"#/$defs/map","propertyNames":{"format":"regex"}},
"dependentSchemas":{"$ref":"#/$defs/map"},"propertyNames":{"$dynamicRef":"#meta"},
"if":{"$dynamicRef":"#meta"},"then":{"$dynamicRef":"#meta"},"else":{"$dynamicRef":"#meta"},
"allOf":{"$ref":"#/$defs/schemas"},"anyOf":{"$ref":"#/$defs/schemas"},"oneOf":{"$ref":"#/$defs/schemas"},
"not":{"$dynamicRef":"#meta"}},
"$defs":{"schemas":{"type":"array","minItems":1,"items":{"$dynamicRef":"#meta"}},
"map":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}})"},
    {"meta/unevaluated", R"("type":["object","boolean"],"properties":{
"unevaluatedItems":{"$dynamicRef":"#meta"},"unevaluatedProperties":{"$dynamicRef":"#meta"}})"},
    {"meta/validation", R"("type":["object","boolean"],"properties":{
"type":{"anyOf":[{"$ref":"#/$defs/type"},
{"type":"array","items":{"$ref":"#/$defs/type"},"minItems":1,"uniqueItems":true}]},
"const":true,"enum":{"type":"array"},
"multipleOf":{"type":"number","exclusiveMinimum":0},"maximum":{"type":"number"},"exclusiveMaximum":{"type":"number"},
"minimum":{"type":"number"},"exclusiveMinimum":{"type":"number"},
"maxLength":{"$ref":"#/$defs/count"},"minLength":{"$ref":"#/$defs/count"},
"pattern":{"type":"string","format":"regex"},
"maxItems":{"$ref":"#/$defs/count"},"minItems":{"$ref":"#/$defs/count"},"uniqueItems":{"type":"boolean"},
"maxContains":{"$ref":"#/$defs/count"},"minContains":{"$ref":"#/$defs/count"},
"maxProperties":{"$ref":"#/$defs/count"},"minProperties":{"$ref":"#/$defs/count"},
"required":{"$ref":"#/$defs/stringArray"},
"dependentRequired":{"type":"object","additionalProperties":{"$ref":"#/$defs/stringArray"}}},
"$defs":{"count":{"type":"integer","minimum":0},
"type":{"enum":["array","boolean","integer","null","number","object","string"]},
"stringArray":{"type":"array","items":{"type":"string"},"uniqueItems":true}})"},
    {"meta/meta-data", R"("type":["object","boolean"],"properties":{
"title":{"type":"string"},"description":{"type":"string"},"default":true,"deprecated":{"type":"boolean"},
"readOnly":{"type":"boolean"},"writeOnly":{"type":"boolean"},"examples":{"type":"array"}})"},
    {"meta/format-annotation", R"("type":["object","boolean"],"properties":{"format":{"type":"string"}})"},
    {"meta/format-assertion", R"("type":["object","boolean"],"properties":{"format":{"type":"string"}})"},
    {"meta/content", R"("type":["object","boolean"],"properties":{"contentEncoding":{"type":"string"},
"contentMediaType":{"type":"string"},"contentSchema":{"$dynamicRef":"#meta"}})"},
};

}  // namespace

void add_metaschemas(Documents& documents) {
  for (const auto& [name, members] : kMetaschemas) {
    std::string uri(kBase);
    uri.append(name);
    std::string text = R"({"$id":")" + uri + R"(","$schema":")" + std::string(kDraft202012);
    text.append(R"(","$dynamicAnchor":"meta",)").append(members).append("}");
    documents.add(std::move(uri), std::move(text));
  }
}

}  // namespace schema
