// Trace context that clients carry in `_meta`: W3C Trace Context and Baggage under the names that
// OpenTelemetry uses (MCP 2026-07-28, basic/index, "_meta"). It goes into the deployment's log, so that a
// trace there leads here.
#pragma once

#include "core/step.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// Longer values are left out (W3C Baggage section 3.3.2: platforms carry at least 8192 bytes).
inline constexpr size_t kMaxTraceBytes = 8192;

/// One line for a request with trace context: the context, the method, and what it names. Nothing else of it.
void log_trace(core::Context& step, const Message& message);

}  // namespace mcp
