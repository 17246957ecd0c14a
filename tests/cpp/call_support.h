// Questions and answers as the stories of calls use them.
#pragma once

#include <string>

#include "mcp/calls.h"
#include "support.h"

namespace testing {

inline const json kNothing = json::object();
/// A client that can be asked anything.
inline const json kAsksAll = {
    {"elicitation", {{"form", kNothing}, {"url", kNothing}}}, {"sampling", kNothing}, {"roots", kNothing}};
inline const json kTasks = {{"extensions", {{"io.modelcontextprotocol/tasks", kNothing}}}};
inline const json kAsksAllAndTasks = [] {
  json all = kAsksAll;
  all.update(kTasks);
  return all;
}();

inline const std::string kNameSchema =
    R"({"type":"object","properties":{"name":{"type":"string","minLength":2}},"required":["name"]})";
inline mcp::FormElicitation form(std::string message = "Who?") {
  return {std::move(message), kNameSchema};
}
inline mcp::UrlElicitation page(std::string id = "e1") {
  return {"Please sign.", "https://sign.example/" + id, id};
}

inline json accepted(const json& content) {
  return {{"action", "accept"}, {"content", content}};
}
inline json named(std::string_view name) {
  return accepted({{"name", name}});
}

inline std::string show(const mcp::Answer& answer) {
  using Action = mcp::Answer::Action;
  switch (answer.action) {
    case Action::accepted: return answer.content ? core::json_text(*answer.content) : "accepted";
    case Action::declined: return "declined";
    case Action::cancelled: return "cancelled";
    case Action::failed: return "failed";
  }
  return "";
}

inline mcp::ToolOutcome said(std::string_view text) {
  return mcp::ToolResult::text(text);
}

/// Asks one question and says what the answer was.
inline mcp::ToolOutcome ask_name(mcp::Call& call) {
  const mcp::Answer* answer = call.ask("name", form());
  if (!answer) return call.wait();
  return said(show(*answer));
}

/// Fetches something under a key and says what came.
inline mcp::ToolOutcome fetch_one(mcp::Call& call) {
  const core::EffectResult* result = call.perform("one", core::Fetch{"GET", "https://one.example/", {}, {}});
  if (!result) return call.wait();
  return said(result->ok() ? result->bytes : "failed: " + result->bytes);
}

/// The modern client's next try.
inline Reply again(ModernClient& client, const Reply& asked, const json& answers,
                   json params = {{"name", "act"}, {"arguments", kNothing}}) {
  if (!answers.is_null()) params["inputResponses"] = answers;
  params["requestState"] = asked.result().at("requestState");
  return client.call("tools/call", std::move(params));
}

inline std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

/// A moment too early.
inline core::Duration just_before(core::Duration time) {
  return core::milliseconds(time.milliseconds - 1);
}

inline bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// 2026-07-28 and each revision before it.
inline const std::vector<std::string> kAllRevisions = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25",
                                                       "2026-07-28"};

}  // namespace testing
