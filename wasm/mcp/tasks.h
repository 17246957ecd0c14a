// Tasks: calls that go on after they were answered (extension io.modelcontextprotocol/tasks). A task is a
// row: it is there before its id is given away, and it survives the end of the process. What it does outside
// is done at least once, and taken up again where it was interrupted.
#pragma once

#include <string>
#include <string_view>

#include "mcp/exchange.h"

namespace mcp {

/// How long a task and its result are kept, from its creation.
inline constexpr core::Duration kTaskLifetime = core::hours(1);
/// Tasks of one grant at a time.
inline constexpr int64_t kMaxTasks = 100;
inline constexpr core::Duration kPollInterval = core::seconds(1);

/// The call goes on as a task from here: gives `CreateTaskResult`, or why there can be no more tasks.
Answered become_task(const Exchange& exchange, CallRecord record);
/// Runs a task's call as far as it goes now.
void run_task(const Exchange& exchange, CallRecord record);
/// Its end, for a reason that is not the call's.
void fail_task(core::Context& step, std::string_view task_id, const Error& error);

/// Those of a grant that are not over fail: nothing goes on under an authority that was replaced.
void end_tasks(core::Context& step, std::string_view grant_id);

// The methods. A task belongs to the grant that made it; to others it does not exist.
Answered get_task(const Exchange& exchange, core::JsonView params);
Answered update_task(const Exchange& exchange, core::JsonView params);
Answered cancel_task(const Exchange& exchange, core::JsonView params);

/// Goes on with those that slept long enough, forgets those that are too old.
void sweep_tasks(const Catalogue& catalogue, const core::Config& config, Gate& gate, core::Context& step);
/// When `sweep_tasks` has something to do next.
void set_tasks_alarm(core::Context& step);
/// The process ended: those that were in the middle of something go on by alarm.
void wake_tasks(core::Context& step);
/// When the first of them may be forgotten.
inline constexpr core::Lookup kFirstTaskToGo = "SELECT min(expires_at) FROM tasks";

void create_tasks_schema(core::Storage& storage);

}  // namespace mcp
