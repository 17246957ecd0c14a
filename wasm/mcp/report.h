// What the protocol knows of a request for the deployment's log (core/report.h).
#pragma once

#include <string_view>

#include "core/report.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// As lines and entries of the trail name the eras.
inline constexpr std::string_view kLegacyEra = "legacy";
inline constexpr std::string_view kModernEra = "modern";

/// The method in words of this program's own, if this server knows it; else "other", for a name that a client
/// made up may say anything.
std::string_view known_method(std::string_view method);

/// Era and method. Where the headers named no trace, the one that the message's `_meta` names (MCP
/// 2026-07-28, basic/index, "_meta"); the baggage there is for nobody here.
void report_message(core::Report& report, std::string_view era, const Message& message);

}  // namespace mcp
