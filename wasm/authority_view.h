// What a human is shown of their deputies, as JSON for the page's script.
#pragma once

#include <string>

#include "authority/grants.h"
#include "authority/sentence.h"
#include "core/json.h"
#include "core/step.h"
#include "identity/page_sessions.h"

/// Deputies that are shown: those that stand, then those that ended last.
inline constexpr int64_t kMostDeputies = 50;
/// Days in the charts of a deputy.
inline constexpr size_t kChartDays = 14;

/// Everything on the page but the trail.
core::Json state_view(const identity::PageSession& session, const authority::Vocabulary& words,
                      core::Context& step);
/// What its client calls itself; the second client of one name is "Name (2)".
std::string deputy_name(const authority::Grant& grant, core::Storage& storage);
/// One deputy: of whom, since when, what it may, and what of that is used up.
core::Json deputy_view(const authority::Grant& grant, core::Context& step);
