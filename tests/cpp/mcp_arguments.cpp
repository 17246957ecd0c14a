// Arguments: one declaration, from which schema and check both come.
#include "mcp/arguments.h"

#include <array>

#include "mcp/catalogue.h"
#include "support.h"

using mcp::Parameter;
using testing::json;

namespace {

constexpr std::array<std::string_view, 3> kColours = {"red", "green", "blue"};
constexpr std::array kParameters = {
    Parameter{
        .type = Parameter::Type::line, .name = "name", .description = "A name.", .minimum = 2, .maximum = 5},
    Parameter{.type = Parameter::Type::lines,
              .name = "address",
              .description = "An address.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 10},
    Parameter{.type = Parameter::Type::whole,
              .name = "count",
              .description = "How many.",
              .presence = Parameter::Presence::optional,
              .minimum = -1,
              .maximum = 200},
    Parameter{.type = Parameter::Type::choice,
              .name = "colour",
              .description = "Which.",
              .presence = Parameter::Presence::optional,
              .choices = kColours},
};

/// What is wrong with these arguments; empty where nothing is.
std::string problems(const json& arguments, mcp::Parameters parameters = kParameters) {
  mcp::Offer offer;
  offer.tools = {{.name = "paint",
                  .title = {},
                  .description = {},
                  .scope = {},
                  .input_schema = mcp::object_schema(parameters),
                  .run = nullptr}};
  const mcp::Catalogue catalogue(std::move(offer));
  REQUIRE(catalogue.problems().empty());
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(arguments.dump());
  REQUIRE(parsed.ok());
  return catalogue.argument_problems(catalogue.offer().tools[0], parsed.root).value_or("");
}

bool accepts_name(std::string_view name) {
  return problems({{"name", name}}).empty();
}
bool accepts_address(std::string_view address) {
  return problems({{"name", "Ada"}, {"address", address}}).empty();
}
bool accepts_count(const json& count) {
  return problems({{"name", "Ada"}, {"count", count}}).empty();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The schema says what the check does") {
  CHECK(json::parse(mcp::object_schema(kParameters)) == json::parse(R"({
    "type": "object",
    "properties": {
      "name": {"type": "string", "minLength": 2, "maxLength": 5,
               "pattern": "^[^\\x00-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x1F\\x7F-\\x9F]*$",
               "description": "A name. One line of text, not blank, without control characters."},
      "address": {"type": "string", "minLength": 1, "maxLength": 10,
                  "pattern": "^[^\\x00-\\x09\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x09\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F]*$",
                  "description": "An address. Text of one or more lines, not blank, without control characters."},
      "count": {"type": "integer", "minimum": -1, "maximum": 200, "description": "How many."},
      "colour": {"type": "string", "enum": ["red", "green", "blue"], "description": "Which."}
    },
    "required": ["name"],
    "additionalProperties": false
  })"));
  CHECK(mcp::object_schema({}) == R"({"type":"object","properties":{},"additionalProperties":false})");
}

TEST_CASE("Arguments in order have no problems") {
  CHECK(problems({{"name", "Ada"}}).empty());
  CHECK(problems({{"name", "Ada"}, {"address", "a\nb"}, {"count", 200}, {"colour", "blue"}}).empty());
}

TEST_CASE("Lengths are counted in code points") {
  CHECK_FALSE(accepts_name("x"));
  CHECK(accepts_name("xx"));
  CHECK(accepts_name("xxxxx"));
  CHECK_FALSE(accepts_name("xxxxxx"));
  CHECK(accepts_name("ééééé"));
  CHECK(accepts_name("👋👋👋👋👋"));
  CHECK_FALSE(accepts_name("👋👋👋👋👋👋"));
}

TEST_CASE("Blanks alone say nothing, whatever their kind") {
  for (std::string_view blank : {"   ", "\u00A0\u00A0", "\u3000\u2003", "\uFEFF\uFEFF", "\u2028\u2029"}) {
    CAPTURE(blank);
    CHECK_FALSE(accepts_name(blank));
    CHECK(has(problems({{"name", blank}}), "pattern"));
  }
  CHECK(accepts_name(" x "));
  CHECK_FALSE(accepts_address("\n\n"));
}

TEST_CASE("Control characters are refused, line breaks only where there are no lines") {
  for (std::string_view bad : {"a\x01z", "a\x7Fz", "a\u0085z", "a\x1Bz", "a\tz"}) {
    CHECK_FALSE(accepts_name(bad));
    CHECK_FALSE(accepts_address(bad));
  }
  CHECK_FALSE(accepts_name(std::string_view("a\0z", 3)));
  CHECK_FALSE(accepts_name("a\nz"));
  CHECK_FALSE(accepts_name("a\rz"));
  CHECK(accepts_address("a\nz"));
  CHECK(accepts_address("a\r\nz"));
}

TEST_CASE("Integers are integers, in whatever way JSON writes them") {
  CHECK(accepts_count(-1));
  CHECK(accepts_count(200));
  CHECK(accepts_count(50.0));
  CHECK_FALSE(accepts_count(-2));
  CHECK_FALSE(accepts_count(201));
  CHECK_FALSE(accepts_count(1.5));
  CHECK_FALSE(accepts_count(1e300));
  CHECK_FALSE(accepts_count(18446744073709551615u));
  CHECK_FALSE(accepts_count("7"));
  CHECK_FALSE(accepts_count(nullptr));
  CHECK_FALSE(accepts_count(true));
}

TEST_CASE("All problems are told at once, each with the argument, the rule and what would be right") {
  const std::string text =
      problems({{"name", "x"}, {"address", 7}, {"count", 500}, {"colour", "pink"}, {"colur", "red"}});
  CHECK(text ==
        "The arguments of paint are not valid:\n"
        "- /address is 7; it must be a string of 1 to 10 characters.\n"
        "- /colour is \"pink\"; it must be one of \"red\", \"green\", \"blue\".\n"
        "- /colur is unknown; it must be left out, for what is known here is \"address\", \"colour\", "
        "\"count\", \"name\".\n"
        "- /count is 500; it must be at most 200.\n"
        "- /name has 1 character; it must have at least 2 characters.");
  CHECK(problems(json::object()) ==
        "The arguments of paint are not valid:\n"
        "- /name is missing; it must be a string of 2 to 5 characters.");
}

TEST_CASE("A pattern is told in words as well") {
  const std::string text = problems({{"name", "a\x1Bz"}});
  CHECK(has(text, "match the pattern"));
  CHECK(has(text, "One line of text, not blank, without control characters."));
}

TEST_CASE("A wrong value is repeated only so far") {
  CHECK(problems({{"name", "Ada"}, {"colour", std::string(100'000, 'x')}}).size() < 300);
}

TEST_CASE("Thousands of unknown arguments do not make thousands of lines") {
  json arguments = {{"name", "Ada"}};
  for (int i = 0; i < 5'000; ++i) arguments["unknown" + std::to_string(i)] = i;
  CHECK(problems(arguments).size() < 5'000);
}

TEST_CASE("A tool without arguments takes none") {
  CHECK(problems(json::object(), {}).empty());
  CHECK(problems({{"x", 1}}, {}) ==
        "The arguments of paint are not valid:\n- /x is unknown; it must be left out.");
}

TEST_CASE("Checked arguments are read by name") {
  core::JsonGate gate;
  const core::JsonView arguments = gate.parse(R"({"name":"Ada","count":50.0})").root;
  CHECK(mcp::text_argument(arguments, "name") == "Ada");
  CHECK(mcp::optional_text_argument(arguments, "address") == std::nullopt);
  CHECK(mcp::optional_whole_argument(arguments, "count") == 50);
  CHECK(mcp::optional_whole_argument(arguments, "missing") == std::nullopt);
}
