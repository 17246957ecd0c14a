// Who wants to hear of what: topics, held by a legacy session or by a stream of subscriptions/listen.
#pragma once

#include <string>
#include <string_view>

#include "mcp/exchange.h"
#include "mcp/sessions.h"

namespace mcp {

/// Topics of one holder.
inline constexpr int64_t kMaxTopics = 200;
/// A URI or a task id is not longer than this, in bytes.
inline constexpr size_t kMaxTopicBytes = 2000;

/// subscriptions/listen (2026-07-28): the stream, with its acknowledgement in it, or an error.
std::variant<std::string, Error> listen(const Exchange& exchange, const Message& message);

// resources/subscribe and resources/unsubscribe (legacy).
Answered subscribe(const Exchange& exchange, const Session& session, const Message& message);
Answered unsubscribe(const Exchange& exchange, std::string_view session_id, const Message& message);

/// notifications/tasks to those who listen to the task; `params`: a JSON object.
void notify_task(core::Context& step, std::string_view task_id, std::string_view params);

/// An elicitation by URL whose completion this session wants to hear of.
void remember_elicitation(core::Context& step, std::string_view elicitation_id, std::string_view session_id);

void create_subscriptions_schema(core::Storage& storage);

}  // namespace mcp
