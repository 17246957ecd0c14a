#include "mcp/legacy.h"

#include "mcp/revision.h"
#include "mcp/sessions.h"
#include "mcp/tools.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

Error invalid_request(std::string reason) {
  return {ErrorCode::invalid_request, "Invalid request: " + std::move(reason) + ".", {}};
}

std::string supported_revisions() {
  std::string list;
  for (size_t i = 0; i <= static_cast<size_t>(kNewestLegacy); ++i) {
    if (i > 0) list += ", ";
    list += kRevisionNames[i];
  }
  return list;
}

/// The session that a request names, or why it has none.
std::variant<Session, core::Response> require_session(const Exchange& exchange,
                                                      const std::optional<RequestId>& id) {
  const std::optional<std::string_view> session_id = exchange.request.headers.get("Mcp-Session-Id");
  if (!session_id || session_id->empty()) {
    return error_response(400, id,
                          invalid_request("the header Mcp-Session-Id is missing; send initialize first"));
  }
  std::optional<Session> session = find_session(exchange.step, exchange.caller.grant_id, *session_id);
  if (!session) {
    return error_response(404, id, invalid_request("no such session; send initialize to open a new one"));
  }
  const std::optional<std::string_view> version = exchange.request.headers.get("MCP-Protocol-Version");
  if (version && !legacy_revision(*version)) {
    return error_response(
        400, id,
        invalid_request("MCP-Protocol-Version " + std::string(*version) +
                        " cannot be used in a session; supported: " + supported_revisions()));
  }
  return *std::move(session);
}

core::Response not_acceptable(const std::optional<RequestId>& id) {
  return error_response(406, id, invalid_request("Accept must allow application/json or text/event-stream"));
}

// ---- initialize ----

struct Hello {
  Revision revision;
  ClientDescription client;
};

std::variant<Hello, Error> read_hello(const Message& message) {
  const auto refuse = [](std::string_view rule) {
    return Error{ErrorCode::invalid_params, "Invalid params: " + std::string(rule) + ".", {}};
  };
  if (!message.params) return refuse("initialize needs protocolVersion, capabilities and clientInfo");
  const std::optional<std::string_view> version = core::string_member(*message.params, "protocolVersion");
  if (!version) return refuse("protocolVersion must be a string");
  const std::optional<core::JsonView> capabilities = parameter(message, "capabilities");
  if (!capabilities || !capabilities->is_object()) return refuse("capabilities must be an object");
  const std::optional<core::JsonView> client = parameter(message, "clientInfo");
  const std::optional<std::string_view> client_name =
      client ? core::string_member(*client, "name") : std::nullopt;
  const std::optional<std::string_view> client_version =
      client ? core::string_member(*client, "version") : std::nullopt;
  if (!client_name || !client_version)
    return refuse("clientInfo must be an object with the strings name and version");
  return Hello{legacy_revision(*version).value_or(kNewestLegacy), {*client_name, *client_version}};
}

core::Response initialize(const Exchange& exchange, const Message& message, AnswerForm form) {
  const std::variant<Hello, Error> read = read_hello(message);
  if (const Error* error = std::get_if<Error>(&read)) return answer(form, error_text(message.id, *error));

  const Hello& hello = std::get<Hello>(read);
  const Session session = open_session(exchange.step, exchange.caller.grant_id, hello.revision, hello.client);
  std::string result = R"({"protocolVersion":)" + core::json_quote(name(hello.revision));
  result +=
      R"(,"capabilities":{"tools":{}},"serverInfo":)" + implementation_json(exchange.info, hello.revision);
  if (!exchange.info.instructions.empty()) {
    result += R"(,"instructions":)" + core::json_quote(exchange.info.instructions);
  }
  core::Response response = answer(form, result_text(*message.id, result + '}'));
  response.headers.add("Mcp-Session-Id", session.id);
  return response;
}

// ---- Everything after it ----

Answer dispatch(const Exchange& exchange, const Message& message, Revision revision) {
  if (message.method == "ping") return Members{};
  if (message.method == "tools/list") return list_tools(exchange, message, revision);
  if (message.method == "tools/call") return call_tool(exchange, message, revision);
  return method_not_found(message);
}

std::string answer_text(const RequestId& id, const Answer& answered) {
  return std::visit(core::Overloaded{
                        [&](const Members& members) { return result_text(id, '{' + members.json + '}'); },
                        [&](const Error& error) { return error_text(id, error); },
                        [&](const ScopeMissing& scope) { return error_text(id, insufficient_scope(scope)); },
                    },
                    answered);
}

}  // namespace

core::Response answer_legacy(const Exchange& exchange, const Message& message) {
  const AnswerForm form = answer_form(exchange.request.headers);
  if (form == AnswerForm::neither) return not_acceptable(message.id);

  const bool is_request = message.kind == Message::Kind::request;
  if (is_request && message.method == "initialize") return initialize(exchange, message, form);

  std::variant<Session, core::Response> session =
      require_session(exchange, is_request ? message.id : std::optional<RequestId>());
  if (core::Response* refusal = std::get_if<core::Response>(&session)) return std::move(*refusal);
  // initialized, cancelled and the like, and answers to requests that this server does not send yet: a step
  // has ended by the time that a cancellation comes in.
  if (!is_request) return accepted();

  const Answer answered = dispatch(exchange, message, std::get<Session>(session).revision);
  if (const ScopeMissing* scope = std::get_if<ScopeMissing>(&answered)) return forbidden(message.id, *scope);
  return answer(form, answer_text(*message.id, answered));
}

core::Response answer_legacy_batch(const Exchange& exchange, const LegacyBatch& batch) {
  const AnswerForm form = answer_form(exchange.request.headers);
  if (form == AnswerForm::neither) return not_acceptable({});
  for (const Message& message : batch.messages) {
    if (message.method == "initialize") {
      return error_response(400, {}, invalid_request("initialize cannot be part of a batch"));
    }
  }
  std::variant<Session, core::Response> required = require_session(exchange, {});
  if (core::Response* refusal = std::get_if<core::Response>(&required)) return std::move(*refusal);
  const Session& session = std::get<Session>(required);

  // Without the header a request counts as 2025-03-26 (2025-06-18, basic/transports, "Protocol Version
  // Header"), the one revision that has batches.
  const std::optional<std::string_view> version = exchange.request.headers.get("MCP-Protocol-Version");
  if (version.value_or(name(Revision::v2025_03_26)) != name(Revision::v2025_03_26)) {
    return error_response(400, {}, invalid_request("batches exist in revision 2025-03-26 alone"));
  }

  std::string answers;
  for (const Message& message : batch.messages) {
    if (message.kind != Message::Kind::request) continue;
    if (!answers.empty()) answers += ',';
    // A missing scope is an error of its element: a 403 for the whole would make the client repeat what was
    // done.
    answers += answer_text(*message.id, dispatch(exchange, message, session.revision));
  }
  if (answers.empty()) return accepted();
  return answer(form, '[' + answers + ']');
}

core::Response delete_session(const Exchange& exchange) {
  std::variant<Session, core::Response> session = require_session(exchange, {});
  if (core::Response* refusal = std::get_if<core::Response>(&session)) return std::move(*refusal);
  end_session(exchange.storage(), std::get<Session>(session).id);
  core::Response response;
  response.status = 200;
  return response;
}

}  // namespace mcp
