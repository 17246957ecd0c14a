#include "mcp/legacy.h"

#include "mcp/calls.h"
#include "mcp/lists.h"
#include "mcp/revision.h"
#include "mcp/sessions.h"
#include "mcp/streams.h"
#include "mcp/subscriptions.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

/// A batch holds this much of answers, in bytes, before the rest of it is refused.
constexpr size_t kMaxBatchAnswer = 4 * 1024 * 1024;

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
std::variant<Session, core::Response> require_session(const Exchange& exchange, const core::Request& request,
                                                      const std::optional<RequestId>& id) {
  const std::optional<std::string_view> session_id = request.headers.get("Mcp-Session-Id");
  if (!session_id || session_id->empty()) {
    return error_response(400, id,
                          invalid_request("the header Mcp-Session-Id is missing; send initialize first"));
  }
  std::optional<Session> session = find_session(exchange.step, exchange.caller.grant_id, *session_id);
  if (!session) {
    return error_response(404, id, invalid_request("no such session; send initialize to open a new one"));
  }
  const std::optional<std::string_view> version = request.headers.get("MCP-Protocol-Version");
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
  ClientFeatures features;
};

/// Extensions belong to the modern era: a task would be given to a client that has no method to ask for it.
ClientFeatures without_tasks(ClientFeatures features) {
  return ClientFeatures::from_bits(features.bits() & ~(int64_t{1} << static_cast<int>(ClientFeature::tasks)));
}

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
  if (!client || !core::string_member(*client, "name") || !core::string_member(*client, "version"))
    return refuse("clientInfo must be an object with the strings name and version");
  return Hello{legacy_revision(*version).value_or(kNewestLegacy),
               without_tasks(ClientFeatures::of(capabilities))};
}

core::Response initialize(const Exchange& exchange, const Message& message, AcceptedForms accepted) {
  const std::variant<Hello, Error> read = read_hello(message);
  if (const Error* error = std::get_if<Error>(&read))
    return answer(accepted, {}, error_text(message.id, *error));

  const Hello& hello = std::get<Hello>(read);
  const Session session =
      open_session(exchange.step, exchange.caller.grant_id, hello.revision, hello.features);
  const Implementation& info = exchange.catalogue.offer().info;
  std::string result = R"({"protocolVersion":)" + core::json_quote(name(hello.revision));
  result += R"(,"capabilities":)" + exchange.catalogue.capabilities_json(hello.revision);
  result += R"(,"serverInfo":)" + implementation_json(info, hello.revision);
  if (!info.instructions.empty()) result += R"(,"instructions":)" + core::json_quote(info.instructions);
  core::Response response = answer(accepted, {}, result_text(*message.id, result + '}'));
  response.headers.add("Mcp-Session-Id", session.id);
  return response;
}

// ---- Everything after it ----

Answered set_level(const Exchange& exchange, Session session, const Message& message) {
  const std::optional<core::JsonView> level = parameter(message, "level");
  std::string_view text;
  if (!level || level->get_string().get(text) != simdjson::SUCCESS || !log_level(text)) {
    return invalid_params(
        "level must be one of debug, info, notice, warning, error, critical, alert, emergency");
  }
  session.log_level = *log_level(text);
  keep_session(exchange.step, exchange.caller.grant_id, session);
  return Members{};
}

/// What is answered at once.
Answered dispatch(const Exchange& exchange, const Session& session, const Message& message) {
  const std::string_view method = message.method;
  const Revision revision = session.revision;
  if (method == "ping") return Members{};
  if (method == "tools/list") return list_tools(exchange, message, revision);
  if (method == "prompts/list") return list_prompts(exchange, message, revision);
  if (method == "resources/list") return list_resources(exchange, message, revision);
  if (method == "resources/templates/list") return list_templates(exchange, message, revision);
  if (method == "resources/subscribe") return subscribe(exchange, session, message);
  if (method == "resources/unsubscribe") return unsubscribe(exchange, session.id, message);
  if (method == "completion/complete") return complete(exchange, message);
  if (method == "logging/setLevel") return set_level(exchange, session, message);
  return method_not_found(message);
}

CallOrigin origin_of(const Session& session, AcceptedForms accepted) {
  CallOrigin origin;
  origin.revision = session.revision;
  origin.features = session.features;
  origin.log_level = session.log_level;
  origin.session_id = session.id;
  origin.accepted = accepted;
  return origin;
}

/// Notifications and responses: taken, whatever they are.
void take(const Exchange& exchange, const Session& session, const Message& message) {
  if (message.kind == Message::Kind::response) return take_response(exchange, session.id, message);
  if (message.method != "notifications/cancelled") return;
  const std::optional<core::JsonView> id = parameter(message, "requestId");
  if (id) cancel_call(exchange.step, session.id, {core::json_text(*id)});
}

}  // namespace

core::Outcome answer_legacy(const Exchange& exchange, const core::Request& request, const Message& message) {
  const AcceptedForms accepted = accepted_forms(request.headers);
  if (accepted.none()) return core::Respond{not_acceptable(message.id)};

  const bool is_request = message.kind == Message::Kind::request;
  if (is_request && message.method == "initialize") {
    return core::Respond{initialize(exchange, message, accepted)};
  }
  std::variant<Session, core::Response> required =
      require_session(exchange, request, is_request ? message.id : std::optional<RequestId>());
  if (core::Response* refusal = std::get_if<core::Response>(&required)) {
    return core::Respond{std::move(*refusal)};
  }
  const Session& session = std::get<Session>(required);
  if (!is_request) {
    take(exchange, session, message);
    return core::Respond{accepted_response()};
  }
  if (is_call(message.method)) return begin_call(exchange, message, origin_of(session, accepted));
  return core::Respond{answer_response(exchange, session.revision, accepted, *message.id, {},
                                       dispatch(exchange, session, message))};
}

core::Outcome answer_legacy_batch(const Exchange& exchange, const core::Request& request,
                                  const LegacyBatch& batch) {
  const AcceptedForms accepted = accepted_forms(request.headers);
  if (accepted.none()) return core::Respond{not_acceptable({})};
  const auto refuse = [](std::string reason) {
    return core::Respond{error_response(400, {}, invalid_request(std::move(reason)))};
  };
  for (const Message& message : batch.messages) {
    if (message.method == "initialize") return refuse("initialize cannot be part of a batch");
  }
  std::variant<Session, core::Response> required = require_session(exchange, request, {});
  if (core::Response* refusal = std::get_if<core::Response>(&required)) {
    return core::Respond{std::move(*refusal)};
  }
  const Session& session = std::get<Session>(required);
  // Later revisions have no batches, and the one before knew no rule for them.
  if (session.revision > Revision::v2025_03_26) return refuse("batches exist in revision 2025-03-26 alone");

  std::string answers;
  CallOrigin origin = origin_of(session, {true, accepted.event_stream});
  origin.company = Company::batch;
  const auto add = [&](std::string_view text) {
    if (!answers.empty()) answers += ',';
    answers += text;
  };
  for (const Message& message : batch.messages) {
    if (message.kind != Message::Kind::request) {
      take(exchange, session, message);
    } else if (answers.size() > kMaxBatchAnswer) {
      add(error_text(message.id,
                     {ErrorCode::internal_error, "The answers of this batch are too large.", {}}));
    } else if (!is_call(message.method)) {
      add(answer_text(exchange, session.revision, *message.id, dispatch(exchange, session, message)));
    } else {
      const core::Outcome outcome = begin_call(exchange, message, origin);
      if (const core::Respond* respond = std::get_if<core::Respond>(&outcome)) add(respond->response.body);
      // What takes longer goes on on one stream for all.
      if (const core::RespondStream* stream = std::get_if<core::RespondStream>(&outcome)) {
        origin.batch_stream_id = stream->stream_id;
      }
    }
  }
  if (!origin.batch_stream_id.empty()) {
    if (!answers.empty()) send(exchange.step, origin.batch_stream_id, '[' + answers + ']');
    return core::RespondStream{stream_head(), origin.batch_stream_id};
  }
  if (answers.empty()) return core::Respond{accepted_response()};
  return core::Respond{answer(accepted, {}, '[' + answers + ']')};
}

core::Outcome open_legacy_stream(const Exchange& exchange, const core::Request& request) {
  if (!accepted_forms(request.headers).event_stream) {
    return core::Respond{
        error_response(406, {}, invalid_request("a stream needs Accept: text/event-stream"))};
  }
  std::variant<Session, core::Response> required = require_session(exchange, request, {});
  if (core::Response* refusal = std::get_if<core::Response>(&required)) {
    return core::Respond{std::move(*refusal)};
  }
  const Session& session = std::get<Session>(required);
  if (const std::optional<std::string_view> last = request.headers.get("Last-Event-ID")) {
    const std::optional<ResumePoint> point = read_event_id(*last);
    if (point && resume_stream(exchange.step, session.id, *point)) {
      return core::RespondStream{stream_head(), point->stream_id};
    }
    return core::Respond{
        error_response(404, {},
                       invalid_request("what came after that event is no longer kept; open a stream without "
                                       "Last-Event-ID"))};
  }
  // One standing stream is enough: each message goes to one stream only, and clients that lost theirs come
  // back before this server knows.
  const core::Rows former =
      exchange.storage().query("SELECT id FROM streams WHERE session_id = ? AND kind = ?",
                               {std::string_view(session.id), static_cast<int64_t>(StreamKind::standing)});
  for (size_t i = 0; i < former.size(); ++i) drop_stream(exchange.step, former.text(i, 0));
  return core::RespondStream{stream_head(),
                             open_stream(exchange.step, StreamKind::standing,
                                         {exchange.caller.grant_id, session.id, session.revision})};
}

core::Response delete_session(const Exchange& exchange, const core::Request& request) {
  std::variant<Session, core::Response> session = require_session(exchange, request, {});
  if (core::Response* refusal = std::get_if<core::Response>(&session)) return std::move(*refusal);
  end_session(exchange.step, exchange.caller.grant_id, std::get<Session>(session));
  core::Response response;
  response.status = 200;
  return response;
}

}  // namespace mcp
