// The to-do list: an API behind this server, in the name of the human for whom an agent acts.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/step.h"
#include "mcp/server.h"

namespace todo {

/// Scopes of the API's tokens.
inline constexpr std::string_view kScopeRead = "todo_api:read";
inline constexpr std::string_view kScopeWrite = "todo_api:write";

/// What is counted besides calls.
inline constexpr std::string_view kChanges = "changes";
inline constexpr std::string_view kDeletions = "deletions";

/// Everything that it offers to agents.
mcp::Offer offer();

/// Nothing is kept here but the authority: the list is the API's.
void create_schema(core::Storage& storage);
int64_t erase_personal_details(core::Context& step);
std::string_view refusal_when_banned(std::string_view name);

}  // namespace todo
