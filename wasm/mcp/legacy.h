// The legacy era (2024-11-05 to 2025-11-25): `initialize` opens a session, everything after it names that
// session.
#pragma once

#include "mcp/era.h"
#include "mcp/exchange.h"

namespace mcp {

core::Outcome answer_legacy(const Exchange& exchange, const core::Request& request, const Message& message);
core::Outcome answer_legacy_batch(const Exchange& exchange, const core::Request& request,
                                  const LegacyBatch& batch);
/// GET: the session's standing stream, or with Last-Event-ID one that was interrupted.
core::Outcome open_legacy_stream(const Exchange& exchange, const core::Request& request);
/// DELETE: the client ends its session (2025-03-26 and later, basic/transports, "Session Management").
core::Response delete_session(const Exchange& exchange, const core::Request& request);

}  // namespace mcp
