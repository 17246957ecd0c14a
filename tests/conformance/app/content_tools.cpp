#include "fixtures.h"

namespace conformance {

namespace {

using mcp::Call;
using mcp::Content;
using mcp::ToolOutcome;
using mcp::ToolResult;

ToolOutcome simple_text(Call&) {
  return ToolResult::text("This is a simple text response for testing.");
}

ToolOutcome image(Call&) {
  return ToolResult{.content = {Content::image(kRedPixel, "image/png")}};
}

ToolOutcome audio(Call&) {
  return ToolResult{.content = {Content::audio(kSilence, "audio/wav")}};
}

ToolOutcome embedded_resource(Call&) {
  return ToolResult{.content = {Content::resource({.uri = "test://embedded-resource",
                                                   .mime_type = "text/plain",
                                                   .text = "This is an embedded resource content."})}};
}

ToolOutcome mixed(Call&) {
  return ToolResult{.content = {Content::text("Multiple content types test:"),
                                Content::image(kRedPixel, "image/png"),
                                Content::resource({.uri = "test://mixed-content-resource",
                                                   .mime_type = "application/json",
                                                   .text = R"({"test":"data","value":123})"})}};
}

ToolOutcome error(Call&) {
  return ToolResult::error("This tool intentionally returns an error for testing");
}

}  // namespace

std::vector<mcp::Tool> content_tools() {
  return {
      tool("test_simple_text", "Text", "Answers with one text.", simple_text),
      tool("test_image_content", "Image", "Answers with an image.", image),
      tool("test_audio_content", "Audio", "Answers with a sound.", audio),
      tool("test_embedded_resource", "Resource", "Answers with a resource.", embedded_resource),
      tool("test_multiple_content_types", "Mixed content", "Answers with a text, an image and a resource.",
           mixed),
      tool("test_error_handling", "Error", "Always fails, in words that the agent can read.", error),
  };
}

}  // namespace conformance
