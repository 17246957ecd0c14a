// What the official conformance suite expects a server to have: tools, prompts and resources with fixed
// names, written with the author API as any user of the library would write them. What each must do is told
// by the suite's scenarios (@modelcontextprotocol/conformance).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/prompt.h"
#include "mcp/resource.h"
#include "mcp/tool.h"

namespace conformance {

/// Whoever calls has it: the suite cannot send a token.
inline constexpr std::string_view kScope = "conformance";

/// The schema of a tool without arguments. Anything else is refused.
inline constexpr std::string_view kNoArguments =
    R"({"type":"object","properties":{},"additionalProperties":false})";

/// All of the tools only read, as far as anybody can tell.
inline mcp::Tool tool(std::string_view name, std::string_view title, std::string_view description,
                      mcp::ToolOutcome (*run)(mcp::Call&), std::string_view input_schema = kNoArguments,
                      mcp::TaskSupport tasks = mcp::TaskSupport::none) {
  return {.name = name,
          .title = title,
          .description = description,
          .scope = kScope,
          .input_schema = std::string(input_schema),
          .annotations = {mcp::Annotations::Effect::read_only},
          .tasks = tasks,
          .run = run};
}

/// One red pixel (PNG), and eight samples of silence (WAV), in base64.
inline constexpr std::string_view kRedPixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
inline constexpr std::string_view kSilence =
    "UklGRjQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YRAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The kinds of content that a result can have. Its first tool is the first of the whole list: the suite
/// calls that one without arguments.
std::vector<mcp::Tool> content_tools();
/// Logs, progress, a connection that is closed in the middle, changes of lists.
std::vector<mcp::Tool> telling_tools();
/// Questions to the client, one in each tool.
std::vector<mcp::Tool> asking_tools();
/// Questions over several rounds (2026-07-28, "Multi Round-Trip Requests").
std::vector<mcp::Tool> round_tools();
/// Calls that go on as tasks.
std::vector<mcp::Tool> task_tools();
/// Schemas that must arrive as they are, and arguments that are repeated in a header.
std::vector<mcp::Tool> schema_tools();

std::vector<mcp::Prompt> prompts();
std::vector<mcp::Resource> resources();
std::vector<mcp::ResourceTemplate> templates();

}  // namespace conformance
