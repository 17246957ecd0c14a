// Streams of pages that want to know when something has changed: every entry of the trail is told to them.
// They hear that there is something new, not what: the page asks for that with its own session.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"

namespace authority {

/// Of one principal; the one that ends first goes first.
inline constexpr int64_t kMaxWatchers = 50;

/// A stream for `holder` (a page's session) until `expires_at`. Gives its id.
std::string watch(core::Context& step, std::string_view holder, core::Instant expires_at);
/// False where there is no such stream.
bool watches(core::Storage& storage, std::string_view stream_id);

void tell_watchers(core::Context& step);

/// Nobody reads it any more.
void stop_watching(core::Storage& storage, std::string_view stream_id);
/// Its holder's session has ended: the page is told so, and the stream closed.
void end_watchers(core::Context& step, std::string_view holder);
/// After a restart: the others have nobody who reads them.
void keep_watchers(core::Storage& storage, const std::vector<std::string>& open_streams);

}  // namespace authority
