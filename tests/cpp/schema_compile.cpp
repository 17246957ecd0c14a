// Compiling schemas: what is refused and where, what references lead to, which dialects are known.
#include "schema/uri.h"
#include "schema_support.h"

using testing::compile_error;
using testing::compiled;
using testing::is_valid;
using testing::violations;

TEST_CASE("A schema is an object, true or false") {
  CHECK(is_valid("true", "1"));
  CHECK(is_valid("{}", "1"));
  CHECK_FALSE(is_valid("false", "1"));
  CHECK(compile_error("1") == "#: a schema must be an object, true or false");
  CHECK(compile_error(R"({"properties":{"a":"string"}})") ==
        "#/properties/a: a schema must be an object, true or false");
}

TEST_CASE("A keyword has a value that it can have") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"minimum":"1"})", "#/minimum: it must be a number"},
      {R"({"multipleOf":0})", "#/multipleOf: it must be a number over 0"},
      {R"({"minLength":-1})", "#/minLength: it must be an integer from 0 up"},
      {R"({"maxItems":1.5})", "#/maxItems: it must be an integer from 0 up"},
      {R"({"maxItems":1e300})", "#/maxItems: it must be an integer from 0 up"},
      {R"({"allOf":[]})", "#/allOf: it must be an array of schemas"},
      {R"({"items":[{}]})", "#/items: a schema must be an object, true or false"},
      {R"({"properties":[]})", "#/properties: it must be an object whose members are schemas"},
      {R"({"type":"text"})",
       "#/type: it must be one or more of string, object, integer, number, array, boolean, null"},
      {R"({"enum":"a"})", "#/enum: it must be an array"},
      {R"({"pattern":5})", "#/pattern: it must be a string"},
      {R"({"format":5})", "#/format: it must be a string"},
      {R"({"uniqueItems":"yes"})", "#/uniqueItems: it must be true or false"},
      {R"({"required":"a"})", "#/required: it must be an array of strings"},
      {R"({"required":[1]})", "#/required: it must be an array of strings"},
      {R"({"dependentRequired":{"a":"b"}})",
       "#/dependentRequired: it must be an object whose members are arrays of strings"},
      {R"({"$ref":5})", "#/$ref: it must be a string"},
      {R"({"$id":5})", "#/$id: it must be a string"},
      {R"({"$id":"a#b"})", "#/$id: it must have no fragment"},
      {R"({"$anchor":"a b"})", "#/$anchor: it must be a letter or _, and then letters, digits and - _ ."},
      {R"({"$schema":5})", "#/$schema: it must be a string"},
      {R"({"properties":{"a/b":{"not":{"pattern":"("}}}})",
       "#/properties/a~1b/not/pattern: the pattern is not valid: a ( is not closed, at character 1"},
      {R"({"patternProperties":{"[":true}})",
       "#/patternProperties/[: the pattern is not valid: a [ is not closed, at character 1"},
  };
  for (const auto& [schema, error] : cases) CHECK(compile_error(schema) == error);
  CHECK(compile_error(R"({"unheard":{"type":"text"},"const":{"type":"text"},"minLength":2.0})").empty());
}

TEST_CASE("A reference leads somewhere, and nothing is fetched") {
  CHECK(
      compile_error(R"({"$ref":"https://example.com/a"})") ==
      "#/$ref: the reference https://example.com/a leads nowhere: nothing is known at https://example.com/a");
  CHECK(compile_error(R"({"$id":"https://example.com/a/b","items":{"$ref":"../c#d"}})") ==
        "https://example.com/a/b#/items/$ref: the reference ../c#d leads nowhere: nothing is known at "
        "https://example.com/c#d");
  for (const char* reference :
       {"#/$defs/b", "#b", "#/$defs/a/0", "#/allOf/01", "#/allOf/1", "#/allOf/-", "b.json"}) {
    INFO(reference);
    const std::string schema =
        std::string(R"({"allOf":[true],"$defs":{"a":{}},"items":{"$ref":")") + reference + "\"}}";
    CHECK(compile_error(schema).find("leads nowhere") != std::string::npos);
  }
  CHECK(is_valid(R"({"allOf":[{"type":"string"}],"items":{"$ref":"#/allOf/0"}})", R"("a")"));
}

TEST_CASE("Documents that are handed over can be referred to") {
  schema::Documents known;
  known.add("https://example.com/size.json", R"({"$defs":{"size":{"$anchor":"size","enum":["S","M"]}}})");
  known.add("https://example.com/broken.json", "{");
  known.add("https://example.com/wrong.json", R"({"type":"text"})");
  const schema::Schema schema =
      compiled(R"({"$id":"https://example.com/order.json","items":{"$ref":"size.json#size"}})", known);
  CHECK(violations(schema, R"(["S"])").empty());
  const std::vector<schema::Violation> found = violations(schema, R"(["S","XL"])");
  REQUIRE(found.size() == 1);
  CHECK(found[0].instance == "/1");
  CHECK(found[0].schema == "https://example.com/size.json#/$defs/size/enum");
  CHECK(compile_error(R"({"$ref":"https://example.com/broken.json"})", known) ==
        "#/$ref: the document https://example.com/broken.json cannot be read: the text is not valid JSON");
  CHECK(compile_error(R"({"$ref":"https://example.com/wrong.json"})", known)
            .starts_with("https://example.com/wrong.json#/type: "));
}

TEST_CASE("Identifiers are unique") {
  CHECK(compile_error(R"({"$id":"https://a.example","$defs":{"b":{"$id":"https://a.example"}}})") ==
        "https://a.example#/$defs/b/$id: two schemas have the identifier https://a.example");
  CHECK(compile_error(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})") ==
        "#/$defs/b/$anchor: two schemas have the anchor x");
  CHECK(compile_error(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$id":"b","$anchor":"x"}}})").empty());
}

TEST_CASE("A schema that leads back to itself for the same value is refused") {
  for (
      const char* schema : {
          R"({"$ref":"#"})",
          R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}})",
          R"({"if":true,"then":{"not":{"$ref":"#"}}})",
          R"({"dependentSchemas":{"a":{"$ref":"#"}}})",
      }) {
    INFO(schema);
    CHECK(compile_error(schema).find(": the schema leads back to itself without end") != std::string::npos);
  }
  // Here it has gone on to another value, or is never looked at.
  CHECK(compile_error(R"({"items":{"$ref":"#"},"properties":{"a":{"$ref":"#"}}})").empty());
  CHECK(compile_error(R"({"then":{"$ref":"#"},"$defs":{"a":{"$ref":"#"}}})").empty());
}

TEST_CASE("A dialect is 2020-12 or made of its vocabularies") {
  CHECK(compile_error(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})").empty());
  CHECK(compile_error(R"({"$schema":"https://json-schema.org/draft/2020-12/schema#"})").empty());
  CHECK(compile_error(R"({"$schema":"http://json-schema.org/draft-07/schema#"})") ==
        "#/$schema: the dialect http://json-schema.org/draft-07/schema is not known; use "
        "https://json-schema.org/draft/2020-12/schema");
  schema::Documents known;
  known.add("https://example.com/loose", R"({"$vocabulary":{
    "https://json-schema.org/draft/2020-12/vocab/applicator":true, "https://example.com/vocab":false}})");
  known.add("https://example.com/strict", R"({"$vocabulary":{"https://example.com/vocab":true}})");
  known.add("https://example.com/formats",
            R"({"$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/format-assertion":true}})");
  const schema::Schema loose =
      compiled(R"({"$schema":"https://example.com/loose","type":"string","items":false})", known);
  CHECK(violations(loose, "1").empty());
  CHECK_FALSE(violations(loose, "[1]").empty());
  CHECK(compile_error(R"({"$schema":"https://example.com/strict"})", known) ==
        "#/$schema: its dialect needs the vocabulary https://example.com/vocab, which is not known");
  CHECK_FALSE(
      violations(compiled(R"({"$schema":"https://example.com/formats","format":"date"})", known), R"("x")")
          .empty());
}

TEST_CASE("The metaschema tells a schema from others") {
  schema::Documents known;
  schema::add_metaschemas(known);
  const schema::Schema metaschema =
      compiled(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})", known);
  CHECK(violations(metaschema, R"({"type":["string","null"],"properties":{"a":{"minLength":1}}})").empty());
  CHECK(violations(metaschema, "true").empty());
  for (const char* wrong :
       {R"({"type":"text"})", R"({"properties":{"a":{"minLength":-1}}})", R"({"$id":"#a"})",
        R"({"allOf":[]})", R"({"required":["a","a"]})", R"({"$defs":{"a":1}})", "5"}) {
    INFO(wrong);
    CHECK_FALSE(violations(metaschema, wrong).empty());
  }
  CHECK(violations(metaschema, R"({"pattern":"("})").empty());
  CHECK_FALSE(violations(metaschema, R"({"pattern":"("})", testing::kAssert).empty());
}

TEST_CASE("A schema has bounds") {
  std::string members;
  for (size_t i = 0; i < schema::kMaxNodes - 2; ++i)
    members += (i ? "," : "") + std::string("\"m") + std::to_string(i) + R"(":{"type":"null"})";
  CHECK(compile_error(R"({"properties":{)" + members + "}}").empty());
  CHECK(compile_error(R"({"properties":{"one":{"type":"null"},)" + members + "}}")
            .find("the schema has more than 5000 subschemas") != std::string::npos);
}

TEST_CASE("A reference leads to no authority that neither side has") {
  // RFC 3986 erratum 4547: what is left of such a path would read as one.
  CHECK(schema::resolve_uri("", "x:/.//a/b") == "x:/.//a/b");
  CHECK(schema::resolve_uri("x:/a/b", "..//c") == "x:/.//c");
  CHECK(schema::resolve_uri("x:/a", "/.//c?d#e") == "x:/.//c?d#e");
  CHECK(schema::resolve_uri("x://h/a/b", "..//c") == "x://h//c");
  CHECK(schema::resolve_uri("x:/a", "//h/c") == "x://h/c");
}
