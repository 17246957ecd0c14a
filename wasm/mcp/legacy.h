// The legacy era (2024-11-05 to 2025-11-25): `initialize` opens a session, everything after it names that
// session.
#pragma once

#include "mcp/era.h"
#include "mcp/exchange.h"

namespace mcp {

core::Response answer_legacy(const Exchange& exchange, const Message& message);
core::Response answer_legacy_batch(const Exchange& exchange, const LegacyBatch& batch);
/// DELETE: the client ends its session (2025-03-26 and later, basic/transports, "Session Management").
core::Response delete_session(const Exchange& exchange);

}  // namespace mcp
