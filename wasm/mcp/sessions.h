// Sessions of the legacy era, kept in the principal's storage: they survive the object's eviction and end
// with their grant. A session id is a name, not a proof: it works for the grant that opened it and is unknown
// to any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/step.h"
#include "mcp/call.h"
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
  ClientFeatures features = ClientFeatures::from_bits(0);
  /// Where the client has not said what it wants to hear, this server decides: what a person might act on.
  LogLevel log_level = LogLevel::info;
};

struct ClientDescription {
  std::string_view name;
  std::string_view version;
};

/// Opens a session under an unguessable id of visible ASCII (2025-11-25, basic/transports, "Session
/// Management").
Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientDescription client, ClientFeatures features);

/// The session of this id and this grant, marked as seen; nothing where there is none.
std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id);

/// logging/setLevel.
void set_log_level(core::Storage& storage, std::string_view id, LogLevel level);

/// With its streams, waiting calls and subscriptions.
void end_session(core::Context& step, std::string_view id);

void create_sessions_schema(core::Storage& storage);
/// What sessions have since there are questions and logs.
void add_session_features(core::Storage& storage);
/// What finds the oldest of many sessions, and their number.
void number_sessions(core::Storage& storage);

}  // namespace mcp
