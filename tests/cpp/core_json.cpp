#include "core/json.h"

#include "catch.h"

using core::JsonFault;
using core::JsonGate;

namespace {

JsonFault fault_of(std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult result = gate.parse(text);
  if (!result.ok()) CHECK(result.root.is_null());
  return result.fault;
}

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// A JSON string of exactly `size` bytes, quotes included.
std::string text_of_size(size_t size) {
  return '"' + std::string(size - 2, 'x') + '"';
}

}  // namespace

TEST_CASE("The gate lets ordinary JSON in") {
  CHECK(fault_of("{}") == JsonFault::none);
  CHECK(fault_of(" \r\n\t[1, -2.5e3, \"\\u00e9\", true, false, null] \n") == JsonFault::none);
  CHECK(fault_of("\"a string is a value too\"") == JsonFault::none);
  CHECK(fault_of("0") == JsonFault::none);
}

TEST_CASE("Nothing is told from nothing but blanks by nobody: both are empty") {
  CHECK(fault_of("") == JsonFault::empty);
  CHECK(fault_of(" \t\r\n") == JsonFault::empty);
}

TEST_CASE("A text may be 1 MiB and not a byte more") {
  CHECK(fault_of(text_of_size(core::kMaxJsonBytes - 1)) == JsonFault::none);
  CHECK(fault_of(text_of_size(core::kMaxJsonBytes)) == JsonFault::none);
  CHECK(fault_of(text_of_size(core::kMaxJsonBytes + 1)) == JsonFault::too_large);
}

TEST_CASE("Values may be nested 64 levels deep and not one more") {
  CHECK(fault_of(nested(64)) == JsonFault::none);
  CHECK(fault_of(nested(65)) == JsonFault::too_deep);
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + '}';
  CHECK(fault_of(objects) == JsonFault::none);
  CHECK(fault_of("[" + objects + "]") == JsonFault::too_deep);
}

TEST_CASE("A million brackets are refused without a parser's stack") {
  CHECK(fault_of(std::string(1'000'000, '[')) == JsonFault::too_deep);
}

TEST_CASE("Brackets inside of strings nest nothing") {
  CHECK(fault_of('"' + std::string(100, '[') + '"') == JsonFault::none);
  CHECK(fault_of(R"({"a":"\")" + std::string(100, '{') + "\"}") == JsonFault::none);
  CHECK(fault_of(R"({"a\\":[)" + nested(62) + "]}") == JsonFault::none);
}

TEST_CASE("One name twice in an object is refused, however it is written") {
  CHECK(fault_of(R"({"a":1,"a":2})") == JsonFault::duplicate_name);
  CHECK(fault_of(R"({"a":1,"\u0061":2})") == JsonFault::duplicate_name);
  CHECK(fault_of(R"({"a":1,"b":2,"a":1})") == JsonFault::duplicate_name);
  CHECK(fault_of(R"([{"x":{"\u0022":1,"\"":2}}])") == JsonFault::duplicate_name);
  CHECK(fault_of(R"({"":1,"":2})") == JsonFault::duplicate_name);
  CHECK(fault_of("{\"\xC3\xA9\":1,\"\\u00e9\":2}") == JsonFault::duplicate_name);
}

TEST_CASE("A name that stands twice is found wherever the two are, however many names there are") {
  for (size_t count = 2; count <= 20; ++count) {
    for (size_t second = 0; second <= count; ++second) {
      for (size_t first = 0; first < second; ++first) {
        std::string text;
        for (size_t i = 0; i < count; ++i) {
          const size_t name = i == second ? first : i;
          text += (text.empty() ? "{" : ",") + core::json_quote("n" + std::to_string(name)) + ":0";
        }
        CAPTURE(text);
        // Where `second` is the count itself, nothing stands twice.
        CHECK(fault_of(text + "}") == (second == count ? JsonFault::none : JsonFault::duplicate_name));
      }
    }
  }
}

TEST_CASE("The same name in two objects is no duplicate, nor are names that differ by case") {
  CHECK(fault_of(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})") == JsonFault::none);
  CHECK(fault_of(R"({"a":1,"A":2,"a\u0000":3})") == JsonFault::none);
}

TEST_CASE("Integers fit into 64 bits or are refused as what they are") {
  CHECK(fault_of("9223372036854775807") == JsonFault::none);
  CHECK(fault_of("-9223372036854775808") == JsonFault::none);
  CHECK(fault_of("18446744073709551615") == JsonFault::none);
  CHECK(fault_of("18446744073709551616") == JsonFault::big_integer);
  CHECK(fault_of("-9223372036854775809") == JsonFault::big_integer);
  CHECK(fault_of("[100000000000000000000]") == JsonFault::big_integer);
  CHECK(fault_of("{\"a\":1" + std::string(400, '0') + "}") == JsonFault::big_integer);
  CHECK(fault_of("{\"a\":\"12345678901234567890123\"}") == JsonFault::none);
}

TEST_CASE("Numbers that no double can hold are refused, and those with fractions are not") {
  CHECK(fault_of("1e400") == JsonFault::big_number);
  CHECK(fault_of("[-1.5E+999]") == JsonFault::big_number);
  CHECK(fault_of("12345678901234567890123.0") == JsonFault::none);
  CHECK(fault_of("1e-400") == JsonFault::none);
}

TEST_CASE("Text after the value is refused as what it is") {
  CHECK(fault_of("{} {}") == JsonFault::trailing);
  CHECK(fault_of("{}x") == JsonFault::trailing);
  CHECK(fault_of("[1]]") == JsonFault::trailing);
  CHECK(fault_of(R"({"a":"}"} ,)") == JsonFault::trailing);
  CHECK(fault_of("1 2") == JsonFault::trailing);
  CHECK(fault_of("\"a\"\"b\"") == JsonFault::trailing);
  CHECK(fault_of("true false") == JsonFault::trailing);
}

TEST_CASE("Bytes that are not UTF-8 are refused as what they are") {
  CHECK(fault_of("\"\xFF\"") == JsonFault::not_utf8);
  CHECK(fault_of("\"\xC0\x80\"") == JsonFault::not_utf8);          // overlong
  CHECK(fault_of("\"\xED\xA0\x80\"") == JsonFault::not_utf8);      // a surrogate
  CHECK(fault_of("\"\xF4\x90\x80\x80\"") == JsonFault::not_utf8);  // beyond U+10FFFF
  CHECK(fault_of("\"\xE2\x82\"") == JsonFault::not_utf8);          // cut short
  CHECK(fault_of("\xEF\xBB\xBF{}") == JsonFault::syntax);          // a byte order mark is UTF-8, but no JSON
}

TEST_CASE("A lone surrogate is no character, a pair is one") {
  CHECK(fault_of(R"("\ud83d\udc4b")") == JsonFault::none);
  CHECK(fault_of(R"("\ud83d")") == JsonFault::syntax);
  CHECK(fault_of(R"("\udc4b")") == JsonFault::syntax);
  CHECK(fault_of(R"("\ud83dx")") == JsonFault::syntax);
  CHECK(fault_of(R"({"\ud800":1})") == JsonFault::syntax);
}

TEST_CASE("Other violations of RFC 8259 are syntax errors") {
  for (std::string_view text :
       {"{",  "}",         "[1,]",      "{\"a\":1,}", "{a:1}",     "{'a':1}", "nul",    "tru",
        "01", "+1",        "1.",        ".5",         "1e",        "-",       "NaN",    "Infinity",
        "\"", "\"\\x41\"", "\"\\u12\"", "[1 2]",      "{\"a\" 1}", "// c\n1", "\"\t\"", "\"\n\"",
        "[",  "[[]",       "\"\\",      "{\"a\":}",   "\x0b{}"}) {
    CAPTURE(text);
    CHECK(fault_of(text) == JsonFault::syntax);
  }
  CHECK(fault_of(std::string_view("\0", 1)) == JsonFault::syntax);
  CHECK(fault_of(std::string_view("\"a\0b\"", 5)) == JsonFault::syntax);
}

TEST_CASE("A gate is used again after a fault") {
  JsonGate gate;
  CHECK_FALSE(gate.parse("[1,").ok());
  CHECK_FALSE(gate.parse("{} x").ok());
  const core::JsonResult result = gate.parse(R"({"a":"b"})");
  REQUIRE(result.ok());
  CHECK(core::string_member(result.root, "a") == "b");
}

TEST_CASE("Every fault has words of its own") {
  std::vector<std::string_view> seen;
  for (JsonFault fault : {JsonFault::empty, JsonFault::too_large, JsonFault::too_deep, JsonFault::not_utf8,
                          JsonFault::big_integer, JsonFault::big_number, JsonFault::trailing,
                          JsonFault::duplicate_name, JsonFault::syntax}) {
    CHECK(std::find(seen.begin(), seen.end(), core::describe(fault)) == seen.end());
    seen.push_back(core::describe(fault));
  }
}

TEST_CASE("Readers answer nothing for what is missing or of another type") {
  JsonGate gate;
  const core::JsonView root =
      gate.parse(R"({"s":"x","i":7,"d":7.5,"w":7.0,"b":true,"n":null,"o":{},"a":[]})").root;
  CHECK(core::string_member(root, "s") == "x");
  CHECK(core::integer_member(root, "i") == 7);
  CHECK(core::boolean_member(root, "b") == true);
  CHECK(core::member(root, "n")->is_null());
  CHECK_FALSE(core::member(root, "missing"));
  CHECK_FALSE(core::string_member(root, "i"));
  CHECK_FALSE(core::integer_member(root, "s"));
  CHECK_FALSE(core::integer_member(root, "d"));
  CHECK_FALSE(core::boolean_member(root, "n"));
  CHECK_FALSE(core::member(*core::member(root, "a"), "s"));
  CHECK_FALSE(core::member(*core::member(root, "s"), "s"));
}

TEST_CASE("Values are written anew, not repeated byte for byte") {
  JsonGate gate;
  const core::JsonResult parsed =
      gate.parse(R"( { "a" : [ 1 , -2, 18446744073709551615, 1.50, "\u0061\n\"", true, null, {} ] } )");
  REQUIRE(parsed.ok());
  CHECK(core::json_text(parsed.root) == R"({"a":[1,-2,18446744073709551615,1.5,"a\n\"",true,null,{}]})");
}

TEST_CASE("A quoted text comes back as it was through the gate") {
  const std::string text = std::string("quote \" backslash \\ newline \n nul ") + '\0' + " del \x7F hand 👋";
  const std::string quoted = core::json_quote(text);
  JsonGate gate;
  const core::JsonResult parsed = gate.parse(quoted);
  REQUIRE(parsed.ok());
  CHECK(parsed.root.get_string().value_unsafe() == text);
  CHECK(core::json_quote("\xFF") == "\"\xEF\xBF\xBD\"");
}

TEST_CASE("json_quote: every ASCII character, as the library writes it") {
  for (int c = 0; c < 128; ++c) {
    const std::string text = "a" + std::string(1, static_cast<char>(c)) + "b";
    CAPTURE(c);
    CHECK(core::json_quote(text) == core::Json(text).dump());
    CHECK(core::json_quote(text.substr(1, 1)) == core::Json(text.substr(1, 1)).dump());
  }
  CHECK(core::json_quote("") == R"("")");
  CHECK(core::json_quote("grüß \"dich\"") == R"("grüß \"dich\"")");
  CHECK(core::json_quote("\xff") == R"("�")");
}

TEST_CASE("json_quote: every byte, wherever it stands among eight, as the library writes it") {
  size_t wrong = 0;
  for (size_t at = 0; at < 20; ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = "twenty letters, all ";
      text[at] = static_cast<char>(byte);
      wrong += core::json_quote(text) != core::json_text(core::Json(text));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("json_quote: texts of nothing but what is escaped, of every length, have room") {
  size_t wrong = 0;
  for (const char escaped : {'"', '\n', '\x01'}) {
    for (size_t size = 0; size <= 100; ++size) {
      const std::string text(size, escaped);
      wrong += core::json_quote(text) != core::json_text(core::Json(text));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("json_quote: every character beyond ASCII, as the library writes it") {
  std::string all = "\"";
  for (char32_t c = 0x80; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const auto continued = [&](int bits) { return static_cast<char>(0x80 | ((c >> bits) & 0x3F)); };
    if (c < 0x800) {
      all += static_cast<char>(0xC0 | (c >> 6));
    } else if (c < 0x10000) {
      (all += static_cast<char>(0xE0 | (c >> 12))) += continued(6);
    } else {
      ((all += static_cast<char>(0xF0 | (c >> 18))) += continued(12)) += continued(6);
    }
    all += continued(0);
  }
  const bool same = core::json_quote(all) == core::Json(all).dump();
  CHECK(same);
  CHECK(core::json_quote("a\xED\xA0\x80") == core::json_text(core::Json("a\xED\xA0\x80")));  // a surrogate
}

TEST_CASE("JsonGate: gates at the same time and one after the other keep their views apart") {
  CHECK(core::json_text(core::empty_object()) == "{}");
  for (int i = 0; i < 20; ++i) {
    JsonGate first, second;
    const core::JsonView one = first.parse(R"({"a":[1,2,3]})").root;
    const core::JsonView two = second.parse(R"({"b":"text"})").root;
    CHECK(core::json_text(one) == R"({"a":[1,2,3]})");
    CHECK(core::json_text(two) == R"({"b":"text"})");
    CHECK(core::json_text(core::empty_object()) == "{}");
  }
}
