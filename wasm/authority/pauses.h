// A pause stops a deputy, or all of them, for a while. It has a cause, and each cause is lifted by its own
// kind alone: what a human paused, no agent resumes.
#pragma once

#include <string_view>

#include "core/storage.h"
#include "core/time.h"

namespace authority {

inline constexpr std::string_view kHumanPause = "human";
inline constexpr std::string_view kAdministratorPause = "administrator";
/// The demo tools' ban: set and lifted by an agent, under DEMO_MODE.
inline constexpr std::string_view kDemoPause = "demo";

/// In place of a grant's id: all deputies of this principal, those to come included.
inline constexpr std::string_view kAllDeputies = "";

/// From now on. Pausing again for the same cause keeps the first moment.
void pause(core::Storage& storage, std::string_view grant_id, std::string_view cause, core::Instant now);
/// Lifts this cause; other causes stay. Nothing happens where it is not paused.
void resume(core::Storage& storage, std::string_view grant_id, std::string_view cause);
bool paused(core::Storage& storage, std::string_view grant_id, std::string_view cause);

}  // namespace authority
