// The lists of what there is, page by page (MCP 2026-07-28, server/utilities/pagination), and completion.
#pragma once

#include "mcp/exchange.h"

namespace mcp {

Answered list_tools(const Exchange& exchange, const Message& message, Revision revision);
Answered list_prompts(const Exchange& exchange, const Message& message, Revision revision);
Answered list_resources(const Exchange& exchange, const Message& message, Revision revision);
Answered list_templates(const Exchange& exchange, const Message& message, Revision revision);

/// completion/complete.
Answered complete(const Exchange& exchange, const Message& message);

/// How long a client may keep what it was told, and that it is not for others (server/utilities/caching).
std::string caching_members(core::Duration lifetime);
/// Lists change with a deployment, or with what the human allows; both are told to those who listen.
inline constexpr core::Duration kListLifetime = core::minutes(1);

}  // namespace mcp
