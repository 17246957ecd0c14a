// A tool with arguments and a structured answer.
#include <array>

#include "core/json.h"
#include "examples.h"
#include "mcp/arguments.h"

namespace examples {

namespace {

using Parameter = mcp::Parameter;

constexpr std::array<std::string_view, 3> kCurrencies = {"EUR", "GBP", "USD"};

// The input schema is made of this list, and no call reaches `run` that does not follow it.
constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::whole,
              .name = "cents",
              .description = "The whole bill, in cents: 4250 for 42.50.",
              .minimum = 1,
              .maximum = 100'000'000},
    Parameter{.type = Parameter::Type::whole,
              .name = "people",
              .description = "How many people share it.",
              .minimum = 1,
              .maximum = 100},
    Parameter{.type = Parameter::Type::choice,
              .name = "currency",
              .description = "The currency; EUR where it is left out.",
              .presence = Parameter::Presence::optional,
              .choices = kCurrencies},
};

constexpr std::string_view kOutputSchema =
    R"({"type":"object","properties":{"currency":{"type":"string"},)"
    R"("shares":{"type":"array","items":{"type":"integer"}}},"required":["currency","shares"]})";

mcp::ToolOutcome run(mcp::Call& call) {
  // Required arguments are there; a number has been checked against both of its ends.
  const int64_t cents = *mcp::optional_whole_argument(call.arguments, "cents");
  const int64_t people = *mcp::optional_whole_argument(call.arguments, "people");
  const std::string_view currency =
      mcp::optional_text_argument(call.arguments, "currency").value_or(kCurrencies[0]);

  if (people > cents) {
    return mcp::ToolResult::error("There are more people than cents. Ask for fewer people.");
  }
  core::Json shares = core::Json::array();
  for (int64_t person = 0; person < people; ++person) {
    shares.push_back(cents / people + (person < cents % people ? 1 : 0));
  }
  return mcp::ToolResult::json(core::json_text(core::Json{{"currency", currency}, {"shares", shares}}));
}

}  // namespace

mcp::Tool split_bill_tool() {
  return {.name = "splitBill",
          .title = "Split a bill",
          .description = "Splits a bill among people, to the cent: the shares add up to the bill.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = std::string(kOutputSchema),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace examples
