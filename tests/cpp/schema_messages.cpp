// Violations in words that let a caller, most often a language model, mend its call.
#include "schema_support.h"

using testing::kAssert;
using testing::messages;
using testing::Messages;

TEST_CASE("A call that is wrong in many ways is told all of them, each with what would be right") {
  const char* schema = R"({
    "type": "object",
    "properties": {
      "tshirtSize": {"enum": ["S", "M", "L"]},
      "quantity": {"type": "integer", "minimum": 1, "maximum": 5},
      "name": {"type": "string", "minLength": 1, "maxLength": 200},
      "email": {"type": "string", "format": "email"},
      "address": {}
    },
    "required": ["tshirtSize", "quantity", "name", "address"],
    "additionalProperties": false
  })";
  CHECK(
      messages(schema, R"({"tshirtSize": "XS", "quantity": 12, "colour": "red", "email": "nobody"})",
               kAssert) ==
      Messages{
          R"(/name is missing; it must be a string of 1 to 200 characters)",
          R"(/address is missing; it must be given)",
          R"(/tshirtSize is "XS"; it must be one of "S", "M", "L")",
          R"(/quantity is 12; it must be at most 5)",
          R"(/colour is unknown; it must be left out, for what is known here is "address", "email", "name", "quantity", "tshirtSize")",
          R"(/email is "nobody"; it must be an e-mail address, such as ada@example.com)",
      });
  CHECK(messages(schema, R"({"tshirtSize": "S", "quantity": 1, "name": "Ada", "address": "1 Main St"})")
            .empty());
}

TEST_CASE("Every keyword has a sentence") {
  struct Case {
    const char* schema;
    const char* instance;
    const char* message;
  };
  const std::vector<Case> cases = {
      {R"({"type":["string","null"]})", "5", "The value is 5; it must be a string or null"},
      {R"({"type":["integer","number"]})", "true", "The value is true; it must be a number"},
      {R"({"type":"integer"})", "1.5", "The value is 1.5; it must be an integer"},
      {R"({"type":"object"})", "[]", "The value is an array; it must be an object"},
      {R"({"type":"boolean"})", "{}", "The value is an object; it must be true or false"},
      {R"({"type":"integer","minimum":1})", "null", "The value is null; it must be an integer of at least 1"},
      {R"({"type":"number","maximum":0.5})", "null", "The value is null; it must be a number of at most 0.5"},
      {R"({"type":"string","minLength":2})", "1",
       "The value is 1; it must be a string of at least 2 characters"},
      {R"({"const":{"a":[1]}})", "[1]", R"(The value is an array; it must be {"a":[1]})"},
      {R"({"enum":["x"]})", "1", R"(The value is 1; it must be "x")"},
      {R"({"multipleOf":0.01})", "1.234", "The value is 1.234; it must be a multiple of 0.01"},
      {R"({"maximum":-1})", "0", "The value is 0; it must be at most -1"},
      {R"({"exclusiveMaximum":18446744073709551615})", "18446744073709551615",
       "The value is 18446744073709551615; it must be less than 18446744073709551615"},
      {R"({"minimum":1})", "-0.5", "The value is -0.5; it must be at least 1"},
      {R"({"exclusiveMinimum":0})", "0", "The value is 0; it must be greater than 0"},
      {R"({"maxLength":1})", R"("éa")", "The value has 2 characters; it must have at most 1 character"},
      {R"({"minLength":2})", R"("é")", "The value has 1 character; it must have at least 2 characters"},
      {R"({"pattern":"^[A-Z]+$"})", R"("abc")", R"(The value is "abc"; it must match the pattern ^[A-Z]+$)"},
      {R"({"maxItems":1})", "[1,2]", "The value has 2 items; it must have at most 1 item"},
      {R"({"minItems":1})", "[]", "The value has 0 items; it must have at least 1 item"},
      {R"({"uniqueItems":true})", "[1,2,1.0]",
       "The value has the same item at 0 and 2; it must have no item twice"},
      {R"({"prefixItems":[true],"items":false})", "[1,2]", "/1 is one item too many; it must be left out"},
      {R"({"unevaluatedItems":false})", "[1]", "/0 is one item too many; it must be left out"},
      {R"({"contains":{"type":"string"}})", "[1]",
       "The value has 0 items being a string; it must have at least 1"},
      {R"({"contains":{"type":"string"},"minContains":2})", R"(["a"])",
       "The value has 1 item being a string; it must have at least 2"},
      {R"({"contains":{"minimum":1},"maxContains":1})", "[1,2]",
       "The value has 2 items of the kind it must contain; it must have at most 1"},
      {R"({"maxProperties":0})", R"({"a":1})", "The value has 1 member; it must have at most 0 members"},
      {R"({"minProperties":1})", "{}", "The value has 0 members; it must have at least 1 member"},
      {R"({"required":["a/b"]})", "{}", "/a~1b is missing; it must be given"},
      {R"({"required":["a"],"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"const":5}}})", "{}",
       "/a is missing; it must be 5"},
      {R"({"dependentRequired":{"card":["cvc"]}})", R"({"card":1})",
       R"(/cvc is missing; it must be given where "card" is)"},
      {R"({"dependencies":{"card":["cvc"]}})", R"({"card":1})",
       R"(/cvc is missing; it must be given where "card" is)"},
      {R"({"unevaluatedProperties":false})", R"({"a":1})", "/a is unknown; it must be left out"},
      {R"({"properties":{"a":false}})", R"({"a":1})", "/a is not allowed; it must be left out"},
      {R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})",
       R"(The member's name "abc" must have at most 2 characters)"},
      {R"({"properties":{"o":{"propertyNames":{"pattern":"^a"}}}})", R"({"o":{"b":1}})",
       R"(The member's name "b" in /o must match the pattern ^a)"},
      {R"({"not":{"type":"string"}})", R"("x")", R"(The value is "x"; it must not be a string)"},
      {R"({"not":{"required":["a"]}})", R"({"a":1})",
       "The value is an object; it must not fit the schema #/not"},
      {R"({"anyOf":[{"type":"string"},{"type":"integer","minimum":3}]})", "1.5",
       "The value is 1.5; it must be a string or an integer of at least 3"},
      {R"({"oneOf":[{"const":"a"},{"const":"b"}]})", R"("c")", R"(The value is "c"; it must be "a" or "b")"},
      {R"({"oneOf":[{"type":"integer"},{"minimum":2},{"type":"string"}]})", "3",
       "The value fits alternatives 1 and 2 of the schema; it must fit exactly one"},
      {R"({"anyOf":[{"required":["card"]},{"properties":{"iban":{"minLength":15}},"required":["iban"]}]})",
       R"({"iban":"x"})",
       "The value is an object; it must fit one of 2 alternatives: 1. /card is missing; it must be given; 2. "
       "/iban has "
       "1 character; it must have at least 15 characters"},
      {R"({"if":{"required":["a"]},"then":{"required":["b"]}})", R"({"a":1})",
       "/b is missing; it must be given"},
  };
  for (const Case& c : cases) {
    INFO(c.schema);
    CHECK(messages(c.schema, c.instance) == Messages{c.message});
  }
}

TEST_CASE("A violation says where it is, in the value and in the schema") {
  const schema::Schema schema = testing::compiled(
      R"({"$id":"https://example.com/s","properties":{"a/b":{"items":{"$ref":"#/$defs/n"}}},"$defs":{"n":{"minimum":5}}})");
  const std::vector<schema::Violation> found = testing::violations(schema, R"({"a/b":[5,4]})");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == schema::Violation::Fault::instance);
  CHECK(found[0].instance == "/a~1b/1");
  CHECK(found[0].schema == "https://example.com/s#/$defs/n/minimum");
  CHECK(found[0].keyword == "minimum");
}

TEST_CASE("Messages stay short") {
  const std::string text = '"' + std::string(1000, 'x') + '"';
  CHECK(messages(R"({"type":"null"})", text) ==
        Messages{"The value is \"" + std::string(40, 'x') + "...\"; it must be null"});
  std::string values;
  for (int i = 0; i < 30; ++i) values += (i ? "," : "") + std::to_string(i);
  CHECK(messages(R"({"enum":[)" + values + "]}", "-1")[0].ends_with("18, 19 and 10 more"));
  // An array of a hundred errors: the first of them tell enough.
  std::string wrong;
  for (int i = 0; i < 100; ++i) wrong += (i ? ",1" : "1");
  CHECK(messages(R"({"items":{"type":"string"}})", '[' + wrong + ']').size() == schema::kMaxViolations);
}

TEST_CASE("One mistake is told once") {
  // Of the wrong type, and therefore none of the values and too short and not of the pattern.
  CHECK(messages(R"({"type":"string","enum":["a"],"minLength":3,"pattern":"x"})", "1").size() == 1);
  // What did not fit its schema is not unevaluated as well.
  CHECK(messages(R"({"allOf":[{"properties":{"a":{"type":"string"}}}],"unevaluatedProperties":false})",
                 R"({"a":1})") == Messages{"/a is 1; it must be a string"});
}
