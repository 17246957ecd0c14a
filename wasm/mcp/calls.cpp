#include "mcp/calls.h"

#include <algorithm>

#include "core/due.h"
#include "mcp/era.h"
#include "mcp/params.h"
#include "mcp/runner.h"
#include "mcp/subscriptions.h"
#include "mcp/tasks.h"

namespace mcp {

namespace {

/// When the first of all calls that are kept has taken too long.

/// Where a call that waits for effects answers.
enum class Place : uint8_t { request = 1, stream, task };

/// What an `Await` keeps.
struct Suspended {
  Place place;
  AcceptedForms accepted;
  std::vector<std::string> keys;  // of the effects, in their order
  CallRecord record;

  std::string encode() const {
    core::WireWriter writer;
    writer.u8(static_cast<uint8_t>(place));
    writer.u8(static_cast<uint8_t>((accepted.json ? 1 : 0) + (accepted.event_stream ? 2 : 0)));
    writer.u32(static_cast<uint32_t>(keys.size()));
    for (const std::string& key : keys) writer.bytes(key);
    writer.append(record.encode());
    return writer.take();
  }
  static std::optional<Suspended> decode(std::string_view bytes) {
    core::WireReader reader(bytes);
    Suspended suspended;
    suspended.place = static_cast<Place>(reader.u8());
    const uint8_t forms = reader.u8();
    suspended.accepted = {(forms & 1) != 0, (forms & 2) != 0};
    const uint32_t count = reader.u32();
    for (uint32_t i = 0; i < count && reader.ok(); ++i) suspended.keys.push_back(reader.string());
    std::optional<CallRecord> record = CallRecord::decode(reader.rest());
    if (!reader.ok() || !record) return std::nullopt;
    suspended.record = *std::move(record);
    return suspended;
  }
};

core::Await await(Place place, AcceptedForms accepted, const CallRecord& record,
                  std::vector<Call::Deed> deeds) {
  Suspended suspended{place, accepted, {}, record};
  core::Await await;
  for (Call::Deed& deed : deeds) {
    suspended.keys.push_back(std::move(deed.key));
    await.effects.push_back(std::move(deed.effect));
  }
  await.continuation = suspended.encode();
  return await;
}

// ---- Rows ----

enum class RowState { running, waiting };

bool is_running(core::Context& step, std::string_view id) {
  return !step.storage->query("SELECT 1 FROM calls WHERE id = ?", {id}).empty();
}

/// A call is over. So is its stream, unless others of its batch are still on it.
void forget(core::Context& step, std::string_view id, std::string_view stream_id) {
  step.storage->query("DELETE FROM calls WHERE id = ?", {id});
  const core::Rows others =
      step.storage->query("SELECT 1 FROM calls WHERE stream_id = ? LIMIT 1", {stream_id});
  if (others.empty()) finish_stream(step, stream_id);
}

/// The last word of a call on its stream.
void end_on_stream(core::Context& step, const CallRecord& record, std::string_view text) {
  send(step, record.stream_id, text);
  forget(step, record.id, record.stream_id);
}
void end_on_stream(core::Context& step, const CallRecord& record, ErrorCode code, std::string message) {
  end_on_stream(step, record, error_text(record.request_id, {code, std::move(message), {}}));
}

void make_room(core::Context& step, std::string_view grant_id) {
  const int64_t count =
      step.storage->query("SELECT count(*) FROM calls WHERE grant_id = ?", {grant_id}).integer(0, 0);
  if (count < kMaxWaitingCalls) return;
  const core::Rows oldest =
      step.storage->query("SELECT id, record FROM calls WHERE grant_id = ? ORDER BY expires_at, id LIMIT ?",
                          {grant_id, count - kMaxWaitingCalls + 1});
  for (size_t i = 0; i < oldest.size(); ++i) {
    const std::optional<CallRecord> record = CallRecord::from_text(oldest.text(i, 1));
    if (record && !record->stream_id.empty()) {
      end_on_stream(step, *record, ErrorCode::internal_error, "Too many calls wait at the same time.");
    }
    step.storage->query("DELETE FROM calls WHERE id = ?", {oldest.text(i, 0)});
  }
}

/// Makes or renews the row of a call.
void keep(const Exchange& exchange, CallRecord& record, RowState state, std::string_view digest) {
  core::Context& step = exchange.step;
  if (record.id.empty()) {
    make_room(step, exchange.caller.grant_id);
    record.id = step.entropy.identifier();
  }
  const core::Instant expires_at = step.now + kQuestionLifetime;
  step.storage->query(
      "INSERT INTO calls (id, grant_id, session_id, request_id, stream_id, digest, waiting, record, "
      "expires_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET waiting = excluded.waiting,"
      " record = excluded.record, expires_at = excluded.expires_at",
      {std::string_view(record.id), exchange.caller.grant_id, std::string_view(record.session_id),
       std::string_view(record.request_id.json), std::string_view(record.stream_id), digest,
       state == RowState::waiting ? 1 : 0, std::string_view(record.text()), expires_at.milliseconds});
  step.wake_at(expires_at);
}

// ---- Telling ----

void tell(core::Context& step, const CallRecord& record, const std::vector<Call::Told>& told) {
  for (const Call::Told& item : told) {
    if (!item.json.empty()) send(step, record.stream_id, item.json);
    if (item.retry > core::Duration{}) hang_up(step, record.stream_id, item.retry);
  }
}

bool needs_stream(const std::vector<Call::Told>& told) {
  return std::any_of(told.begin(), told.end(), [](const Call::Told& item) {
    return !item.json.empty() || item.retry > core::Duration{};
  });
}

// ---- Ending ----

core::Outcome end(const Exchange& exchange, const CallRecord& record, AcceptedForms accepted,
                  const std::vector<Call::Told>& told, const Answered& answered) {
  if (!record.stream_id.empty()) {
    tell(exchange.step, record, told);
    end_on_stream(exchange.step, record, answer_text(exchange, record.revision, record.request_id, answered));
    return core::Reply{};
  }
  std::vector<std::string> before;
  for (const Call::Told& item : told) {
    if (!item.json.empty()) before.push_back(item.json);
  }
  return core::Respond{
      answer_response(exchange, record.revision, accepted, record.request_id, before, answered)};
}

// ---- Asking ----

/// The modern era: the answer names the questions, and the next request brings the rest.
Members input_required(const Exchange& exchange, CallRecord& record, const std::vector<Call::Question>& asked,
                       std::string_view digest) {
  record.pending = keys_of(asked);
  CallRecord waiting = record;
  waiting.id.clear();
  waiting.stream_id.clear();
  keep(exchange, waiting, RowState::waiting, digest);
  return {
      R"("inputRequests":)" + input_requests(asked) + R"(,"requestState":)" + core::json_quote(waiting.id),
      "input_required"};
}

/// The id of the request that asks it. No id comes twice in a session, so each round has its own.
std::string question_id(const CallRecord& record, std::string_view key) {
  return record.id + '.' + std::to_string(record.rounds) + ':' + std::string(key);
}

/// The legacy era: each question is a request on the call's stream.
void ask_on_stream(const Exchange& exchange, CallRecord& record, const std::vector<Call::Question>& asked) {
  record.pending = keys_of(asked);
  keep(exchange, record, RowState::waiting, {});
  for (const Call::Question& question : asked) {
    const QuestionText text = question_text(question.request, record.revision);
    send(exchange.step, record.stream_id,
         request_text(question_id(record, question.key), text.method, text.params));
    if (const UrlElicitation* page = std::get_if<UrlElicitation>(&question.request)) {
      remember_elicitation(exchange.step, page->id, record.session_id);
    }
  }
}

// ---- Going on ----

/// Params as they are kept: a call that goes on later has no request to look at.
void keep_params(CallRecord& record, core::JsonView params) {
  if (record.params.empty()) record.params = params_to_keep(params);
}

core::Outcome proceed(const Exchange& exchange, CallRecord record, core::JsonView params,
                      AcceptedForms accepted, Company company) {
  const bool in_batch = company == Company::batch;
  Run run = run_call(exchange, record, params);
  if (!run.answered && run.wants_task && run.deeds.empty()) {
    keep_params(record, params);
    run.answered = become_task(exchange, record);
  }
  const auto give_up = [&](ErrorCode code, std::string message) {
    exchange.gate.stopped(record.ticket, exchange.step);
    run.answered = Error{code, std::move(message), {}};
  };
  const bool asks = !run.answered && run.deeds.empty();
  if (asks && ++record.rounds > kMaxRounds) {
    give_up(ErrorCode::internal_error,
            "The call asked " + std::to_string(kMaxRounds) + " times and still has no answer.");
  }
  if (!run.answered) keep_params(record, params);
  const bool kept = asks || in_batch || !record.stream_id.empty() || needs_stream(run.told);
  if (!run.answered && kept && record.encode().size() > kMaxRecordBytes) {
    give_up(ErrorCode::internal_error, "The call holds too much to wait: over 1.4 MB.");
  }
  if (!run.answered && asks && record.revision >= kModern) {
    run.answered = input_required(exchange, record, run.questions, params_digest(exchange.step, params));
  }
  // The answers of a batch are parts of one text, never a stream.
  const AcceptedForms forms = in_batch ? AcceptedForms{} : accepted;
  if (run.answered) return end(exchange, record, forms, run.told, *run.answered);

  // It goes on without this request where there is something to say before its end.
  const bool begins_stream = record.stream_id.empty() && (asks || in_batch || needs_stream(run.told));
  if (begins_stream && !accepted.event_stream) {
    if (asks || in_batch) {
      give_up(ErrorCode::invalid_request, "This call needs a stream: send Accept with text/event-stream.");
      return end(exchange, record, accepted, {}, *run.answered);
    }
  } else if (begins_stream) {
    // Before streams make room for themselves, without a word.
    make_room(exchange.step, exchange.caller.grant_id);
    record.stream_id = open_stream(exchange.step, StreamKind::call,
                                   {exchange.caller.grant_id, record.session_id, record.revision});
  }
  const bool on_stream = !record.stream_id.empty();
  if (on_stream) tell(exchange.step, record, run.told);
  if (asks) {
    ask_on_stream(exchange, record, run.questions);
  } else if (!on_stream) {
    return await(Place::request, accepted, record, std::move(run.deeds));
  } else {
    keep(exchange, record, RowState::running, {});
    exchange.step.background.push_back(await(Place::stream, accepted, record, std::move(run.deeds)));
  }
  if (begins_stream) return core::RespondStream{stream_head(), record.stream_id};
  return core::Reply{};
}

/// What a client answered before it was asked anew. An error where that cannot be used.
std::optional<Error> take_input(const Exchange& exchange, CallRecord& record, core::JsonView params) {
  const std::optional<core::JsonView> responses = core::member(params, "inputResponses");
  if (responses && !responses->is_object()) return invalid_params("inputResponses must be an object");
  const std::optional<core::JsonView> state = core::member(params, "requestState");
  bool asked = false;
  if (state) {
    std::string_view id;
    if (state->get_string().get(id) != simdjson::SUCCESS)
      return invalid_params("requestState must be a string");
    const core::Rows rows = exchange.storage().query(
        "SELECT record, digest FROM calls WHERE id = ? AND grant_id = ? AND session_id = '' AND waiting = 1"
        " AND expires_at > ?",
        {id, exchange.caller.grant_id, exchange.step.now.milliseconds});
    std::optional<CallRecord> kept = rows.empty() ? std::nullopt : CallRecord::from_text(rows.text(0, 0));
    if (!kept || kept->method != record.method || rows.text(0, 1) != params_digest(exchange.step, params)) {
      return invalid_params(
          "requestState is unknown: it works once, for the very same call, and for 15 minutes; call anew "
          "without it");
    }
    exchange.storage().query("DELETE FROM calls WHERE id = ?", {id});
    record.answers = std::move(kept->answers);
    record.effects = std::move(kept->effects);
    record.sleeps = std::move(kept->sleeps);
    record.ticket = std::move(kept->ticket);
    record.told = kept->told;
    record.rounds = kept->rounds;
    record.pending = std::move(kept->pending);
    asked = true;
  }
  if (!responses) return std::nullopt;
  for (const auto& field : core::JsonObject(responses->get_object().value_unsafe())) {
    const bool expected =
        !asked || std::find(record.pending.begin(), record.pending.end(), field.key) != record.pending.end();
    if (expected) record.answers.insert_or_assign(std::string(field.key), core::json_text(field.value));
  }
  return std::nullopt;
}

std::string progress_token(const Message& message) {
  const std::optional<core::JsonView> token = meta_member(message, "progressToken");
  const bool usable = token && (token->is_string() || token->is_int64() || token->is_uint64());
  return usable ? core::json_text(*token) : std::string();
}

}  // namespace

void create_calls_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE calls ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " session_id TEXT NOT NULL,"  // empty: modern
      " request_id TEXT NOT NULL,"
      " stream_id TEXT NOT NULL,"  // empty: it waits for another request
      " digest TEXT NOT NULL,"     // of the params that the next request must have; empty on a stream
      " waiting INTEGER NOT NULL,"
      " record TEXT NOT NULL,"
      " expires_at INTEGER NOT NULL"
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX calls_by_grant ON calls (grant_id)");
  storage.query("CREATE INDEX calls_by_stream ON calls (stream_id)");
}

bool is_call(std::string_view method) {
  return method == "tools/call" || method == "prompts/get" || method == "resources/read";
}

core::Outcome begin_call(const Exchange& exchange, const Message& message, const CallOrigin& origin) {
  CallRecord record;
  record.method = std::string(message.method);
  record.request_id = *message.id;
  record.revision = origin.revision;
  record.features = origin.features;
  record.log_level = origin.log_level;
  record.session_id = origin.session_id;
  record.stream_id = origin.batch_stream_id;
  record.progress_token = progress_token(message);
  record.caller_handle = exchange.caller.handle;

  const core::JsonView params = message.params.value_or(core::empty_object());
  const auto refuse = [&](const Error& error) { return end(exchange, record, origin.accepted, {}, error); };
  if (const Tool* tool = called_tool(exchange, message.method, params); tool && origin.headers) {
    const std::optional<core::JsonView> arguments = core::member(params, "arguments");
    const std::optional<Error> mismatch = check_header_params(
        exchange.catalogue.header_params(*tool), arguments.value_or(core::empty_object()), *origin.headers);
    if (mismatch) return refuse(*mismatch);
  }
  if (record.revision >= kModern) {
    if (const std::optional<Error> error = take_input(exchange, record, params)) return refuse(*error);
  }
  return proceed(exchange, std::move(record), params, origin.accepted, origin.company);
}

core::Outcome resume_call(const Catalogue& catalogue, const core::Config& config, Gate& gate,
                          core::Context& step, std::string_view continuation,
                          const std::vector<core::EffectResult>& results) {
  std::optional<Suspended> suspended = Suspended::decode(continuation);
  if (!suspended || suspended->keys.size() != results.size()) return core::Reply{};
  CallRecord& record = suspended->record;
  // Whoever has been cancelled in the meantime does not go on.
  if (suspended->place == Place::stream && !is_running(step, record.id)) {
    gate.stopped(record.ticket, step);
    return core::Reply{};
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (!record.sleeps.contains(suspended->keys[i]))
      record.effects.insert_or_assign(suspended->keys[i], results[i]);
  }
  const std::optional<Caller> caller = gate.recall(record.caller_handle, step);
  if (!caller) gate.stopped(record.ticket, step);
  if (suspended->place == Place::task) {
    if (caller) {
      run_task({catalogue, config, gate, step, *caller}, std::move(record));
    } else {
      fail_task(step, record.task_id, authority_ended());
    }
    return core::Reply{};
  }
  const Caller nobody;
  const Exchange exchange{catalogue, config, gate, step, caller ? *caller : nobody};
  if (!caller) {
    return end(exchange, record, suspended->accepted, {}, authority_ended());
  }
  core::JsonGate params;
  const core::JsonView view = params.parse(record.params).root;
  return proceed(exchange, std::move(record), view, suspended->accepted, Company::alone);
}

void lose_call(core::Context& step, std::string_view continuation) {
  const std::optional<Suspended> suspended = Suspended::decode(continuation);
  if (!suspended) return;
  const CallRecord& record = suspended->record;
  const Error error{ErrorCode::internal_error, "Internal error: the call ended half way.", {}};
  if (suspended->place == Place::task) return fail_task(step, record.task_id, error);
  if (suspended->place == Place::stream && is_running(step, record.id)) {
    end_on_stream(step, record, error_text(record.request_id, error));
  }
}

core::Await await_task(const CallRecord& record, std::vector<Call::Deed> deeds) {
  return await(Place::task, {}, record, std::move(deeds));
}

void take_response(const Exchange& exchange, std::string_view session_id, const Message& message) {
  if (!message.id) return;
  core::JsonGate gate;
  const core::JsonResult id = gate.parse(message.id->json);
  std::string_view name;
  if (!id.ok() || id.root.get_string().get(name) != simdjson::SUCCESS) return;
  const size_t dot = name.find('.');
  const size_t colon = name.find(':');
  if (dot == std::string_view::npos || colon == std::string_view::npos) return;
  const core::Rows rows =
      exchange.storage().query("SELECT record FROM calls WHERE id = ? AND session_id = ? AND waiting = 1",
                               {name.substr(0, dot), session_id});
  std::optional<CallRecord> record = rows.empty() ? std::nullopt : CallRecord::from_text(rows.text(0, 0));
  if (!record || session_id.empty()) return;

  const auto open = std::find(record->pending.begin(), record->pending.end(), name.substr(colon + 1));
  if (open == record->pending.end() || name != question_id(*record, *open)) return;
  record->answers.insert_or_assign(
      *open, message.result ? core::json_text(*message.result) : std::string(kFailedAnswer));
  record->pending.erase(open);
  if (!record->pending.empty()) return keep(exchange, *record, RowState::waiting, {});
  core::JsonGate params;
  const core::JsonView view = params.parse(record->params).root;
  proceed(exchange, *std::move(record), view, {true, true}, Company::alone);
}

void cancel_call(core::Context& step, std::string_view session_id, const RequestId& request_id) {
  const core::Rows rows =
      step.storage->query("SELECT id, stream_id FROM calls WHERE session_id = ? AND request_id = ?",
                          {session_id, std::string_view(request_id.json)});
  if (session_id.empty()) return;
  for (size_t i = 0; i < rows.size(); ++i) forget(step, rows.text(i, 0), rows.text(i, 1));
}

void sweep_calls(core::Context& step) {
  if (!core::is_due(step, kFirstCallToEnd)) return;
  const core::Rows late = step.storage->query("SELECT id, record, stream_id FROM calls WHERE expires_at <= ?",
                                              {step.now.milliseconds});
  for (size_t i = 0; i < late.size(); ++i) {
    const std::optional<CallRecord> record = CallRecord::from_text(late.text(i, 1));
    if (late.text(i, 2).empty() || !record) {
      step.storage->query("DELETE FROM calls WHERE id = ?", {late.text(i, 0)});
      continue;
    }
    for (const std::string& key : record->pending) {
      send(step, record->stream_id,
           notification_text("notifications/cancelled", R"({"requestId":)" +
                                                            core::json_quote(question_id(*record, key)) +
                                                            R"(,"reason":"It took too long."})"));
    }
    end_on_stream(step, *record, ErrorCode::internal_error, "The call was not done within 15 minutes.");
  }
  core::wake_for(step, kFirstCallToEnd);
}

void end_calls(core::Context& step, std::string_view grant_id) {
  const core::Rows rows =
      step.storage->query("SELECT record, stream_id FROM calls WHERE grant_id = ?", {grant_id});
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::optional<CallRecord> record = CallRecord::from_text(rows.text(i, 0));
    if (!record || rows.text(i, 1).empty()) continue;
    end_on_stream(step, *record, ErrorCode::forbidden, "The authority of this call has ended.");
  }
  step.storage->query("DELETE FROM calls WHERE grant_id = ?", {grant_id});
}

void lose_running_calls(core::Context& step) {
  if (!core::earliest(*step.storage, kFirstCallToEnd)) return;
  const core::Rows rows = step.storage->query("SELECT record FROM calls WHERE waiting = 0");
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::optional<CallRecord> record = CallRecord::from_text(rows.text(i, 0));
    if (!record) continue;
    end_on_stream(step, *record, ErrorCode::internal_error,
                  "The server was interrupted in the middle of this call; repeat it.");
  }
}

}  // namespace mcp
