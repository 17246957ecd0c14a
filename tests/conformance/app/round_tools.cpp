#include "fixtures.h"
#include "questions.h"

namespace conformance {

namespace {

using mcp::Answer;
using mcp::Call;
using mcp::ClientFeature;
using mcp::FormElicitation;
using mcp::ListRoots;
using mcp::ToolOutcome;
using mcp::ToolResult;

FormElicitation ask_for_name() {
  return question_for_text("What is your name?", "name");
}

FormElicitation ask_to_confirm() {
  return {"Please confirm", R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})"};
}

ToolOutcome elicitation(Call& call) {
  const Answer* user = call.ask("user_name", ask_for_name());
  if (!user) return call.wait();
  if (user->action != Answer::Action::accepted) return ToolResult::text("Hello, whoever you are!");
  return ToolResult::text("Hello, " + field(*user, "name") + "!");
}

ToolOutcome sampling(Call& call) {
  const Answer* model =
      call.ask("capital_question", question_for_model("What is the capital of France?", 100));
  if (!model) return call.wait();
  return ToolResult::text("The client's model said: " + said(*model));
}

ToolOutcome list_roots(Call& call) {
  const Answer* roots = call.ask("client_roots", ListRoots{});
  if (!roots) return call.wait();
  return ToolResult::text("The client works in: " + folders(*roots));
}

/// The text that the suite looks for is there once the state that came back was found to be ours: otherwise
/// the call would not have come to its second run.
ToolOutcome request_state(Call& call) {
  const Answer* confirmed = call.ask("confirm", ask_to_confirm());
  if (!confirmed) return call.wait();
  return ToolResult::text("state-ok: " + whole(*confirmed));
}

ToolOutcome tampered_state(Call& call) {
  const Answer* confirmed = call.ask("confirm", ask_to_confirm());
  if (!confirmed) return call.wait();
  return ToolResult::text("Confirmed with a state that nobody changed: " + whole(*confirmed));
}

/// All questions at once, and one round.
ToolOutcome multiple_inputs(Call& call) {
  const Answer* user = call.ask("user_name", ask_for_name());
  const Answer* greeting = call.ask("greeting", question_for_model("Generate a greeting", 50));
  const Answer* roots = call.ask("client_roots", ListRoots{});
  if (!user || !greeting || !roots) return call.wait();
  return ToolResult::text(said(*greeting) + " " + field(*user, "name") + ", you work in " + folders(*roots));
}

/// One question after the other, for the second needs the answer to the first.
ToolOutcome multi_round(Call& call) {
  const Answer* first = call.ask("step1", question_for_text("Step 1: What is your name?", "name"));
  if (!first) return call.wait();
  const Answer* second = call.ask(
      "step2",
      question_for_text("Step 2: What is your favorite color, " + field(*first, "name") + "?", "color"));
  if (!second) return call.wait();
  return ToolResult::text(field(*first, "name") + " likes " + field(*second, "color") + ".");
}

/// Asks whoever can be asked: what the client has not declared is left out.
ToolOutcome capabilities(Call& call) {
  std::string answers;
  const auto ask = [&](ClientFeature feature, std::string_view key, mcp::InputRequest request) {
    if (!call.client_can(feature)) return true;
    const Answer* answer = call.ask(key, std::move(request));
    if (answer) answers += std::string(key) + ": " + whole(*answer) + "\n";
    return answer != nullptr;
  };
  bool complete = ask(ClientFeature::form_elicitation, "user_name", ask_for_name());
  complete =
      ask(ClientFeature::sampling, "greeting", question_for_model("Generate a greeting", 50)) && complete;
  complete = ask(ClientFeature::roots, "client_roots", ListRoots{}) && complete;
  if (!complete) return call.wait();
  return ToolResult::text(answers.empty() ? "The client has nobody who could be asked." : answers);
}

}  // namespace

std::vector<mcp::Tool> round_tools() {
  return {
      tool("test_input_required_result_elicitation", "Asks for a name", "Asks the human for their name.",
           elicitation),
      tool("test_input_required_result_sampling", "Asks the model", "Asks the client's model for a capital.",
           sampling),
      tool("test_input_required_result_list_roots", "Asks for the folders",
           "Asks the client for the folders that it works in.", list_roots),
      tool("test_input_required_result_request_state", "State between rounds",
           "Asks the human to confirm, and takes the state that the client brings back.", request_state),
      tool("test_input_required_result_multiple_inputs", "Three questions at once",
           "Asks the human, the client's model and the client in one round.", multiple_inputs),
      tool("test_input_required_result_multi_round", "Two rounds",
           "Asks the human twice, one question after the other.", multi_round),
      tool("test_input_required_result_tampered_state", "Protected state",
           "Asks the human to confirm, and refuses a state that was changed.", tampered_state),
      tool("test_input_required_result_capabilities", "Asks whom it can",
           "Asks only what the client has declared that it can answer.", capabilities),
  };
}

}  // namespace conformance
