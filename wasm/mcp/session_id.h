// The id of a legacy session says itself what the session began with, so that nothing need be kept of it. A
// MAC under a key of its grant makes it an id that this server gave, and gave to that grant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/step.h"
#include "mcp/call.h"
#include "mcp/revision.h"

namespace mcp {

/// What a session began with.
struct SessionFacts {
  Revision revision = kNewestLegacy;
  ClientFeatures features = ClientFeatures::from_bits(0);
  core::Instant begun = {};
};

/// 56 characters of base64url, unguessable and never the same (2025-11-25, basic/transports, "Session
/// Management").
std::string make_session_id(const SessionFacts& facts, std::string_view key, core::Context& step);

/// Nothing where the id was not made with this key.
std::optional<SessionFacts> read_session_id(std::string_view id, std::string_view key, core::Crypto& crypto);

}  // namespace mcp
