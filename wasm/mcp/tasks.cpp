#include "mcp/tasks.h"

#include <algorithm>

#include "core/due.h"
#include "mcp/calls.h"
#include "mcp/runner.h"
#include "mcp/subscriptions.h"

namespace mcp {

namespace {

constexpr std::string_view kWorking = "working";
constexpr std::string_view kInputRequired = "input_required";
constexpr std::string_view kCompleted = "completed";
constexpr std::string_view kFailed = "failed";
constexpr std::string_view kCancelled = "cancelled";

constexpr core::Lookup kFirstDue = "SELECT min(due_at) FROM tasks WHERE due_at IS NOT NULL";

bool any_tasks(core::Context& step) {
  return core::earliest(*step.storage, kFirstTaskToGo).has_value();
}

bool is_over(std::string_view status) {
  return status == kCompleted || status == kFailed || status == kCancelled;
}

struct Task {
  std::string id;
  std::string status;
  std::string message;
  std::string record;     // base64url
  std::string questions;  // InputRequests as JSON text
  std::string outcome;    // the result or the error as JSON text
  core::Instant created_at, updated_at;
};

std::optional<Task> find(core::Context& step, std::string_view id, std::string_view grant_id) {
  const core::Rows rows = step.storage->query(
      "SELECT id, status, message, record, questions, outcome, created_at, updated_at FROM tasks"
      " WHERE id = ? AND grant_id = ? AND expires_at > ?",
      {id, grant_id, step.now.milliseconds});
  if (rows.empty()) return std::nullopt;
  const auto text = [&](size_t column) { return std::string(rows.text(0, column)); };
  return Task{
      text(0), text(1), text(2), text(3), text(4), text(5), {rows.integer(0, 6)}, {rows.integer(0, 7)}};
}

/// The members that every form of a task has.
std::string task_members(const Task& task) {
  std::string json =
      R"("taskId":)" + core::json_quote(task.id) + R"(,"status":)" + core::json_quote(task.status);
  if (!task.message.empty()) json += R"(,"statusMessage":)" + core::json_quote(task.message);
  json += R"(,"createdAt":)" + core::json_quote(core::iso8601(task.created_at));
  json += R"(,"lastUpdatedAt":)" + core::json_quote(core::iso8601(task.updated_at));
  json += R"(,"ttlMs":)" + std::to_string(kTaskLifetime.milliseconds);
  return json + R"(,"pollIntervalMs":)" + std::to_string(kPollInterval.milliseconds);
}

std::string detailed_members(const Task& task) {
  std::string json = task_members(task);
  if (task.status == kInputRequired) json += R"(,"inputRequests":)" + task.questions;
  if (task.status == kCompleted) json += R"(,"result":)" + task.outcome;
  if (task.status == kFailed) json += R"(,"error":)" + task.outcome;
  return json;
}

/// Writes the new status and tells those who listen.
void update(core::Context& step, std::string_view id, std::string_view status, std::string_view questions,
            std::string_view outcome) {
  step.storage->query(
      "UPDATE tasks SET status = ?, questions = ?, outcome = ?, updated_at = ?, due_at = NULL WHERE id = ?",
      {status, questions, outcome, step.now.milliseconds, id});
  const core::Rows grant = step.storage->query("SELECT grant_id FROM tasks WHERE id = ?", {id});
  if (grant.empty()) return;
  const std::optional<Task> task = find(step, id, grant.text(0, 0));
  if (task) notify_task(step, id, '{' + detailed_members(*task) + '}');
}

std::string error_object(const Error& error) {
  std::string json = R"({"code":)" + std::to_string(static_cast<int>(error.code)) + R"(,"message":)" +
                     core::json_quote(error.message);
  if (!error.data.empty()) json += R"(,"data":)" + error.data;
  return json + '}';
}

/// The questions that are left of an `InputRequests` object.
std::string without_answered(std::string_view questions, const std::vector<std::string>& pending) {
  core::JsonGate gate;
  std::string json;
  for (const auto& field : core::JsonObject(gate.parse(questions).root.get_object().value_unsafe())) {
    if (std::find(pending.begin(), pending.end(), field.key) == pending.end()) continue;
    json += json.empty() ? "{" : ",";
    json += core::json_quote(field.key) + ':' + core::json_text(field.value);
  }
  return json + '}';
}

void save(core::Context& step, const CallRecord& record) {
  step.storage->query("UPDATE tasks SET record = ? WHERE id = ?",
                      {std::string_view(record.text()), std::string_view(record.task_id)});
}

/// The task that params name; an error where it is none of this grant's.
std::variant<Task, Error> named_task(const Exchange& exchange, core::JsonView params) {
  const std::optional<std::string_view> id = core::string_member(params, "taskId");
  if (!id) return invalid_params("taskId must be the id of a task");
  std::optional<Task> task = find(exchange.step, *id, exchange.caller.grant_id);
  if (!task) return invalid_params("unknown task " + core::json_quote(*id));
  return *std::move(task);
}

bool naps_only(const std::vector<Call::Deed>& deeds) {
  return std::all_of(deeds.begin(), deeds.end(),
                     [](const Call::Deed& deed) { return std::holds_alternative<core::Sleep>(deed.effect); });
}

}  // namespace

void create_tasks_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE tasks ("
      " id TEXT PRIMARY KEY,"
      " grant_id TEXT NOT NULL,"
      " status TEXT NOT NULL,"
      " message TEXT NOT NULL,"
      " record TEXT NOT NULL,"
      " questions TEXT NOT NULL,"
      " outcome TEXT NOT NULL,"
      " created_at INTEGER NOT NULL,"
      " updated_at INTEGER NOT NULL,"
      " expires_at INTEGER NOT NULL,"
      " due_at INTEGER"  // when it goes on by itself
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX tasks_by_grant ON tasks (grant_id)");
  storage.query("CREATE INDEX tasks_by_expiry ON tasks (expires_at)");
  storage.query("CREATE INDEX tasks_by_due ON tasks (due_at) WHERE due_at IS NOT NULL");
}

Answered become_task(const Exchange& exchange, CallRecord record) {
  core::Context& step = exchange.step;
  const core::Rows count = step.storage->query("SELECT count(*) FROM tasks WHERE grant_id = ?",
                                               {std::string_view(exchange.caller.grant_id)});
  if (count.integer(0, 0) >= kMaxTasks) {
    exchange.gate.stopped(record.ticket, step);
    return Error{ErrorCode::forbidden,
                 "There are " + std::to_string(kMaxTasks) +
                     " tasks already; each is kept for an hour. Try again later.",
                 {}};
  }
  record.task_id = step.entropy.identifier();
  const core::Instant expires_at = step.now + kTaskLifetime;
  step.storage->query(
      "INSERT INTO tasks (id, grant_id, status, message, record, questions, outcome, created_at, updated_at,"
      " expires_at) VALUES (?, ?, ?, '', ?, '', '', ?, ?, ?)",
      {std::string_view(record.task_id), std::string_view(exchange.caller.grant_id), kWorking,
       std::string_view(record.text()), step.now.milliseconds, step.now.milliseconds,
       expires_at.milliseconds});
  step.wake_at(expires_at);
  const std::string id = record.task_id;
  record.stream_id.clear();
  run_task(exchange, std::move(record));
  const std::optional<Task> task = find(step, id, exchange.caller.grant_id);
  if (!task) return Error{ErrorCode::internal_error, "The task could not be created.", {}};
  return Members{task_members(*task), "task"};
}

void run_task(const Exchange& exchange, CallRecord record) {
  core::Context& step = exchange.step;
  const std::string id = record.task_id;
  const std::optional<Task> task = find(step, id, exchange.caller.grant_id);
  if (!task || is_over(task->status)) return exchange.gate.stopped(record.ticket, step);

  core::JsonGate params;
  Run run = run_call(exchange, record, params.parse(record.params).root);
  for (const Call::Told& told : run.told) {
    if (told.status.empty()) continue;
    step.storage->query("UPDATE tasks SET message = ? WHERE id = ?",
                        {std::string_view(told.status), std::string_view(id)});
  }
  if (run.answered) {
    std::visit(core::Overloaded{
                   [&](const Members& members) { update(step, id, kCompleted, "", stored_result(members)); },
                   [&](const Error& error) { fail_task(step, id, error); },
                   [&](const ScopeMissing& scope) { fail_task(step, id, insufficient_scope(scope)); },
               },
               *run.answered);
    return;
  }
  const auto give_up = [&](std::string message) {
    exchange.gate.stopped(record.ticket, step);
    fail_task(step, id, {ErrorCode::internal_error, std::move(message), {}});
  };
  if (record.encode().size() > kMaxRecordBytes) return give_up("The task holds too much: over 1.4 MB.");
  if (run.deeds.empty() && ++record.rounds > kMaxRounds) return give_up("The task asked too often.");
  if (run.deeds.empty()) {
    record.pending = keys_of(run.questions);
    save(step, record);
    return update(step, id, kInputRequired, input_requests(run.questions), "");
  }
  save(step, record);
  if (task->status != kWorking) update(step, id, kWorking, "", "");
  if (!naps_only(run.deeds)) return step.background.push_back(await_task(record, std::move(run.deeds)));
  // Time is for the alarm: the object may sleep as well.
  core::Instant due = step.now + kTaskLifetime;
  for (const auto& [key, until] : record.sleeps) {
    if (until > step.now) due = std::min(due, until);
  }
  step.storage->query("UPDATE tasks SET due_at = ? WHERE id = ?", {due.milliseconds, std::string_view(id)});
  step.wake_at(due);
}

void fail_task(core::Context& step, std::string_view task_id, const Error& error) {
  const core::Rows rows = step.storage->query("SELECT status FROM tasks WHERE id = ?", {task_id});
  // What has ended stays as it is, whatever becomes of the effects that were still under way.
  if (rows.empty() || is_over(rows.text(0, 0))) return;
  update(step, task_id, kFailed, "", error_object(error));
}

void end_tasks(core::Context& step, std::string_view grant_id) {
  const core::Rows rows = step.storage->query("SELECT id FROM tasks WHERE grant_id = ?", {grant_id});
  for (size_t i = 0; i < rows.size(); ++i) {
    fail_task(step, rows.text(i, 0),
              {ErrorCode::forbidden, "The authority of this task was replaced; call again.", {}});
  }
}

Answered get_task(const Exchange& exchange, core::JsonView params) {
  const std::variant<Task, Error> named = named_task(exchange, params);
  if (const Error* error = std::get_if<Error>(&named)) return *error;
  return Members{detailed_members(std::get<Task>(named))};
}

Answered update_task(const Exchange& exchange, core::JsonView params) {
  const std::variant<Task, Error> named = named_task(exchange, params);
  if (const Error* error = std::get_if<Error>(&named)) return *error;
  const Task& task = std::get<Task>(named);
  const std::optional<core::JsonView> responses = core::member(params, "inputResponses");
  if (!responses || !responses->is_object()) return invalid_params("inputResponses must be an object");
  std::optional<CallRecord> record = CallRecord::from_text(task.record);
  if (task.status != kInputRequired || !record) return Members{};

  // Keys that nobody asked for are passed over.
  for (const auto& field : core::JsonObject(responses->get_object().value_unsafe())) {
    const auto open = std::find(record->pending.begin(), record->pending.end(), field.key);
    if (open == record->pending.end()) continue;
    record->answers.insert_or_assign(*open, core::json_text(field.value));
    record->pending.erase(open);
  }
  save(exchange.step, *record);
  if (record->pending.empty()) {
    run_task(exchange, *std::move(record));
  } else {
    update(exchange.step, task.id, kInputRequired, without_answered(task.questions, record->pending), "");
  }
  return Members{};
}

Answered cancel_task(const Exchange& exchange, core::JsonView params) {
  const std::variant<Task, Error> named = named_task(exchange, params);
  if (const Error* error = std::get_if<Error>(&named)) return *error;
  const Task& task = std::get<Task>(named);
  if (is_over(task.status)) return Members{};
  const std::optional<CallRecord> record = CallRecord::from_text(task.record);
  // What is under way comes to its end first: then it is said how.
  if (record && task.status == kInputRequired) exchange.gate.stopped(record->ticket, exchange.step);
  update(exchange.step, task.id, kCancelled, "", "");
  return Members{};
}

void set_tasks_alarm(core::Context& step) {
  if (!any_tasks(step)) return;
  core::wake_for(step, kFirstDue);
  core::wake_for(step, kFirstTaskToGo);
}

void sweep_tasks(const Catalogue& catalogue, const core::Config& config, Gate& gate, core::Context& step) {
  if (core::is_due(step, kFirstTaskToGo)) {
    step.storage->query("DELETE FROM tasks WHERE expires_at <= ?", {step.now.milliseconds});
  }
  if (!any_tasks(step)) return;
  if (!core::is_due(step, kFirstDue)) return set_tasks_alarm(step);
  const core::Rows due =
      step.storage->query("SELECT id, grant_id FROM tasks WHERE due_at <= ?", {step.now.milliseconds});
  for (size_t i = 0; i < due.size(); ++i) {
    step.storage->query("UPDATE tasks SET due_at = NULL WHERE id = ?", {due.text(i, 0)});
    const std::optional<Task> task = find(step, due.text(i, 0), due.text(i, 1));
    std::optional<CallRecord> record = task ? CallRecord::from_text(task->record) : std::nullopt;
    if (!record) continue;
    const std::optional<Caller> caller = gate.recall(record->caller_handle, step);
    if (caller) {
      run_task({catalogue, config, gate, step, *caller}, *std::move(record));
    } else {
      gate.stopped(record->ticket, step);
      fail_task(step, due.text(i, 0), authority_ended());
    }
  }
  set_tasks_alarm(step);
}

void wake_tasks(core::Context& step) {
  if (!any_tasks(step)) return;
  step.storage->query("UPDATE tasks SET due_at = ? WHERE status = ? AND due_at IS NULL",
                      {step.now.milliseconds, kWorking});
}

}  // namespace mcp
