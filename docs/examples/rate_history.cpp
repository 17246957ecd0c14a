// A tool that takes long: a task where the client knows tasks, and a call that answers late elsewhere.
#include <array>

#include "core/json.h"
#include "examples.h"
#include "mcp/arguments.h"

namespace examples {

namespace {

using Parameter = mcp::Parameter;

constexpr int64_t kFirstYear = 2000;
constexpr int64_t kLastYear = 2025;
/// Between two requests: the rates are a free service.
constexpr core::Duration kPause = core::seconds(1);

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::whole,
              .name = "from",
              .description = "The first year.",
              .minimum = kFirstYear,
              .maximum = kLastYear},
    Parameter{.type = Parameter::Type::whole,
              .name = "to",
              .description = "The last year.",
              .minimum = kFirstYear,
              .maximum = kLastYear},
};

/// The dollars that a euro was worth; nothing where the answer does not say.
std::optional<double> dollars(const core::EffectResult& answer) {
  if (!answer.ok() || answer.code != 200) return std::nullopt;
  core::JsonGate gate;
  const core::JsonResult body = gate.parse(answer.bytes);
  const auto rates = body.ok() ? core::member(body.root, "rates") : std::nullopt;
  const auto rate = rates ? core::member(*rates, "USD") : std::nullopt;
  double number = 0;
  if (!rate || rate->get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

mcp::ToolOutcome run(mcp::Call& call) {
  const int64_t from = *mcp::optional_whole_argument(call.arguments, "from");
  const int64_t to = *mcp::optional_whole_argument(call.arguments, "to");
  if (from > to) return mcp::ToolResult::error("The first year comes after the last one.");

  // From here on the client has the task's id, and asks for the result when it likes.
  if (!call.as_task()) return call.wait();

  core::Json rates = core::Json::object();
  for (int64_t year = from; year <= to; ++year) {
    // Each turn has keys of its own. What an earlier run has fetched is there at once.
    const std::string key = std::to_string(year);
    const std::string url = "https://api.frankfurter.dev/v1/" + key + "-07-01?base=EUR&symbols=USD";
    if (year > from && !call.sleep("pause before " + key, kPause)) return call.wait();
    const core::EffectResult* answer = call.perform(key, core::Fetch{"GET", url, {}, {}});
    if (!answer) return call.wait();
    const std::optional<double> rate = dollars(*answer);
    if (!rate) return mcp::ToolResult::error("There is no rate for " + key + ". Ask for other years.");
    rates[key] = *rate;
    call.progress(static_cast<double>(year - from + 1), static_cast<double>(to - from + 1), "Got " + key);
  }
  return mcp::ToolResult::json(core::json_text(core::Json{{"rates", rates}}));
}

}  // namespace

mcp::Tool rate_history_tool() {
  return {
      .name = "rateHistory",
      .title = "Rates over the years",
      .description = "What a euro was worth in dollars each year on 1 July. Takes a second for each year.",
      .scope = kScopeRead,
      .input_schema = mcp::object_schema(kParameters),
      .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent,
                      mcp::Annotations::World::open},
      .tasks = mcp::TaskSupport::optional,
      .run = run};
}

}  // namespace examples
