// Canonical JSON: the examples of RFC 8785, and numbers beside those of a JavaScript engine.
#include "core/canonical_json.h"

#include <cmath>
#include <cstring>
#include <fstream>

#include "catch.h"

namespace {

std::string canonical(std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(text);
  REQUIRE(parsed.ok());
  return core::canonical_json(parsed.root);
}

double from_bits(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("Canonical JSON: the example of RFC 8785, with its literals, numbers and a string") {
  CHECK(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })") == R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],)"
          R"("string":"€$\u000f\nA'B\"\\\\\"/"})");
}

TEST_CASE("Canonical JSON: members are in the order of their names as UTF-16") {
  CHECK(canonical(R"({"\u20ac":"Euro","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Face",)"
                  R"("\u0080":"Control","\u00f6":"O"})") ==
        "{\"\\r\":\"CR\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"\xC3\xB6\":\"O\",\"\xE2\x82\xAC\":\"Euro\","
        "\"\xF0\x9F\x98\x80\":\"Face\",\"\xEF\xAC\xB3\":\"Dalet\"}");
  // The same prefix, a name that begins another, and the last characters on both sides of the surrogates.
  CHECK(canonical(R"({"a\ue000":4,"a\udbff\udfff":3,"a\ud7ff":2,"a":0,"ab":1,"":-1})") ==
        "{\"\":-1,\"a\":0,\"ab\":1,\"a\xED\x9F\xBF\":2,\"a\xF4\x8F\xBF\xBF\":3,\"a\xEE\x80\x80\":4}");
}

TEST_CASE("Canonical JSON: order inside of arrays stays, in objects at any depth it does not") {
  CHECK(canonical(R"( [ { "b" : [ ] , "a" : { } } , [ [ 2 , 1 ] ] , "x" ] )") ==
        R"([{"a":{},"b":[]},[[2,1]],"x"])");
  CHECK(canonical(R"({"z":{"y":1,"x":{"w":2,"v":3}}})") == R"({"z":{"x":{"v":3,"w":2},"y":1}})");
}

TEST_CASE("Canonical JSON: strings have the shortest escapes, and few") {
  CHECK(canonical(R"("\u0000\u0007\u0008\u0009\u000A\u000b\u000C\u000D\u001F")") ==
        R"("\u0000\u0007\b\t\n\u000b\f\r\u001f")");
  CHECK(canonical(R"("\u0020\/\u007f\u2028\u0041\u00e9\ud834\udd1e")") ==
        "\" /\x7F\xE2\x80\xA8"
        "A\xC3\xA9\xF0\x9D\x84\x9E\"");
}

TEST_CASE("Canonical JSON: numbers of RFC 8785 appendix B") {
  const std::vector<std::pair<uint64_t, std::string>> numbers = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : numbers) CHECK(core::canonical_number(from_bits(bits)) == text);
}

TEST_CASE("Canonical JSON: numbers are written as a JavaScript engine writes them") {
  // Made by tests/cpp/core_numbers.js when this program was built.
  std::ifstream file(NUMBERS_FILE);
  std::string bits, text;
  int count = 0;
  while (file >> bits >> text) {
    ++count;
    const std::string number = core::canonical_number(from_bits(std::stoull(bits, nullptr, 16)));
    if (number != text) FAIL_CHECK(bits << " is " << text << ", not " << number);
  }
  CHECK(count > 15'000);
}

TEST_CASE("Canonical JSON: one number has one text, however it was written") {
  for (const char* one : {"1", "1.0", "10e-1", "1E0", "0.1e+1"}) CHECK(canonical(one) == "1");
  for (const char* zero : {"0", "-0", "0.0", "-0.0", "0e5"}) CHECK(canonical(zero) == "0");
  CHECK(canonical("[100, 1e2, -7, 1e20, 1e-6, 1e-7, 12.50]") ==
        "[100,100,-7,100000000000000000000,0.000001,1e-7,12.5]");
}

TEST_CASE("Canonical JSON: integers beyond 2^53 are the doubles next to them") {
  CHECK(canonical("9007199254740991") == "9007199254740991");
  CHECK(canonical("9007199254740993") == "9007199254740992");
  CHECK(canonical("-9007199254740993") == "-9007199254740992");
  CHECK(canonical("9223372036854775807") == "9223372036854776000");
  CHECK(canonical("-9223372036854775808") == "-9223372036854776000");
  CHECK(canonical("18446744073709551615") == "18446744073709552000");
}
