// Event streams (WHATWG HTML, server-sent events), as rows in the principal's storage.
//
// The Worker holds a stream for its client; a stream that nobody holds keeps what is sent until somebody
// does. Streams of a legacy session are resumable: their events have ids and are kept for a while, and GET
// with Last-Event-ID goes on after the event that it names. Modern streams are not: they end when their
// reader goes. Everything is bounded in number, size and age.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"
#include "mcp/revision.h"

namespace mcp {

/// Streams of one grant. A new one pushes out the oldest that nobody reads, or else the oldest.
inline constexpr int64_t kMaxStreams = 100;
/// Events kept of one stream, and their bytes. The oldest go first.
inline constexpr int64_t kMaxEvents = 256;
inline constexpr int64_t kMaxEventBytes = 1024 * 1024;
/// How long a resumable stream waits for its reader to come back.
inline constexpr core::Duration kResumable = core::minutes(5);
/// How long any stream waits for its first reader: the Worker comes at once.
inline constexpr core::Duration kUnread = core::minutes(1);

enum class StreamKind {
  standing,  // GET in a legacy session: what concerns no request
  listen,    // subscriptions/listen
  call,      // the answer to a POST
};

struct StreamOwner {
  std::string_view grant_id;
  std::string_view session_id;  // empty: modern
  Revision revision = kModern;
};

/// Opens a stream; `request_id` is that of a listen (JSON text). Gives its id.
std::string open_stream(core::Context& step, StreamKind kind, const StreamOwner& owner,
                        std::string_view request_id = {});

/// Sends one JSON-RPC message. Nothing happens where the stream is gone.
void send(core::Context& step, std::string_view stream_id, std::string_view message);
/// No more is coming.
void finish_stream(core::Context& step, std::string_view stream_id);
/// Closes the connection and leaves the stream: the client comes back after `retry`.
void hang_up(core::Context& step, std::string_view stream_id, core::Duration retry);
/// Ends it without a word.
void drop_stream(core::Context& step, std::string_view stream_id);

/// Where a client wants to go on (the value of Last-Event-ID).
struct ResumePoint {
  std::string stream_id;
  int64_t seq = 0;
};
std::optional<ResumePoint> read_event_id(std::string_view event_id);
/// Makes the next reader get what comes after `point`. False: this session has no such stream, or no longer
/// all of those events.
bool resume_stream(core::Context& step, std::string_view session_id, const ResumePoint& point);

/// Somebody reads it from now on: gives them what they have not seen. False where there is no such stream.
bool stream_opened(core::Context& step, std::string_view stream_id);
/// Nobody reads it any more.
void stream_closed(core::Context& step, std::string_view stream_id);
/// Of all streams, these alone are still read.
void only_open(core::Context& step, const std::vector<std::string>& stream_ids);

/// Ends what waited too long, and says when to look again (`core::Context::alarm`).
void sweep_streams(core::Context& step);

/// Null where there is none, as in most objects.
inline constexpr core::Lookup kAnyStream = "SELECT max(id) FROM streams";
/// When the first of those that nobody reads is gone.
inline constexpr core::Lookup kFirstStreamToGo =
    "SELECT min(expires_at) FROM streams WHERE expires_at IS NOT NULL";

void create_streams_schema(core::Storage& storage);

/// One server-sent event; `id` may be empty.
std::string event_text(std::string_view id, std::string_view data);

}  // namespace mcp
