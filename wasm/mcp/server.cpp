#include "mcp/server.h"

#include "core/json.h"
#include "mcp/era.h"
#include "mcp/exchange.h"
#include "mcp/legacy.h"
#include "mcp/modern.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

core::Response refuse(int status, ErrorCode code, std::string message) {
  return error_response(status, {}, {code, std::move(message), {}});
}

core::Response method_not_allowed() {
  core::Response response = refuse(405, ErrorCode::invalid_request,
                                   "Method not allowed: this endpoint takes POST, and DELETE for a session.");
  response.headers.add("Allow", "POST, DELETE");
  return response;
}

core::Response route(const Exchange& exchange, core::JsonView body) {
  return std::visit(core::Overloaded{
                        [&](const LegacyMessage& legacy) { return answer_legacy(exchange, legacy.message); },
                        [&](const LegacyBatch& batch) { return answer_legacy_batch(exchange, batch); },
                        [&](const ModernMessage& modern) { return answer_modern(exchange, modern.message); },
                        [&](const BadRequest& bad) { return error_response(400, bad.id, bad.error); },
                    },
                    classify(body, exchange.request.headers));
}

core::Response post(const Exchange& exchange) {
  const core::Request& request = exchange.request;
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
  return route(exchange, body.root);
}

}  // namespace

core::Response Server::handle(const core::Request& request, const Caller& caller, const core::Config& config,
                              Gate& gate, core::Context& step) const {
  const Exchange exchange{request, caller, config, gate, step, info_, tools_};
  if (request.method == "POST") return post(exchange);
  if (request.method == "DELETE") return delete_session(exchange);
  return method_not_allowed();
}

core::Response Server::fault(const core::Request& request) const {
  std::optional<RequestId> id;
  core::JsonGate gate;
  if (const core::JsonResult body = gate.parse(request.body); body.ok() && body.root.is_object()) {
    const std::variant<Message, NoMessage> read = read_message(body.root);
    if (const Message* message = std::get_if<Message>(&read)) id = message->id;
  }
  return error_response(500, id, {ErrorCode::internal_error, "Internal error: nothing was changed.", {}});
}

}  // namespace mcp
