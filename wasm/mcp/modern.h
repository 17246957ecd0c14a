// The modern era (2026-07-28): no handshake and no sessions, every request says in `_meta` and in headers
// what it is.
#pragma once

#include "mcp/exchange.h"

namespace mcp {

/// Checks, in this order: `_meta`, the version header, the version, Mcp-Method, Mcp-Name; then answers the
/// method.
core::Outcome answer_modern(const Exchange& exchange, const core::Request& request, const Message& message);

}  // namespace mcp
