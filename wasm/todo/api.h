// The Todo API as the tools use it: each request with a token that is exchanged for it, and allows that and
// no more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/call.h"
#include "mcp/tool.h"

namespace todo {

struct Request {
  std::string_view method;
  /// Below the API's address.
  std::string path;
  std::string body = {};
  std::string_view scope;
  /// A request whose answer was lost is repeated. `by_key`: it must not be done twice
  /// (draft-ietf-httpapi-idempotency-key-header). `until_gone`: what it deletes was there, and
  /// where it is not any more, it is done.
  enum class Repeats { as_it_is, by_key, until_gone } repeats = Repeats::as_it_is;
};

/// The API's answer with status 200, as JSON text.
struct Answered {
  std::string json;
};
/// `Waiting`: it is on its way. A `ToolResult`: the error to end with.
using Outcome = std::variant<Answered, mcp::Waiting, mcp::ToolResult>;

/// `key` names the request among those of one call. The call runs again until there is an answer.
Outcome ask(mcp::Call& call, std::string_view key, const Request& request);

/// What an entry of the list says: who is asked about it must see more than its id. Else what the tool ends
/// with, or that it waits.
std::variant<std::string, mcp::ToolOutcome> text_of_entry(mcp::Call& call, std::string_view id);

/// What the token that a tool would call the API with says, as JSON text.
Outcome claims_of_exchanged(mcp::Call& call, std::string_view scope);

/// Ends a tool with the list that the API gave, or with what stopped it.
mcp::ToolOutcome conclude(Outcome outcome);

/// The schema of the list.
std::string list_schema();

}  // namespace todo
