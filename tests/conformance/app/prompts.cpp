#include <array>

#include "fixtures.h"
#include "questions.h"

namespace conformance {

namespace {

using mcp::Answer;
using mcp::Call;
using mcp::Content;
using mcp::PromptOutcome;
using mcp::PromptResult;

std::string argument(const Call& call, std::string_view name) {
  return std::string(core::string_member(call.arguments, name).value_or(""));
}

PromptOutcome simple(Call&) {
  return PromptResult{.messages = {{.content = Content::text("This is a simple prompt for testing.")}}};
}

PromptOutcome with_arguments(Call& call) {
  return PromptResult{
      .messages = {{.content = Content::text("Prompt with arguments: arg1='" + argument(call, "arg1") +
                                             "', arg2='" + argument(call, "arg2") + "'")}}};
}

std::vector<std::string> complete_argument(const mcp::CompletionQuestion& question) {
  static constexpr std::array<std::string_view, 5> kWords = {"paris", "park", "party", "test", "testing"};
  return mcp::words_with_prefix(kWords, question.value);
}

PromptOutcome with_resource(Call& call) {
  return PromptResult{
      .messages = {{.content = Content::resource({.uri = argument(call, "resourceUri"),
                                                  .mime_type = "text/plain",
                                                  .text = "Embedded resource content for testing."})},
                   {.content = Content::text("Please process the embedded resource above.")}}};
}

PromptOutcome with_image(Call&) {
  return PromptResult{.messages = {{.content = Content::image(kRedPixel, "image/png")},
                                   {.content = Content::text("Please analyze the image above.")}}};
}

PromptOutcome asks(Call& call) {
  const Answer* user =
      call.ask("user_context", question_for_text("What context should the prompt use?", "context"));
  if (!user) return call.wait();
  return PromptResult{
      .messages = {{.content = Content::text("Use this context: " + field(*user, "context"))}}};
}

}  // namespace

std::vector<mcp::Prompt> prompts() {
  return {
      {.name = "test_simple_prompt",
       .title = "Simple prompt",
       .description = "One message.",
       .scope = kScope,
       .get = simple},
      {.name = "test_prompt_with_arguments",
       .title = "Prompt with arguments",
       .description = "One message with two arguments in it.",
       .scope = kScope,
       .arguments = {{.name = "arg1", .description = "First test argument"},
                     {.name = "arg2", .description = "Second test argument"}},
       .get = with_arguments,
       .complete = complete_argument},
      {.name = "test_prompt_with_embedded_resource",
       .title = "Prompt with a resource",
       .description = "A resource, and what to do with it.",
       .scope = kScope,
       .arguments = {{.name = "resourceUri", .description = "URI of the resource to embed"}},
       .get = with_resource},
      {.name = "test_prompt_with_image",
       .title = "Prompt with an image",
       .description = "An image, and what to do with it.",
       .scope = kScope,
       .get = with_image},
      {.name = "test_input_required_result_prompt",
       .title = "Prompt that asks",
       .description = "Asks the human for a context and makes one message of it.",
       .scope = kScope,
       .get = asks},
  };
}

}  // namespace conformance
