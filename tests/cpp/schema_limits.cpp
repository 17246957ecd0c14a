// Schemas and values made to hang the validator or to overflow its stack.
#include "schema_support.h"

using schema::Violation;
using testing::compiled;
using testing::violations;

namespace {

std::string times(size_t count, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("A pattern that takes too many steps is told as the schema author's error") {
  const schema::Schema slow = compiled(R"~({"properties":{"name":{"pattern":"^(a+)+\\1$(?!x)"}}})~");
  const std::vector<Violation> found = violations(slow, "{\"name\":\"" + std::string(5000, 'a') + "!\"}");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == Violation::Fault::schema);
  CHECK(found[0].instance == "/name");
  CHECK(found[0].schema == "#/properties/name/pattern");
  CHECK(found[0].message ==
        "/name cannot be checked, which is an error of the schema's author: the pattern at "
        "#/properties/name/pattern takes too many steps");
  CHECK(violations(slow, R"({"name":"aa"})").empty());
  CHECK(violations(slow, R"({"name":"a"})")[0].fault == Violation::Fault::instance);
}

TEST_CASE("A pattern that was broken off decides nothing, in whatever it stands") {
  const std::string text = '"' + std::string(5000, 'a') + "!\"";
  for (const char* schema : {R"({"not":{"pattern":"^(a+)+\\1$"}})", R"({"if":{"pattern":"^(a+)+\\1$"}})",
                             R"({"anyOf":[{"pattern":"^(a+)+\\1$"},true]})"}) {
    INFO(schema);
    const std::vector<Violation> found = violations(compiled(schema), text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].fault == Violation::Fault::schema);
  }
  const std::vector<Violation> name =
      violations(compiled(R"({"patternProperties":{"^(a+)+\\1$":false}})"), '{' + text + ":1}");
  REQUIRE(name.size() == 1);
  CHECK(name[0].fault == Violation::Fault::schema);
  CHECK(name[0].schema == "#/patternProperties");
}

TEST_CASE("Schemas that multiply end within the budget") {
  // Each doubles the work of the one before: 2^40 in all.
  std::string defs = R"("d0":{"type":"integer"})";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = R"({"$ref":"#/$defs/d)" + std::to_string(i - 1) + "\"}";
    defs += ",\"d" + std::to_string(i) + R"(":{"allOf":[)" + before + ',' + before + "]}";
  }
  const std::vector<Violation> found =
      violations(compiled(R"({"$ref":"#/$defs/d40","$defs":{)" + defs + "}}"), "1");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == Violation::Fault::schema);
  CHECK(found[0].message.find("takes more than 5000000 steps") != std::string::npos);
}

TEST_CASE("A long chain of references is refused, not followed") {
  std::string defs = R"("d0":{"type":"integer"})";
  for (int i = 1; i <= 2000; ++i)
    defs += ",\"d" + std::to_string(i) + R"(":{"$ref":"#/$defs/d)" + std::to_string(i - 1) + "\"}";
  const auto chain = [&](int length) {
    return compiled(R"({"$ref":"#/$defs/d)" + std::to_string(length) + R"(","$defs":{)" + defs + "}}");
  };
  CHECK(violations(chain(schema::kMaxSchemaDepth - 2), "1").empty());
  for (const int length : {schema::kMaxSchemaDepth - 1, 2000}) {
    const std::vector<Violation> found = violations(chain(length), "1");
    REQUIRE(found.size() == 1);
    CHECK(found[0].fault == Violation::Fault::schema);
    CHECK(found[0].message.find("lead to each other more than 256 times") != std::string::npos);
  }
}

TEST_CASE("A dynamic reference that leads back to itself ends") {
  const schema::Schema schema = compiled(R"({"$id":"https://example.com/a","$dynamicAnchor":"x",
    "$ref":"b","$defs":{"b":{"$id":"b","$dynamicRef":"#x","$defs":{"x":{"$dynamicAnchor":"x"}}}}})");
  const std::vector<Violation> found = violations(schema, "1");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == Violation::Fault::schema);
}

TEST_CASE("Values as deep as the gate lets in are followed to their end") {
  const schema::Schema lists = compiled(R"({"type":["array","integer"],"items":{"$ref":"#"}})");
  CHECK(violations(lists, times(63, "[") + "[1]" + times(63, "]")).empty());
  CHECK_FALSE(violations(lists, times(63, "[") + "[1.5]" + times(63, "]")).empty());

  schema::Documents known;
  schema::add_metaschemas(known);
  const schema::Schema metaschema =
      compiled(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})", known);
  CHECK(violations(metaschema, times(62, "{\"not\":") + "{\"type\":\"null\"}" + times(62, "}")).empty());
  CHECK(violations(metaschema, times(31, "{\"$defs\":{\"a\":") + "{\"type\":5}" + times(31, "}}")).size() ==
        1);
}

TEST_CASE("Large values are compared in time that grows with their size") {
  std::string numbers = "0";
  for (int i = 1; i < 100'000; ++i) numbers += ',' + std::to_string(i);
  const schema::Schema unique = compiled(R"({"uniqueItems":true})");
  CHECK(violations(unique, '[' + numbers + ']').empty());
  CHECK_FALSE(violations(unique, '[' + numbers + ",99999]").empty());

  std::string members = R"("m":0)";
  for (int i = 1; i < 20'000; ++i) members += ",\"m" + std::to_string(i) + "\":0";
  CHECK(
      violations(compiled(R"({"additionalProperties":{"type":"integer"},"propertyNames":{"pattern":"^m"}})"),
                 '{' + members + '}')
          .empty());
  // Every name is looked for among all: too much at some point, but told.
  std::string required = R"("m")";
  for (int i = 1; i < 4'000; ++i) required += ",\"m" + std::to_string(i) + '"';
  const std::vector<Violation> found =
      violations(compiled(R"({"required":[)" + required + "]}"), '{' + members + '}');
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == Violation::Fault::schema);
}
