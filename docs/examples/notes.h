// A notes service: what docs/MAKE_IT_YOURS.md puts into the place of the shop. The application needs these
// four functions of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/step.h"
#include "mcp/server.h"

namespace notes {

/// By the names that wasm/service.h announces and explains.
inline constexpr std::string_view kScopeRead = "notes:read";
inline constexpr std::string_view kScopeWrite = "notes:write";

/// Everything that agents are offered.
mcp::Offer offer();

/// What a deputy hears while the demo ban lasts. There is none where there are no demo tools.
std::string_view refusal_when_banned(std::string_view name);

/// Creates what is needed in a person's storage. Safe to repeat.
void create_schema(core::Storage& storage);

/// Erases what identifies a person, where they ask for it. Gives how many records it was in.
int64_t erase_personal_details(core::Context& step);

}  // namespace notes
