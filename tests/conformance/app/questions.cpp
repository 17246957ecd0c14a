#include "questions.h"

namespace conformance {

namespace {

std::string_view name(mcp::Answer::Action action) {
  switch (action) {
    case mcp::Answer::Action::accepted: return "accept";
    case mcp::Answer::Action::declined: return "decline";
    case mcp::Answer::Action::cancelled: return "cancel";
    case mcp::Answer::Action::failed: return "failed";
  }
  return "failed";
}

}  // namespace

mcp::Sampling question_for_model(std::string_view text, int max_tokens) {
  const core::Json message = {{"role", "user"}, {"content", {{"type", "text"}, {"text", text}}}};
  return {core::json_text(core::Json{{"messages", core::Json::array({message})}, {"maxTokens", max_tokens}})};
}

mcp::FormElicitation question_for_text(std::string_view message, std::string_view field) {
  const core::Json schema = {{"type", "object"},
                             {"properties", {{std::string(field), {{"type", "string"}}}}},
                             {"required", core::Json::array({field})}};
  return {std::string(message), core::json_text(schema)};
}

std::string field(const mcp::Answer& answer, std::string_view name) {
  if (!answer.content) return {};
  return std::string(core::string_member(*answer.content, name).value_or(""));
}

std::string said(const mcp::Answer& answer) {
  if (!answer.content) return {};
  const std::optional<core::JsonView> content = core::member(*answer.content, "content");
  if (!content) return {};
  // One block, or since 2025-11-25 also a list of them.
  core::JsonArray blocks;
  if (content->get_array().get(blocks) != simdjson::SUCCESS) {
    return std::string(core::string_member(*content, "text").value_or(""));
  }
  std::string text;
  for (core::JsonView block : blocks) text += core::string_member(block, "text").value_or("");
  return text;
}

std::string folders(const mcp::Answer& answer) {
  if (!answer.content) return {};
  const std::optional<core::JsonView> roots = core::member(*answer.content, "roots");
  core::JsonArray list;
  if (!roots || roots->get_array().get(list) != simdjson::SUCCESS) return {};
  std::string uris;
  for (core::JsonView root : list) {
    if (!uris.empty()) uris += ", ";
    uris += core::string_member(root, "uri").value_or("");
  }
  return uris;
}

std::string whole(const mcp::Answer& answer) {
  const std::string content = answer.content ? core::json_text(*answer.content) : "{}";
  return "action=" + std::string(name(answer.action)) + ", content=" + content;
}

}  // namespace conformance
