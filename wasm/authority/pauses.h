// A pause stops every deputy of a principal for a while. It has a cause, and each cause is lifted by its own
// kind alone: what a human paused, no agent resumes.
#pragma once

#include <string_view>

#include "core/storage.h"
#include "core/time.h"

namespace authority {

/// The demo tools' ban: set and lifted by an agent, under DEMO_MODE.
inline constexpr std::string_view kDemoPause = "demo";

/// Creates what pauses need. Safe to repeat.
void create_pauses_schema(core::Storage& storage);

/// From now on. Pausing again for the same cause keeps the first moment.
void pause(core::Storage& storage, std::string_view cause, core::Instant now);
/// Lifts this cause; other causes stay. Nothing happens where it is not paused.
void resume(core::Storage& storage, std::string_view cause);
bool paused(core::Storage& storage, std::string_view cause);

}  // namespace authority
