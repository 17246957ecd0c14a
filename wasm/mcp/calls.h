// Calls of tools, prompts and resources: from the request to the answer, with everything that may lie
// between.
//
//   run -> ended                                  -> the answer
//       -> needs effects                          -> await, run again
//       -> needs the client or its human, modern  -> input_required; the next request brings the rest
//                                         legacy  -> requests on the call's stream; responses are posted
//                                         task    -> input_required; tasks/update brings the rest
//       -> wants to be a task                     -> the task's id; it goes on in the background
//
// A call that waits for the client is a row in `calls`. For the modern era its id is the `requestState`: 128
// random bits that say nothing and can be neither forged nor changed into another's, and that work once. What
// they stand for is bound in the row to grant, method and arguments, and is gone after kQuestionLifetime.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/exchange.h"
#include "mcp/streams.h"
#include "mcp/transport.h"

namespace mcp {

/// How long an answer may take.
inline constexpr core::Duration kQuestionLifetime = core::minutes(15);
/// Calls of one grant that wait; a new one pushes out the oldest.
inline constexpr int64_t kMaxWaitingCalls = 100;
/// What one call may hold while it waits, in bytes: params, answers and results of effects. A row of a
/// Durable Object has 2 MB, and in there it is base64.
inline constexpr size_t kMaxRecordBytes = 1'400'000;
/// How often one call may ask.
inline constexpr uint32_t kMaxRounds = 20;

/// A batch has one answer for all of its calls.
enum class Company { alone, batch };

/// Who sent a call, and what answers they take.
struct CallOrigin {
  Revision revision = kModern;
  ClientFeatures features = ClientFeatures::from_bits(0);
  std::optional<LogLevel> log_level;
  std::string session_id = {};  // empty: modern
  AcceptedForms accepted = {};
  Company company = Company::alone;
  /// The stream that an earlier call of the batch began: the answer goes there.
  std::string batch_stream_id = {};
  /// Of the request, for the headers that repeat arguments; null where there is none to check.
  const core::Headers* headers = nullptr;
};

/// True for the methods that are calls: tools/call, prompts/get and resources/read.
bool is_call(std::string_view method);
/// The answer, or what the call waits for. A call that has a stream already gives no answer but a reply.
core::Outcome begin_call(const Exchange& exchange, const Message& message, const CallOrigin& origin);

/// A call whose effects are done. `continuation` is what an `Await` of this file held.
core::Outcome resume_call(const Catalogue& catalogue, const core::Config& config, Gate& gate,
                          core::Context& step, std::string_view continuation,
                          const std::vector<core::EffectResult>& results);
/// It trapped: the client hears of an internal error.
void lose_call(core::Context& step, std::string_view continuation);
/// The process ended in the middle of calls: their clients hear of it.
void lose_running_calls(core::Context& step);
/// All of a grant that has ended.
void end_calls(core::Context& step, std::string_view grant_id);
/// Effects of a task's call, for the background.
core::Await await_task(const CallRecord& record, std::vector<Call::Deed> deeds);

/// A legacy client's response to a request of this server. What nobody waits for is passed over.
void take_response(const Exchange& exchange, std::string_view session_id, const Message& message);
/// notifications/cancelled: the call of this request ends without an answer.
void cancel_call(core::Context& step, std::string_view session_id, const RequestId& request_id);

/// Ends what has waited too long.
void sweep_calls(core::Context& step);
/// When the first of them has waited too long.
inline constexpr core::Lookup kFirstCallToEnd = "SELECT min(expires_at) FROM calls";

void create_calls_schema(core::Storage& storage);

}  // namespace mcp
