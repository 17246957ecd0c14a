// Sessions of the legacy era: they outlive the object's sleep and end with their grant. A session id is a
// name, not a proof: it works for the grant that it was given to and is unknown to any other.
//
// Of a session nothing is kept but what was said since it began: its log level, that it follows something,
// that it has ended. Most sessions have no row, for most clients open one after the other and end none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/step.h"
#include "mcp/call.h"
#include "mcp/revision.h"

namespace mcp {

/// Sessions of one principal of which something is kept. One more pushes out one that has ended, or else the
/// one that began first; with it end those of its grant that began before and have nothing kept.
inline constexpr int64_t kMaxKeptSessions = 1000;

struct Session {
  std::string id;
  Revision revision = kNewestLegacy;
  ClientFeatures features = ClientFeatures::from_bits(0);
  core::Instant begun = {};
  /// Where the client has not said what it wants to hear, this server decides: what a person might act on.
  LogLevel log_level = LogLevel::info;
};

Session open_session(core::Context& step, std::string_view grant_id, Revision revision,
                     ClientFeatures features);

/// The session of this id and this grant; nothing where there is none, or where it has ended.
std::optional<Session> find_session(core::Context& step, std::string_view grant_id, std::string_view id);

/// Keeps `session.log_level`. Whatever else is kept of a session goes when its row does, so who keeps
/// something calls this first.
void keep_session(core::Context& step, std::string_view grant_id, const Session& session);

/// With its streams, waiting calls and subscriptions.
void end_session(core::Context& step, std::string_view grant_id, const Session& session);

/// All of a grant's, for good.
void end_sessions(core::Context& step, std::string_view grant_id);
/// They go on under another grant.
void hand_on_sessions(core::Storage& storage, std::string_view from_grant, std::string_view to_grant);

void create_sessions_schema(core::Storage& storage);
/// What sessions have since there are questions and logs.
void add_session_features(core::Storage& storage);
/// What finds the oldest of many sessions, and their number.
void number_sessions(core::Storage& storage);
/// Since a session says itself what it began with. Those from before have a row, and go on.
void add_session_keys(core::Storage& storage);

}  // namespace mcp
