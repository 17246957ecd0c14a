// Two tools for whoever sets this up: what the tokens say that are at work. The tokens themselves are shown
// where DEMO_MODE is on, and nowhere else: an agent has no use for them.
#include "core/json.h"
#include "identity/token_exchange.h"
#include "mcp/arguments.h"
#include "todo/api.h"
#include "todo/todo.h"
#include "todo/tools/tools.h"

namespace todo {

namespace {

mcp::ToolOutcome show(const mcp::Call& call, std::string_view claims, const std::optional<std::string>& raw) {
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(claims);
  if (!json.ok()) return mcp::ToolResult::error("The token says nothing that can be shown.");
  std::string text = "{\"claims\":" + core::json_text(json.root);
  if (raw && call.config.demo_mode == core::Switch::on) text += ",\"token\":" + core::json_quote(*raw);
  return mcp::ToolResult::json(text + '}');
}

mcp::ToolOutcome who_am_i(mcp::Call& call) {
  const auto token = identity::subject_token(call.storage(), call.caller.grant_id, call.step.now);
  const auto claims = token ? identity::claims_of(*token) : std::nullopt;
  return show(call, claims.value_or(""), token);
}

mcp::ToolOutcome peek(mcp::Call& call) {
  Outcome outcome = claims_of_exchanged(call, kScopeRead);
  const Answered* claims = std::get_if<Answered>(&outcome);
  if (!claims) return conclude(std::move(outcome));
  const identity::Exchange exchange{call.caller.grant_id, call.caller.subject, kScopeRead};
  return show(call, claims->json, identity::exchanged_token(call.step, call.config, exchange));
}

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"claims":{"type":"object"},"token":{"type":"string"}},)"
    R"("required":["claims"]})";

mcp::Tool tool(std::string_view name, std::string_view title, std::string_view description,
               mcp::ToolOutcome (*run)(mcp::Call&)) {
  return {.name = name,
          .title = title,
          .description = description,
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .output_schema = std::string(kSchema),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace

mcp::Tool who_am_i_tool() {
  return tool("who_am_I", "Who am I",
              "What the token says that you came with: whom you act for, and through which client.",
              who_am_i);
}

mcp::Tool peek_api_token_tool() {
  return tool("peek_api_token", "Look at the API's token",
              "What the token says that this server calls the Todo API with: the same person, this server as "
              "the actor, for the API alone.",
              peek);
}

}  // namespace todo
