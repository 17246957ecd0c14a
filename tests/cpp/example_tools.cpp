#include <array>

#include "mcp/arguments.h"
#include "support.h"

namespace testing {

namespace {

using mcp::Parameter;

constexpr std::array kEcho = {Parameter{.type = Parameter::Type::line,
                                        .name = "text",
                                        .description = "What to repeat.",
                                        .minimum = 1,
                                        .maximum = 20}};

mcp::ToolOutcome hello(mcp::Call& call) {
  REQUIRE(call.arguments.is_object());
  return mcp::ToolResult::json(R"({"greeting":"hello","to":)" + core::json_quote(call.caller.name) + '}');
}

mcp::ToolOutcome echo(mcp::Call& call) {
  return mcp::ToolResult::text(mcp::text_argument(call.arguments, "text"));
}

mcp::ToolOutcome fail(mcp::Call&) {
  return mcp::ToolResult::error("It went wrong.");
}

}  // namespace

std::vector<mcp::Tool> example_tools() {
  using mcp::Annotations;
  return {{.name = "hello",
           .title = "Say hello",
           .description = "Greets.",
           .scope = "test:read",
           .input_schema = mcp::object_schema({}),
           .output_schema = R"({"type":"object","properties":{"greeting":{"type":"string"}}})",
           .annotations = {Annotations::Effect::read_only, Annotations::Repeat::idempotent},
           .run = hello},
          {.name = "echo",
           .title = "Echo",
           .description = "Repeats.",
           .scope = "test:read",
           .input_schema = mcp::object_schema(kEcho),
           .output_schema = {},
           .annotations = {Annotations::Effect::additive, Annotations::Repeat::not_idempotent},
           .run = echo},
          {.name = "fail",
           .title = "Fail",
           .description = "Fails.",
           .scope = "test:write",
           .input_schema = mcp::object_schema({}),
           .output_schema = {},
           .annotations = {},
           .run = fail},
          {.name = "demo_only",
           .title = "Demo",
           .description = "Is there in demonstrations only.",
           .scope = "test:read",
           .input_schema = mcp::object_schema({}),
           .output_schema = {},
           .annotations = {},
           .availability = mcp::Availability::demo,
           .run = hello}};
}

}  // namespace testing
