#include "fixtures.h"
#include "mcp/arguments.h"
#include "mcp/server.h"

namespace conformance {

namespace {

using mcp::Call;
using mcp::LogLevel;
using mcp::ToolOutcome;
using mcp::ToolResult;

constexpr core::Duration kMoment = core::milliseconds(50);

ToolOutcome logs(Call& call) {
  call.log(LogLevel::info, "conformance", "Tool execution started");
  if (!call.sleep("before the data", kMoment)) return call.wait();
  call.log(LogLevel::info, "conformance", "Tool processing data");
  if (!call.sleep("before the end", kMoment)) return call.wait();
  call.log(LogLevel::info, "conformance", "Tool execution completed");
  return ToolResult::text("Three messages were logged, as far as the client wanted them.");
}

ToolOutcome logs_once(Call& call) {
  call.log(LogLevel::info, "conformance", "The logging tool was called");
  return ToolResult::text("One message was logged, if the client wanted it.");
}

ToolOutcome progresses(Call& call) {
  call.progress(0, 100, "Begun");
  if (!call.sleep("first half", kMoment)) return call.wait();
  call.progress(50, 100, "Half of it");
  if (!call.sleep("second half", kMoment)) return call.wait();
  call.progress(100, 100, "Done");
  return ToolResult::text("All of it is done.");
}

/// Not of the suite: for tests of clients that leave, come back, or do not read.
constexpr std::string_view kTicksSchema =
    R"({"type":"object","properties":{"count":{"type":"integer","minimum":1,"maximum":1000},)"
    R"("bytes":{"type":"integer","minimum":0,"maximum":100000}},"required":["count","bytes"]})";

ToolOutcome ticks(Call& call) {
  const int64_t count = mcp::optional_whole_argument(call.arguments, "count").value_or(1);
  const int64_t bytes = mcp::optional_whole_argument(call.arguments, "bytes").value_or(0);
  const std::string text(static_cast<size_t>(bytes), '.');
  for (int64_t tick = 1; tick <= count; ++tick) {
    call.progress(static_cast<double>(tick), static_cast<double>(count), text);
    if (!call.sleep(std::to_string(tick), core::milliseconds(20))) return call.wait();
  }
  return ToolResult::text("Ticked " + std::to_string(count) + " times.");
}

ToolOutcome reconnects(Call& call) {
  call.disconnect(core::milliseconds(200));
  if (!call.sleep("work", core::milliseconds(400))) return call.wait();
  return ToolResult::text("The result was there when the client came back for it.");
}

ToolOutcome changes_tools(Call& call) {
  mcp::notify_list_changed(call.step, mcp::List::tools);
  return ToolResult::text("Whoever listens was told that the tools have changed.");
}

ToolOutcome changes_prompts(Call& call) {
  mcp::notify_list_changed(call.step, mcp::List::prompts);
  return ToolResult::text("Whoever listens was told that the prompts have changed.");
}

}  // namespace

std::vector<mcp::Tool> telling_tools() {
  return {
      tool("test_tool_with_logging", "Logs", "Logs three messages while it works.", logs),
      tool("test_logging_tool", "Logs once", "Logs one message.", logs_once),
      tool("test_tool_with_progress", "Progress", "Tells three times how far it is.", progresses),
      tool("ticks", "Ticks", "Tells again and again how far it is.", ticks, kTicksSchema),
      tool("test_reconnection", "Reconnection",
           "Closes the connection while it works, so that the client comes back for the result.", reconnects),
      tool("test_trigger_tool_change", "Change of tools",
           "Tells whoever listens that the tools have changed.", changes_tools),
      tool("test_trigger_prompt_change", "Change of prompts",
           "Tells whoever listens that the prompts have changed.", changes_prompts),
  };
}

}  // namespace conformance
