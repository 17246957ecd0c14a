#include "fixtures.h"
#include "questions.h"

namespace conformance {

namespace {

using mcp::Answer;
using mcp::Call;
using mcp::FormElicitation;
using mcp::ToolOutcome;
using mcp::ToolResult;

constexpr std::string_view kPrompt = R"({
  "type": "object",
  "properties": { "prompt": { "type": "string", "description": "What the client's model is asked." } },
  "required": ["prompt"],
  "additionalProperties": false
})";

ToolOutcome samples(Call& call) {
  const std::string_view prompt = core::string_member(call.arguments, "prompt").value_or("");
  const Answer* answer = call.ask("completion", question_for_model(prompt, 100));
  if (!answer) return call.wait();
  if (answer->action != Answer::Action::accepted)
    return ToolResult::error("The client's model did not answer.");
  return ToolResult::text("LLM response: " + said(*answer));
}

ToolOutcome needs_sampling(Call& call) {
  const Answer* answer = call.ask("completion", question_for_model("Say anything at all.", 10));
  if (!answer) return call.wait();
  return ToolResult::text("The client's model said: " + said(*answer));
}

constexpr std::string_view kMessage = R"({
  "type": "object",
  "properties": { "message": { "type": "string", "description": "What the human is asked." } },
  "required": ["message"],
  "additionalProperties": false
})";

constexpr std::string_view kWhoAreYou = R"({
  "type": "object",
  "properties": {
    "username": { "type": "string", "description": "User's response" },
    "email": { "type": "string", "description": "User's email address" }
  },
  "required": ["username", "email"]
})";

ToolOutcome elicits(Call& call) {
  const std::string_view message = core::string_member(call.arguments, "message").value_or("");
  const Answer* answer = call.ask("user", FormElicitation{std::string(message), std::string(kWhoAreYou)});
  if (!answer) return call.wait();
  return ToolResult::text("User response: " + whole(*answer));
}

/// SEP-1034: every primitive type with a default.
constexpr std::string_view kDefaults = R"({
  "type": "object",
  "properties": {
    "name": { "type": "string", "description": "User name", "default": "John Doe" },
    "age": { "type": "integer", "description": "User age", "default": 30 },
    "score": { "type": "number", "description": "User score", "default": 95.5 },
    "status": {
      "type": "string",
      "description": "User status",
      "enum": ["active", "inactive", "pending"],
      "default": "active"
    },
    "verified": { "type": "boolean", "description": "Verification status", "default": true }
  },
  "required": []
})";

ToolOutcome elicits_with_defaults(Call& call) {
  const Answer* answer =
      call.ask("user", FormElicitation{"Please review the form with its defaults.", std::string(kDefaults)});
  if (!answer) return call.wait();
  return ToolResult::text("Elicitation completed: " + whole(*answer));
}

/// SEP-1330: every way to write a choice, the one that is deprecated among them.
constexpr std::string_view kChoices = R"({
  "type": "object",
  "properties": {
    "untitledSingle": {
      "type": "string",
      "description": "Select one option",
      "enum": ["option1", "option2", "option3"]
    },
    "titledSingle": {
      "type": "string",
      "description": "Select one option with titles",
      "oneOf": [
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" }
      ]
    },
    "legacyEnum": {
      "type": "string",
      "description": "Select one option, written the old way",
      "enum": ["opt1", "opt2", "opt3"],
      "enumNames": ["Option One", "Option Two", "Option Three"]
    },
    "untitledMulti": {
      "type": "array",
      "description": "Select multiple options",
      "minItems": 1,
      "maxItems": 3,
      "items": { "type": "string", "enum": ["option1", "option2", "option3"] }
    },
    "titledMulti": {
      "type": "array",
      "description": "Select multiple options with titles",
      "minItems": 1,
      "maxItems": 3,
      "items": {
        "anyOf": [
          { "const": "value1", "title": "First Choice" },
          { "const": "value2", "title": "Second Choice" },
          { "const": "value3", "title": "Third Choice" }
        ]
      }
    }
  },
  "required": []
})";

ToolOutcome elicits_choices(Call& call) {
  const Answer* answer = call.ask("choices", FormElicitation{"Please choose.", std::string(kChoices)});
  if (!answer) return call.wait();
  return ToolResult::text("Elicitation completed: " + whole(*answer));
}

constexpr std::string_view kConfirm =
    R"({"type":"object","properties":{"ok":{"type":"boolean","title":"Go on"}},"required":["ok"]})";

/// Progress before the question, so that a client that wants it gets a stream and sees both on it.
ToolOutcome elicits_on_a_stream(Call& call) {
  call.progress(0, 1, "About to ask");
  const Answer* answer = call.ask("confirm", FormElicitation{"Shall it go on?", std::string(kConfirm)});
  if (!answer) return call.wait();
  call.progress(1, 1, "Answered");
  return ToolResult::text("Elicitation completed: " + whole(*answer));
}

}  // namespace

std::vector<mcp::Tool> asking_tools() {
  return {
      tool("test_sampling", "Sampling", "Asks the client's model.", samples, kPrompt),
      tool("test_missing_capability", "Needs sampling", "Cannot do anything without the client's model.",
           needs_sampling),
      tool("test_elicitation", "Form", "Asks the human who they are.", elicits, kMessage),
      tool("test_elicitation_sep1034_defaults", "Form with defaults",
           "Asks the human with a form whose fields are filled in.", elicits_with_defaults),
      tool("test_elicitation_sep1330_enums", "Form with choices",
           "Asks the human with every kind of choice that a form can have.", elicits_choices),
      tool("test_streaming_elicitation", "Form on a stream", "Asks the human after some progress.",
           elicits_on_a_stream),
  };
}

}  // namespace conformance
