// A tool that calls an HTTP API, and what can go wrong with that.
#include <array>

#include "core/json.h"
#include "examples.h"
#include "mcp/arguments.h"

namespace examples {

namespace {

using Parameter = mcp::Parameter;

constexpr std::array<std::string_view, 4> kCurrencies = {"EUR", "GBP", "JPY", "USD"};

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::choice,
              .name = "from",
              .description = "The currency of the amount.",
              .choices = kCurrencies},
    Parameter{.type = Parameter::Type::choice,
              .name = "to",
              .description = "The currency that the amount is wanted in.",
              .choices = kCurrencies},
};

constexpr std::string_view kOutputSchema =
    R"({"type":"object","properties":{"date":{"type":"string"},"rate":{"type":"number"}},)"
    R"("required":["date","rate"]})";

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string from(mcp::text_argument(call.arguments, "from"));
  const std::string to(mcp::text_argument(call.arguments, "to"));
  if (from == to) return mcp::ToolResult::error("A currency is worth one of itself: name two of them.");

  const std::string url = "https://api.frankfurter.dev/v1/latest?base=" + from + "&symbols=" + to;
  const core::EffectResult* answer = call.perform("rate", core::Fetch{"GET", url, {}, {}});
  if (!answer) return call.wait();

  // No answer: no such host, no connection, nothing within 10 seconds, or more than 1 MiB.
  if (!answer->ok()) {
    return mcp::ToolResult::error("The exchange rates cannot be reached at the moment. Try again later.");
  }
  // An answer of any status is an answer, a redirect too.
  if (answer->code != 200) {
    return mcp::ToolResult::error("The exchange rates answered with HTTP status " +
                                  std::to_string(answer->code) + ". Try again later.");
  }
  // What comes from outside goes through the gate. What the gate gives lives as long as the gate.
  core::JsonGate gate;
  const core::JsonResult body = gate.parse(answer->bytes);
  const auto date = body.ok() ? core::string_member(body.root, "date") : std::nullopt;
  const auto rates = body.ok() ? core::member(body.root, "rates") : std::nullopt;
  const auto rate = rates ? core::member(*rates, to) : std::nullopt;
  double number = 0;
  if (!date || !rate || rate->get_double().get(number) != simdjson::SUCCESS) {
    return mcp::ToolResult::error("The exchange rates answered with something that is no rate.");
  }
  return mcp::ToolResult::json(core::json_text(core::Json{{"date", *date}, {"rate", number}}));
}

}  // namespace

mcp::Tool exchange_rate_tool() {
  return {.name = "exchangeRate",
          .title = "Exchange rate",
          .description = "What one unit of a currency is worth in another one, by the latest reference rate.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = std::string(kOutputSchema),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent,
                          mcp::Annotations::World::open},
          .run = run};
}

}  // namespace examples
