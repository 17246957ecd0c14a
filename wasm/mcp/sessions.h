// Sessions of the legacy era, kept in the principal's storage: they survive the object's eviction and end
// with their grant. A session id is a name, not a proof: it works for the grant that opened it and is unknown
// to any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/step.h"
#include "mcp/revision.h"

namespace mcp {

/// Sessions that one principal can have open. Clients that never end theirs (most do not) push out the one
/// that has been silent for longest.
inline constexpr int64_t kMaxSessions = 1000;
/// How far `seen_at` may lag behind, so that a call does not write for it.
inline constexpr core::Duration kSeenGranularity = core::minutes(5);
/// What is kept of a client's self-description, in bytes.
inline constexpr size_t kMaxClientText = 200;

struct Session {
  std::string id;
  Revision revision = kNewestLegacy;
};

struct ClientDescription {
  std::string_view name;
  std::string_view version;
};

/// Opens a session under an unguessable id of visible ASCII (2025-11-25, basic/transports, "Session
/// Management").
Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientDescription client);

/// The session of this id and this grant, marked as seen; nothing where there is none.
std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id);

void end_session(core::Storage& storage, std::string_view id);

}  // namespace mcp
