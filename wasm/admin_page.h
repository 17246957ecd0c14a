// What an administrator sees and does of somebody else's deputies.
//
// It begins in the administrator's own object, where their session is, and goes on as a call on the object of
// the other person: that one believes the call, for nobody but this deployment can make it. So everything
// that allows it is checked before.
#pragma once

#include <string>
#include <string_view>

#include "authority_page.h"
#include "core/json.h"
#include "core/step.h"
#include "identity/page_sessions.h"

/// In the administrator's object. What it awaits is for `admin_answer`.
core::Outcome admin_page(const core::Request& request, const core::Url& url,
                         const identity::PageSession& session, core::Context& step);
/// `csrf`: of the administrator's session, for the page's next act.
core::Outcome admin_answer(const core::EffectResult& result, std::string_view csrf);

/// In the other person's object. Gives {"person", "deputies", "pauses"}: who they are, as their newest grant
/// knows them, and what is to be seen of their deputies.
std::string admin_state(core::Context& step);
/// The same: what the act gave, as its page's script reads it. An administrator takes away, and gives back
/// what they took.
std::string admin_act(core::JsonView call, const PageWorld& world, core::Context& step);
