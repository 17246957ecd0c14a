#include "mcp/server.h"

#include "core/json.h"
#include "mcp/calls.h"
#include "mcp/catalogue.h"
#include "mcp/era.h"
#include "mcp/exchange.h"
#include "mcp/legacy.h"
#include "mcp/modern.h"
#include "mcp/report.h"
#include "mcp/sessions.h"
#include "mcp/streams.h"
#include "mcp/subscriptions.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

core::Outcome refuse(int status, ErrorCode code, std::string message) {
  return core::Respond{error_response(status, {}, {code, std::move(message), {}})};
}

core::Outcome method_not_allowed() {
  core::Response response =
      error_response(405, {},
                     {ErrorCode::invalid_request,
                      "Method not allowed: this endpoint takes POST, and GET and DELETE for a session.",
                      {}});
  response.headers.add("Allow", "POST, GET, DELETE");
  return core::Respond{std::move(response)};
}

core::Outcome route(const Exchange& exchange, const core::Request& request, core::JsonView body) {
  core::Report& report = exchange.step.report;
  return std::visit(core::Overloaded{
                        [&](const LegacyMessage& legacy) {
                          report_message(report, kLegacyEra, legacy.message);
                          return answer_legacy(exchange, request, legacy.message);
                        },
                        [&](const LegacyBatch& batch) {
                          report.era = kLegacyEra;
                          report.method = "batch";
                          return answer_legacy_batch(exchange, request, batch);
                        },
                        [&](const ModernMessage& modern) {
                          report_message(report, kModernEra, modern.message);
                          return answer_modern(exchange, request, modern.message);
                        },
                        [&](const BadRequest& bad) -> core::Outcome {
                          return core::Respond{error_response(400, bad.id, bad.error)};
                        },
                    },
                    classify(body, request.headers));
}

core::Outcome post(const Exchange& exchange, const core::Request& request) {
  if (request.body_state == core::BodyState::too_large) {
    return refuse(413, ErrorCode::invalid_request, "Content too large: a message has at most 1 MiB.");
  }
  if (!has_json_content(request.headers)) {
    return refuse(415, ErrorCode::invalid_request,
                  "Unsupported media type: Content-Type must be application/json.");
  }
  core::JsonGate gate;
  const core::JsonResult body = gate.parse(request.body);
  if (body.fault == core::JsonFault::too_large) {
    return refuse(413, ErrorCode::invalid_request, "Content too large: a message has at most 1 MiB.");
  }
  if (!body.ok()) {
    return refuse(400, ErrorCode::parse_error,
                  "Parse error: " + std::string(core::describe(body.fault)) + ".");
  }
  return route(exchange, request, body.root);
}

/// GET belongs to legacy sessions; whoever names a modern revision has none.
bool is_modern(const core::Request& request) {
  return names_modern(request.headers.get("MCP-Protocol-Version").value_or(""));
}

}  // namespace

Server::Server(Offer offer) : catalogue_(std::make_unique<Catalogue>(std::move(offer))) {}
Server::~Server() = default;

const Offer& Server::offer() const {
  return catalogue_->offer();
}

core::Outcome Server::handle(const core::Request& request, const Caller& caller, const core::Config& config,
                             Gate& gate, core::Context& step) const {
  const Exchange exchange{*catalogue_, config, gate, step, caller};
  if (request.method == "POST") return post(exchange, request);
  if (is_modern(request)) return method_not_allowed();
  if (request.method == "GET") return open_legacy_stream(exchange, request);
  if (request.method == "DELETE") return core::Respond{delete_session(exchange, request)};
  return method_not_allowed();
}

core::Outcome Server::resume(std::string_view continuation, const std::vector<core::EffectResult>& results,
                             const core::Config& config, Gate& gate, core::Context& step) const {
  return resume_call(*catalogue_, config, gate, step, continuation, results);
}

void Server::lost(std::string_view continuation, core::Context& step) const {
  lose_call(step, continuation);
}

bool Server::stream_opened(std::string_view stream_id, core::Context& step) const {
  return mcp::stream_opened(step, stream_id);
}

void Server::stream_closed(std::string_view stream_id, core::Context& step) const {
  mcp::stream_closed(step, stream_id);
}

void Server::alarm(const core::Config& config, Gate& gate, core::Context& step) const {
  sweep_tasks(*catalogue_, config, gate, step);
  sweep_calls(step);
  sweep_streams(step);
}

void Server::wake(const std::vector<std::string>& open_streams, core::Context& step) const {
  only_open(step, open_streams);
  lose_running_calls(step);
  wake_tasks(step);
  set_tasks_alarm(step);
  sweep_calls(step);
  sweep_streams(step);
}

core::Response Server::fault(const core::Request& request, Changed changed) const {
  std::optional<RequestId> id;
  core::JsonGate gate;
  if (const core::JsonResult body = gate.parse(request.body); body.ok() && body.root.is_object()) {
    const std::variant<Message, NoMessage> read = read_message(body.root);
    if (const Message* message = std::get_if<Message>(&read)) id = message->id;
  }
  const char* what = changed == Changed::nothing
                         ? "Internal error: nothing was changed."
                         : "Internal error: it may have been done, or not; look before you ask again.";
  return error_response(500, id, {ErrorCode::internal_error, what, {}});
}

int64_t migrate(core::Storage& storage, int64_t version) {
  if (version < 1) create_sessions_schema(storage);
  if (version < 2) {
    add_session_features(storage);
    create_streams_schema(storage);
    create_subscriptions_schema(storage);
    create_calls_schema(storage);
    create_tasks_schema(storage);
  }
  if (version < 3) number_sessions(storage);
  if (version < 4) add_session_keys(storage);
  return 4;
}

void end_grant(core::Context& step, std::string_view grant_id) {
  core::Storage& storage = *step.storage;
  end_calls(step, grant_id);
  end_sessions(step, grant_id);
  const core::Rows streams =
      storage.query("SELECT id, kind, request_id FROM streams WHERE grant_id = ?", {grant_id});
  for (size_t i = 0; i < streams.size(); ++i) {
    if (streams.integer(i, 1) == static_cast<int64_t>(StreamKind::listen)) {
      // subscriptions/listen ends in good order (2026-07-28, basic/utilities/subscriptions).
      const std::string request_id(streams.text(i, 2));
      send(step, streams.text(i, 0),
           result_text({request_id},
                       R"({"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":)" +
                           request_id + "}}"));
    }
    drop_stream(step, streams.text(i, 0));
  }
  storage.query("DELETE FROM tasks WHERE grant_id = ?", {grant_id});
}

void replace_grant(core::Context& step, std::string_view from_grant, std::string_view to_grant) {
  core::Storage& storage = *step.storage;
  // What waits or works was begun under the old authority; results stay.
  end_calls(step, from_grant);
  end_tasks(step, from_grant);
  hand_on_sessions(storage, from_grant, to_grant);
  storage.query("UPDATE streams SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
  storage.query("UPDATE tasks SET grant_id = ? WHERE grant_id = ?", {to_grant, from_grant});
  for (List list : {List::tools, List::resources, List::prompts}) notify_list_changed(step, list);
}

}  // namespace mcp
