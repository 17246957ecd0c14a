// What a human is shown of their deputies, as JSON for the page's script.
#pragma once

#include <string>
#include <string_view>

#include "authority/audit.h"
#include "authority/grants.h"
#include "core/json.h"
#include "core/step.h"
#include "identity/page_sessions.h"
#include "mcp/server.h"

/// Deputies that are shown: those that stand, then those that ended last.
inline constexpr int64_t kMostDeputies = 50;
/// Days in the charts of a deputy.
inline constexpr size_t kChartDays = 14;

/// Everything on the page but the trail.
core::Json state_view(const identity::PageSession& session, const mcp::Offer& offer, core::Context& step);
/// One deputy: of whom, since when, what it may, and what of that is used up.
core::Json deputy_view(const authority::Grant& grant, core::Context& step);
/// An entry with a sentence for people, and all of it.
std::string entry_view(const authority::Row& row, core::Storage& storage);
