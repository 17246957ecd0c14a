// Numbers, equality, lengths and annotations: where values are compared, and where keywords know of each
// other.
#include "schema_support.h"

using testing::is_valid;

TEST_CASE("Numbers are compared as mathematics does") {
  CHECK(is_valid(R"({"type":"integer"})", "1.0"));
  CHECK(is_valid(R"({"type":"integer"})", "1e300"));
  CHECK(is_valid(R"({"type":"integer"})", "-0.0"));
  CHECK_FALSE(is_valid(R"({"type":"integer"})", "1.5"));
  CHECK(is_valid(R"({"const":1})", "1.0"));
  CHECK(is_valid(R"({"const":0})", "-0.0"));
  CHECK_FALSE(is_valid(R"({"const":1})", "true"));
  // One more than a double can tell apart.
  CHECK_FALSE(is_valid(R"({"const":9007199254740993})", "9007199254740992"));
  CHECK_FALSE(is_valid(R"({"maximum":9007199254740992})", "9007199254740993"));
  CHECK(is_valid(R"({"maximum":9007199254740992})", "9007199254740992.0"));
  CHECK(is_valid(R"({"minimum":18446744073709551615})", "18446744073709551616.0"));
  CHECK_FALSE(is_valid(R"({"maximum":18446744073709551615})", "18446744073709551616.0"));
  CHECK(is_valid(R"({"exclusiveMinimum":-18446744073709551616.0})", "-9223372036854775808"));
  CHECK_FALSE(is_valid(R"({"minimum":-9223372036854775807})", "-9223372036854775808"));
  CHECK(is_valid(R"({"exclusiveMaximum":1})", "0.9999999999999999"));
  CHECK_FALSE(is_valid(R"({"exclusiveMaximum":1})", "1"));
}

TEST_CASE("A multiple is one in decimal digits") {
  struct Case {
    const char* unit;
    const char* value;
    bool is_multiple;
  };
  for (const Case& c : std::vector<Case>{
           {"0.01", "4.35", true},
           {"0.01", "1.1", true},
           {"0.1", "0.3", true},
           {"0.1", "0.30000000000000004", false},
           {"0.0001", "0.0075", true},
           {"0.0001", "0.00751", false},
           {"2", "9007199254740993", false},
           {"3", "9223372036854775807", false},
           {"7", "9223372036854775807", true},
           {"5", "18446744073709551615", true},
           {"18446744073709551615", "18446744073709551615", true},
           {"18446744073709551557", "1e300", false},
           {"0.123456789", "1e308", false},
           {"0.5", "1e308", true},
           {"1e-8", "12391239123", true},
           {"1e-300", "3", true},
           {"3e-300", "1", false},
           {"1e300", "2e300", true},
           {"1e300", "3", false},
           {"10", "1e22", true},
           {"2.5", "-7.5", true},
           {"4", "0", true},
       }) {
    INFO(c.value << " of " << c.unit);
    CHECK(is_valid(std::string(R"({"multipleOf":)") + c.unit + '}', c.value) == c.is_multiple);
  }
  // Prices in cents, all of them.
  const schema::Schema cents = testing::compiled(R"({"multipleOf":0.01})");
  for (int i = 0; i < 20'000; i += 7) {
    const std::string price =
        std::to_string(i / 100) + '.' + std::to_string(i % 100 / 10) + std::to_string(i % 10);
    INFO(price);
    CHECK(testing::violations(cents, price).empty());
    CHECK_FALSE(testing::violations(cents, price + "1").empty());
  }
}

TEST_CASE("Values are equal whatever the order of members") {
  CHECK(is_valid(R"({"const":{"a":1,"b":[{"c":null}]}})", R"({"b":[{"c":null}],"a":1.0})"));
  CHECK_FALSE(is_valid(R"({"const":[1,2]})", "[2,1]"));
  CHECK_FALSE(is_valid(R"({"const":{"a":1}})", R"({"a":1,"b":2})"));
  CHECK_FALSE(is_valid(R"({"const":"1"})", "1"));
  CHECK_FALSE(is_valid(R"({"const":null})", "false"));
  CHECK_FALSE(is_valid(R"({"const":[]})", "{}"));
  CHECK_FALSE(is_valid(R"({"const":["a","b"]})", R"(["ab",""])"));
  CHECK_FALSE(is_valid(R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2,"a":1}])"));
  CHECK(is_valid(R"({"uniqueItems":true})", R"([1,true,"1",[1],{"a":1},null])"));
  CHECK(is_valid(R"({"uniqueItems":false})", "[1,1]"));
  CHECK(is_valid(R"({"enum":[]})", "1") == false);
}

TEST_CASE("A string is as long as it has code points") {
  CHECK(is_valid(R"({"maxLength":2})", R"("😀é")"));
  CHECK_FALSE(is_valid(R"({"minLength":3})", R"("😀é")"));
}

TEST_CASE("What no keyword has looked at is unevaluated") {
  const char* schema = R"({
    "properties": {"kind": true},
    "anyOf": [
      {"properties": {"kind": {"const": "card"}, "number": true}},
      {"properties": {"kind": {"const": "iban"}, "iban": true}}
    ],
    "patternProperties": {"^x-": true},
    "unevaluatedProperties": {"type": "null"}
  })";
  CHECK(is_valid(schema, R"({"kind":"card","number":1,"x-a":1,"other":null})"));
  CHECK_FALSE(is_valid(schema, R"({"kind":"card","iban":1})"));
  const char* items = R"({"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":false})";
  CHECK(is_valid(items, R"([1,"a","b"])"));
  CHECK_FALSE(is_valid(items, R"([1,"a",2])"));
}

TEST_CASE("A dynamic reference leads to the outermost schema with its anchor") {
  schema::Documents known;
  known.add("https://example.com/tree", R"({"$dynamicAnchor":"node","type":"object",
    "properties":{"children":{"items":{"$dynamicRef":"#node"}}}})");
  const schema::Schema strict =
      testing::compiled(R"({"$id":"https://example.com/strict","$dynamicAnchor":"node",
    "$ref":"tree","unevaluatedProperties":false})",
                        known);
  CHECK(testing::violations(strict, R"({"children":[{"children":[]}]})").empty());
  CHECK_FALSE(testing::violations(strict, R"({"children":[{"child":[]}]})").empty());
}

TEST_CASE("A format asserts only where it is asked to, and only of strings") {
  struct Case {
    const char* format;
    std::vector<const char*> right;
    std::vector<const char*> wrong;
  };
  for (const Case& c : std::vector<Case>{
           {"email",
            {"ada@example.com", "a.b+c@x-y.example"},
            {"ada", "@example.com", "a@b@c", "a..b@c", "a b@c.d"}},
           {"uri",
            {"https://example.com/a?b#c", "urn:isbn:1", "mailto:a@b"},
            {"/a", "a b:c", "http://a:b", "http://[1]"}},
           {"date", {"2024-02-29", "0001-01-01"}, {"2023-02-29", "2024-1-01", "2024-13-01", "2024-01-01Z"}},
           {"date-time",
            {"2024-02-29T23:59:59.5Z", "1990-12-31T15:59:60-08:00", "2024-01-01t00:00:00z"},
            {"2024-02-29", "2024-02-29T24:00:00Z", "2024-02-29T00:00:00", "2024-02-29 00:00:00Z"}},
           {"time", {"09:30:00+01:00"}, {"9:30:00Z", "09:30Z", "09:30:60Z"}},
           {"duration", {"P1DT12H", "P2W"}, {"P", "PT", "P1H", "1D"}},
           {"uuid", {"123e4567-e89b-42d3-a456-426614174000"}, {"123e4567e89b42d3a456426614174000"}},
           {"hostname", {"a-1.example"}, {"-a", "a..b", "a_b", ""}},
           {"ipv4", {"192.0.2.1"}, {"256.0.0.1", "1.2.3", "01.2.3.4"}},
           {"ipv6",
            {"::", "2001:db8::1", "::ffff:192.0.2.1"},
            {":::", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::"}},
           {"uri-reference", {"", "/a", "?q", "//host"}, {"a b", "1:b", "%"}},
           {"json-pointer", {"", "/a~0b"}, {"a", "/~2"}},
           {"relative-json-pointer", {"0#", "1/a"}, {"#", "01"}},
           {"regex", {"^a+$"}, {"("}},
           {"iri", {"https://exämple.com/ö"}, {"/ö", "https://a b"}},
           {"idn-email", {"äda@exämple.com"}, {"äda"}},
           {"uri-template", {"/{a}/{+b:3}{?c*}"}, {"/{", "/{}", "/}"}},
           {"unheard", {"anything"}, {}},
       }) {
    const std::string schema = std::string(R"({"format":")") + c.format + "\"}";
    for (const char* text : c.right) {
      INFO(c.format << " " << text);
      CHECK(is_valid(schema, core::json_quote(text), testing::kAssert));
    }
    for (const char* text : c.wrong) {
      INFO(c.format << " " << text);
      CHECK_FALSE(is_valid(schema, core::json_quote(text), testing::kAssert));
      CHECK(is_valid(schema, core::json_quote(text)));
    }
    CHECK(is_valid(schema, "5", testing::kAssert));
  }
}
