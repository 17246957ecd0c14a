// What a prompt is to the protocol: a template that a person picks (MCP 2026-07-28, server/prompts).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/completion.h"
#include "mcp/tool.h"

namespace mcp {

struct PromptMessage {
  enum class Role { user, assistant };
  Role role = Role::user;
  Content content;
};
struct PromptResult {
  std::string description = {};
  std::vector<PromptMessage> messages;
};
using PromptOutcome = std::variant<PromptResult, Waiting, UrlRequired, Error>;

struct PromptArgument {
  std::string_view name;
  std::string_view description;
  enum class Presence { required, optional } presence = Presence::required;
};

struct Prompt {
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::string_view scope;
  std::vector<PromptArgument> arguments = {};
  std::vector<Icon> icons = {};
  Availability availability = Availability::always;
  /// Arguments are strings; those that are required are there, others are not.
  PromptOutcome (*get)(Call&);
  Completer complete = nullptr;
};

}  // namespace mcp
