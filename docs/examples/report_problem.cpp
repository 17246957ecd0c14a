// A tool that asks the human for what the agent cannot know, and keeps what it was told.
#include <array>

#include "core/json.h"
#include "examples.h"
#include "mcp/arguments.h"
#include "mcp/form.h"

namespace examples {

namespace {

using Action = mcp::Answer::Action;
using Parameter = mcp::Parameter;

constexpr std::array<std::string_view, 3> kUrgencies = {"low", "normal", "high"};
constexpr std::array<std::string_view, 3> kUrgencyTitles = {"It can wait", "This week", "I cannot work"};

constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::line,
              .name = "summary",
              .description = "What does not work, in one sentence.",
              .minimum = 1,
              .maximum = 200},
    Parameter{.type = Parameter::Type::choice,
              .name = "urgency",
              .description = "How urgent it is. Leave it out unless the person has said so: they are asked.",
              .presence = Parameter::Presence::optional,
              .choices = kUrgencies,
              .title = "How urgent is it?",
              .choice_titles = kUrgencyTitles},
};
/// The form has one field: the argument that may be missing.
constexpr mcp::Parameters kForm = mcp::Parameters(kParameters).subspan(1);

mcp::ToolOutcome run(mcp::Call& call) {
  const std::string_view summary = mcp::text_argument(call.arguments, "summary");
  std::string_view urgency = mcp::text_argument(call.arguments, "urgency");

  if (urgency.empty()) {
    constexpr std::string_view kNotReported = "Nothing was reported. ";
    // The way out for clients that cannot show a form: the agent asks, and calls again.
    if (!call.client_can(mcp::ClientFeature::form_elicitation)) {
      return mcp::ToolResult::error(std::string(kNotReported) +
                                    "Ask your human how urgent it is, and call again with urgency.");
    }
    const mcp::Answer* answer =
        call.ask("urgency", mcp::FormElicitation{"You are about to report a problem: " + std::string(summary),
                                                 mcp::form_schema(kForm)});
    if (!answer) return call.wait();
    switch (answer->action) {
      case Action::accepted: urgency = mcp::text_argument(*answer->content, "urgency"); break;
      case Action::declined:
        return mcp::ToolResult::error(
            std::string(kNotReported) +
            "Your human does not want to. Do not try again unless they ask for it.");
      case Action::cancelled:
        return mcp::ToolResult::error(std::string(kNotReported) +
                                      "Your human closed the form. Ask them whether to go on.");
      case Action::failed:
        return mcp::ToolResult::error(std::string(kNotReported) +
                                      "The form could not be shown. Call again with urgency.");
    }
  }

  // The effect comes after the last `wait`: this line is reached once.
  const core::Rows rows = call.storage().query(
      "INSERT INTO problems (summary, urgency, reported_at) VALUES (?, ?, ?) RETURNING id",
      {summary, urgency, call.step.now.milliseconds});
  return mcp::ToolResult::json(core::json_text(core::Json{{"id", rows.integer(0, 0)}, {"urgency", urgency}}));
}

}  // namespace

void create_problems_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS problems (id INTEGER PRIMARY KEY, summary TEXT NOT NULL,"
      " urgency TEXT NOT NULL, reported_at INTEGER NOT NULL)");
}

mcp::Tool report_problem_tool() {
  return {.name = "reportProblem",
          .title = "Report a problem",
          .description = "Reports a problem for the person you act for. They are asked how urgent it is.",
          .scope = kScopeBuy,
          .input_schema = mcp::object_schema(kParameters),
          .annotations = {mcp::Annotations::Effect::additive, mcp::Annotations::Repeat::not_idempotent},
          .run = run};
}

}  // namespace examples
