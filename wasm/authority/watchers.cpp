#include "authority/watchers.h"

#include <algorithm>

namespace authority {

namespace {

constexpr std::string_view kChange = "event: change\ndata: {}\n\n";
constexpr std::string_view kEnded = "event: ended\ndata: {}\n\n";
constexpr core::Lookup kWatchers = "SELECT stream_id, expires_at FROM watchers";

void end(core::Context& step, const core::Rows& rows) {
  using Then = core::StreamWrite::Then;
  for (size_t row = 0; row < rows.size(); ++row) {
    step.writes.push_back({std::string(rows.text(row, 0)), std::string(kEnded), Then::close});
  }
}

}  // namespace

std::string watch(core::Context& step, std::string_view holder, core::Instant expires_at) {
  end(step, step.storage->query("DELETE FROM watchers WHERE stream_id IN (SELECT stream_id FROM watchers"
                                " ORDER BY expires_at DESC, stream_id LIMIT -1 OFFSET ?) RETURNING stream_id",
                                {kMaxWatchers - 1}));
  const std::string id = "page-" + step.entropy.identifier();
  step.storage->query("INSERT INTO watchers (stream_id, holder, expires_at) VALUES (?, ?, ?)",
                      {id, holder, expires_at.milliseconds});
  return id;
}

bool watches(core::Storage& storage, std::string_view stream_id) {
  return !storage.query("SELECT 1 FROM watchers WHERE stream_id = ?", {stream_id}).empty();
}

void tell_watchers(core::Context& step) {
  const auto rows = step.storage->look_up(kWatchers);
  for (size_t row = 0; row < rows->size(); ++row) {
    const std::string id(rows->text(row, 0));
    const auto told = [&](const core::StreamWrite& write) { return write.stream_id == id; };
    if (std::any_of(step.writes.begin(), step.writes.end(), told)) continue;
    if (rows->integer(row, 1) > step.now.milliseconds) {
      step.writes.push_back({id, std::string(kChange)});
    } else {
      step.writes.push_back({id, std::string(kEnded), core::StreamWrite::Then::close});
      stop_watching(*step.storage, id);
    }
  }
}

void stop_watching(core::Storage& storage, std::string_view stream_id) {
  storage.query("DELETE FROM watchers WHERE stream_id = ?", {stream_id});
}

void end_watchers(core::Context& step, std::string_view holder) {
  end(step, step.storage->query("DELETE FROM watchers WHERE holder = ? RETURNING stream_id", {holder}));
}

void keep_watchers(core::Storage& storage, const std::vector<std::string>& open_streams) {
  const auto rows = storage.look_up(kWatchers);
  for (size_t row = 0; row < rows->size(); ++row) {
    const std::string_view id = rows->text(row, 0);
    if (std::find(open_streams.begin(), open_streams.end(), id) == open_streams.end())
      stop_watching(storage, id);
  }
}

}  // namespace authority
