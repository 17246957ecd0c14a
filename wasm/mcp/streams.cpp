#include "mcp/streams.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "core/due.h"

namespace mcp {

namespace {

struct Stream {
  bool resumable;
  bool read;  // somebody reads it
  bool ended;
  int64_t next_seq;
  int64_t seen;         // the last event that the next reader has seen; -1: none
  std::string hang_up;  // text to close the next connection with; empty: leave it open
};

std::optional<Stream> find(core::Context& step, std::string_view id) {
  const core::Rows rows = step.storage->query(
      "SELECT session_id, reading, ended, next_seq, seen, hang_up FROM streams WHERE id = ?", {id});
  if (rows.empty()) return std::nullopt;
  return Stream{!rows.text(0, 0).empty(), rows.integer(0, 1) != 0, rows.integer(0, 2) != 0,
                rows.integer(0, 3),       rows.integer(0, 4),      std::string(rows.text(0, 5))};
}

void erase(core::Context& step, std::string_view id) {
  step.storage->query("DELETE FROM stream_events WHERE stream_id = ?", {id});
  step.storage->query("DELETE FROM subscriptions WHERE holder = ?", {id});
  step.storage->query("DELETE FROM streams WHERE id = ?", {id});
}

/// It is gone at `when` unless somebody reads it.
void expire_at(core::Context& step, std::string_view id, core::Instant when) {
  step.storage->query("UPDATE streams SET reading = 0, expires_at = ? WHERE id = ?", {when.milliseconds, id});
  step.wake_at(when);
}

void store_event(core::Context& step, std::string_view id, int64_t seq, std::string_view text) {
  step.storage->query("INSERT INTO stream_events (stream_id, seq, event) VALUES (?, ?, ?)", {id, seq, text});
  const core::Rows kept = step.storage->query(
      "SELECT count(*), sum(length(CAST(event AS BLOB))) FROM stream_events WHERE stream_id = ?", {id});
  int64_t bytes = kept.integer(0, 1);
  int64_t count = kept.integer(0, 0);
  if (count <= kMaxEvents && bytes <= kMaxEventBytes) return;
  const core::Rows events = step.storage->query(
      "SELECT seq, length(CAST(event AS BLOB)) FROM stream_events WHERE stream_id = ? ORDER BY seq", {id});
  for (size_t i = 0; i + 1 < events.size() && (count > kMaxEvents || bytes > kMaxEventBytes); ++i) {
    step.storage->query("DELETE FROM stream_events WHERE stream_id = ? AND seq = ?",
                        {id, events.integer(i, 0)});
    bytes -= events.integer(i, 1);
    --count;
  }
}

void put(core::Context& step, std::string_view id, const Stream& stream, std::string_view data) {
  const int64_t seq = stream.next_seq;
  const std::string event_id = stream.resumable ? std::string(id) + '.' + std::to_string(seq) : std::string();
  std::string text = event_text(event_id, data);
  if (stream.resumable || !stream.read) {
    store_event(step, id, seq, text);
    step.storage->query("UPDATE streams SET next_seq = ? WHERE id = ?", {seq + 1, id});
  }
  if (stream.read) step.writes.push_back({std::string(id), std::move(text)});
}

void close_connection(core::Context& step, std::string_view id) {
  step.writes.push_back({std::string(id), {}, core::StreamWrite::Then::close});
}

/// First those whose reader has left (a stream that waits for its first one expires sooner), then what
/// concerns no call, then by age.
void make_room(core::Context& step, std::string_view grant_id) {
  const core::Rows count = step.storage->query("SELECT count(*) FROM streams WHERE grant_id = ?", {grant_id});
  const int64_t excess = count.integer(0, 0) - kMaxStreams + 1;
  if (excess <= 0) return;
  const core::Rows oldest = step.storage->query(
      "SELECT id FROM streams WHERE grant_id = ?"
      " ORDER BY coalesce(expires_at - opened_at, 0) <= ?, kind, opened_at, id LIMIT ?",
      {grant_id, kUnread.milliseconds, excess});
  for (size_t i = 0; i < oldest.size(); ++i) drop_stream(step, oldest.text(i, 0));
}

}  // namespace

void create_streams_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE streams ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " session_id TEXT NOT NULL,"  // empty: modern
      " kind INTEGER NOT NULL,"
      " request_id TEXT NOT NULL,"
      " reading INTEGER NOT NULL,"
      " ended INTEGER NOT NULL,"
      " next_seq INTEGER NOT NULL,"
      " seen INTEGER NOT NULL,"
      " hang_up TEXT NOT NULL,"
      " opened_at INTEGER NOT NULL,"
      " expires_at INTEGER"  // NULL while somebody reads it
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX streams_by_grant ON streams (grant_id)");
  storage.query("CREATE INDEX streams_by_expiry ON streams (expires_at) WHERE expires_at IS NOT NULL");
  storage.query(
      "CREATE TABLE stream_events ("
      " stream_id TEXT NOT NULL,"
      " seq INTEGER NOT NULL,"
      " event TEXT NOT NULL,"
      " PRIMARY KEY (stream_id, seq)"
      ") WITHOUT ROWID");
}

std::string event_text(std::string_view id, std::string_view data) {
  std::string text;
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  if (!data.empty()) text += "event: message\n";
  text += "data: ";
  // The end of a line would end the field. In a JSON text, such as an author's schema, it is only space.
  std::replace_copy_if(
      data.begin(), data.end(), std::back_inserter(text), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text.append("\n\n");
}

std::string open_stream(core::Context& step, StreamKind kind, const StreamOwner& owner,
                        std::string_view request_id) {
  make_room(step, owner.grant_id);
  const std::string id = step.entropy.identifier();
  step.storage->query(
      "INSERT INTO streams (id, grant_id, session_id, kind, request_id, reading, ended, next_seq, seen,"
      " hang_up, opened_at, expires_at) VALUES (?, ?, ?, ?, ?, 0, 0, 0, -1, '', ?, ?)",
      {std::string_view(id), owner.grant_id, owner.session_id, static_cast<int64_t>(kind), request_id,
       step.now.milliseconds, (step.now + kUnread).milliseconds});
  step.wake_at(step.now + kUnread);
  // The priming event of 2025-11-25: an id to come back with before anything was said. Older clients would
  // try to read its empty data.
  if (owner.revision == Revision::v2025_11_25) put(step, id, {true, false, false, 0, -1, {}}, {});
  return id;
}

void send(core::Context& step, std::string_view stream_id, std::string_view message) {
  const std::optional<Stream> stream = find(step, stream_id);
  if (stream && !stream->ended) put(step, stream_id, *stream, message);
}

void finish_stream(core::Context& step, std::string_view stream_id) {
  const std::optional<Stream> stream = find(step, stream_id);
  if (!stream || stream->ended) return;
  step.storage->query("UPDATE streams SET ended = 1 WHERE id = ?", {stream_id});
  if (!stream->read) return;
  close_connection(step, stream_id);
  if (stream->resumable) {
    expire_at(step, stream_id, step.now + kResumable);
  } else {
    erase(step, stream_id);
  }
}

void hang_up(core::Context& step, std::string_view stream_id, core::Duration retry) {
  const std::optional<Stream> stream = find(step, stream_id);
  if (!stream || !stream->resumable || stream->ended) return;
  const std::string text = "retry: " + std::to_string(retry.milliseconds) + "\n\n";
  if (stream->read) {
    step.writes.push_back({std::string(stream_id), text, core::StreamWrite::Then::close});
    expire_at(step, stream_id, step.now + kResumable);
  } else {
    step.storage->query("UPDATE streams SET hang_up = ? WHERE id = ?", {std::string_view(text), stream_id});
  }
}

void drop_stream(core::Context& step, std::string_view stream_id) {
  close_connection(step, stream_id);
  step.storage->query("DELETE FROM calls WHERE stream_id = ?", {stream_id});
  erase(step, stream_id);
}

std::optional<ResumePoint> read_event_id(std::string_view event_id) {
  const size_t dot = event_id.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  ResumePoint point{std::string(event_id.substr(0, dot)), 0};
  const std::string_view digits = event_id.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), point.seq);
  if (error != std::errc() || end != digits.data() + digits.size() || point.seq < 0) return std::nullopt;
  return point;
}

bool resume_stream(core::Context& step, std::string_view session_id, const ResumePoint& point) {
  const core::Rows rows = step.storage->query(
      "SELECT s.next_seq, (SELECT min(seq) FROM stream_events WHERE stream_id = s.id) FROM streams s"
      " WHERE s.id = ? AND s.session_id = ?",
      {std::string_view(point.stream_id), session_id});
  if (rows.empty() || session_id.empty() || point.seq >= rows.integer(0, 0)) return false;
  // What was pushed out is lost; to go on as if it were not there would be a lie.
  if (rows.is_null(0, 1) || point.seq + 1 < rows.integer(0, 1)) return false;
  step.storage->query("UPDATE streams SET seen = ?, expires_at = ?, reading = 0 WHERE id = ?",
                      {point.seq, (step.now + kUnread).milliseconds, std::string_view(point.stream_id)});
  step.wake_at(step.now + kUnread);
  return true;
}

bool stream_opened(core::Context& step, std::string_view stream_id) {
  const std::optional<Stream> stream = find(step, stream_id);
  if (!stream) return false;
  const core::Rows events =
      step.storage->query("SELECT event FROM stream_events WHERE stream_id = ? AND seq > ? ORDER BY seq",
                          {stream_id, stream->seen});
  std::string text;
  for (size_t i = 0; i < events.size(); ++i) text += events.text(i, 0);
  using Then = core::StreamWrite::Then;
  const bool close = stream->ended || !stream->hang_up.empty();
  text += stream->hang_up;
  if (close || !text.empty()) {
    step.writes.push_back({std::string(stream_id), std::move(text), close ? Then::close : Then::go_on});
  }
  if (!stream->resumable) step.storage->query("DELETE FROM stream_events WHERE stream_id = ?", {stream_id});
  if (stream->ended && !stream->resumable) {
    erase(step, stream_id);
  } else if (close) {
    step.storage->query("UPDATE streams SET hang_up = '' WHERE id = ?", {stream_id});
    expire_at(step, stream_id, step.now + kResumable);
  } else {
    step.storage->query("UPDATE streams SET reading = 1, expires_at = NULL WHERE id = ?", {stream_id});
  }
  return true;
}

void stream_closed(core::Context& step, std::string_view stream_id) {
  const std::optional<Stream> stream = find(step, stream_id);
  if (!stream || !stream->read) return;
  // Modern clients cancel by closing; legacy ones may come back (2025-11-25 and 2026-07-28,
  // basic/transports).
  if (!stream->resumable) return drop_stream(step, stream_id);
  expire_at(step, stream_id, step.now + kResumable);
}

void only_open(core::Context& step, const std::vector<std::string>& stream_ids) {
  if (step.storage->look_up(kAnyStream)->is_null(0, 0)) return;
  const core::Rows rows = step.storage->query("SELECT id FROM streams WHERE reading = 1");
  for (size_t i = 0; i < rows.size(); ++i) {
    if (std::find(stream_ids.begin(), stream_ids.end(), rows.text(i, 0)) == stream_ids.end()) {
      stream_closed(step, rows.text(i, 0));
    }
  }
}

void sweep_streams(core::Context& step) {
  if (!core::is_due(step, kFirstStreamToGo)) return;
  const core::Rows late =
      step.storage->query("SELECT id FROM streams WHERE expires_at <= ?", {step.now.milliseconds});
  for (size_t i = 0; i < late.size(); ++i) drop_stream(step, late.text(i, 0));
  core::wake_for(step, kFirstStreamToGo);
}

}  // namespace mcp
