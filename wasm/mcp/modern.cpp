#include "mcp/modern.h"

#include <algorithm>
#include <array>

#include "mcp/calls.h"
#include "mcp/era.h"
#include "mcp/lists.h"
#include "mcp/revision.h"
#include "mcp/streams.h"
#include "mcp/subscriptions.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

constexpr std::string_view kMetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kMetaClientInfo = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";

/// Members of ClientCapabilities that the revision defines; each is an object.
constexpr std::array<std::string_view, 5> kCapabilities = {"elicitation", "experimental", "extensions",
                                                           "roots", "sampling"};

/// Methods whose target is repeated in Mcp-Name, and the param that holds it. They are checked whether or not
/// this server has the method: a proxy that routed by a wrong name should hear of that first.
struct NamedMethod {
  std::string_view method;
  std::string_view param;
};
constexpr std::array<NamedMethod, 6> kNamedMethods = {{{"tools/call", "name"},
                                                       {"prompts/get", "name"},
                                                       {"resources/read", "uri"},
                                                       {"tasks/get", "taskId"},
                                                       {"tasks/update", "taskId"},
                                                       {"tasks/cancel", "taskId"}}};

Error bad_meta(std::string_view key, std::string_view rule) {
  return {ErrorCode::invalid_params,
          "Invalid params: params._meta[\"" + std::string(key) + "\"] " + std::string(rule) + ".",
          {}};
}

std::optional<Error> check_capabilities(const Message& message) {
  const std::optional<core::JsonView> capabilities = meta_member(message, kMetaClientCapabilities);
  if (!capabilities) return bad_meta(kMetaClientCapabilities, "is missing");
  if (!capabilities->is_object()) return bad_meta(kMetaClientCapabilities, "must be an object");
  for (std::string_view capability : kCapabilities) {
    const std::optional<core::JsonView> value = core::member(*capabilities, capability);
    if (value && !value->is_object()) {
      return bad_meta(kMetaClientCapabilities, "must hold an object for " + std::string(capability));
    }
  }
  return std::nullopt;
}

/// MCP 2026-07-28, schema `RequestMetaObject`.
std::optional<Error> check_meta(const Message& message) {
  const std::optional<core::JsonView> version = meta_member(message, kMetaProtocolVersion);
  if (!version || !version->is_string()) return bad_meta(kMetaProtocolVersion, "must be a string");
  if (std::optional<Error> error = check_capabilities(message)) return error;

  if (const std::optional<core::JsonView> client = meta_member(message, kMetaClientInfo)) {
    if (!core::string_member(*client, "name") || !core::string_member(*client, "version")) {
      return bad_meta(kMetaClientInfo, "must be an object with the strings name and version");
    }
  }
  if (const std::optional<core::JsonView> level = meta_member(message, kMetaLogLevel)) {
    std::string_view text;
    if (level->get_string().get(text) != simdjson::SUCCESS || !log_level(text)) {
      return bad_meta(kMetaLogLevel,
                      "must be one of debug, info, notice, warning, error, critical, alert, emergency");
    }
  }
  if (const std::optional<core::JsonView> token = meta_member(message, "progressToken")) {
    if (!token->is_string() && !token->is_int64() && !token->is_uint64()) {
      return bad_meta("progressToken", "must be a string or an integer");
    }
  }
  return std::nullopt;
}

/// The header and `_meta` must agree before either is judged.
std::optional<Error> check_version(const Message& message, const core::Headers& headers) {
  const std::optional<std::string_view> header = headers.get("MCP-Protocol-Version");
  std::optional<std::string_view> claimed;
  if (const std::optional<core::JsonView> version = meta_member(message, kMetaProtocolVersion)) {
    claimed = version->get_string().value_unsafe();
  }
  if (!header && message.kind == Message::Kind::request) {
    return header_mismatch("MCP-Protocol-Version", "the header MCP-Protocol-Version is missing");
  }
  if (header && claimed && *header != *claimed) {
    return header_mismatch("MCP-Protocol-Version", "MCP-Protocol-Version is " + std::string(*header) +
                                                       ", but params._meta says " + std::string(*claimed));
  }
  const std::string_view requested = claimed ? *claimed : header.value_or("");
  if (requested != name(kModern)) {
    return Error{ErrorCode::unsupported_protocol_version,
                 "Unsupported protocol version " + std::string(requested) + ".",
                 R"({"supported":[)" + core::json_quote(name(kModern)) + R"(],"requested":)" +
                     core::json_quote(requested) + '}'};
  }
  return std::nullopt;
}

std::optional<Error> check_method_header(const Message& message, const core::Headers& headers) {
  const std::optional<std::string_view> header = headers.get("Mcp-Method");
  if (!header) {
    if (message.kind == Message::Kind::notification) return std::nullopt;
    return header_mismatch("Mcp-Method", "the header Mcp-Method is missing");
  }
  if (*header != message.method) {
    return header_mismatch("Mcp-Method", "Mcp-Method is " + std::string(*header) + ", but the method is " +
                                             std::string(message.method));
  }
  return std::nullopt;
}

std::optional<Error> check_name_header(const Message& message, const core::Headers& headers) {
  const auto named = std::find_if(kNamedMethods.begin(), kNamedMethods.end(),
                                  [&](const NamedMethod& entry) { return entry.method == message.method; });
  if (named == kNamedMethods.end()) return std::nullopt;

  const std::optional<core::JsonView> param = parameter(message, named->param);
  std::string_view target;
  const bool has_target = param && param->get_string().get(target) == simdjson::SUCCESS;
  const std::string param_name = "params." + std::string(named->param);

  const std::optional<std::string_view> header = headers.get("Mcp-Name");
  if (!header) {
    // Without a target either, the method itself says what is wrong.
    if (!has_target) return std::nullopt;
    return header_mismatch("Mcp-Name", "the header Mcp-Name is missing; it repeats " + param_name);
  }
  const std::optional<std::string> decoded = decode_header_value(*header);
  if (!decoded) return header_mismatch("Mcp-Name", "Mcp-Name is no base64 of UTF-8");
  if (has_target && *decoded != target) {
    return header_mismatch("Mcp-Name",
                           "Mcp-Name is " + *decoded + ", but " + param_name + " is " + std::string(target));
  }
  return std::nullopt;
}

Answered discover(const Exchange& exchange) {
  const Implementation& info = exchange.catalogue.offer().info;
  std::string json = R"("supportedVersions":[)" + core::json_quote(name(kModern)) + R"(],"capabilities":)" +
                     exchange.catalogue.capabilities_json(kModern);
  if (!info.instructions.empty()) json += R"(,"instructions":)" + core::json_quote(info.instructions);
  return Members{json + ',' + caching_members(kListLifetime), "complete", Detail::full};
}

/// The tasks of a client that has not declared the extension cannot be asked for.
std::optional<Answered> dispatch_task(const Exchange& exchange, const Message& message,
                                      ClientFeatures features) {
  if (message.method != "tasks/get" && message.method != "tasks/update" && message.method != "tasks/cancel") {
    return std::nullopt;
  }
  if (!features.has(ClientFeature::tasks)) {
    return missing_capability(R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})");
  }
  if (!message.params) return invalid_params("taskId must be the id of a task");
  if (message.method == "tasks/get") return get_task(exchange, *message.params);
  if (message.method == "tasks/update") return update_task(exchange, *message.params);
  return cancel_task(exchange, *message.params);
}

/// Nothing where this server does not have the method, the removed ones of the legacy era included.
std::optional<Answered> dispatch(const Exchange& exchange, const Message& message, ClientFeatures features) {
  if (message.method == "server/discover") return discover(exchange);
  if (message.method == "tools/list") return list_tools(exchange, message, kModern);
  if (message.method == "prompts/list") return list_prompts(exchange, message, kModern);
  if (message.method == "resources/list") return list_resources(exchange, message, kModern);
  if (message.method == "resources/templates/list") return list_templates(exchange, message, kModern);
  if (message.method == "completion/complete") return complete(exchange, message);
  return dispatch_task(exchange, message, features);
}

core::Response answer_notification(const core::Request& request, const Message& message) {
  if (const std::optional<core::JsonView> version = meta_member(message, kMetaProtocolVersion)) {
    if (!version->is_string())
      return error_response(400, {}, bad_meta(kMetaProtocolVersion, "must be a string"));
  }
  if (std::optional<Error> error = check_version(message, request.headers))
    return error_response(400, {}, *error);
  if (std::optional<Error> error = check_method_header(message, request.headers))
    return error_response(400, {}, *error);
  // None of them means anything here; cancelling is done by closing the stream.
  return accepted_response();
}

CallOrigin origin_of(const Message& message, const core::Request& request, ClientFeatures features) {
  CallOrigin origin;
  origin.features = features;
  if (const std::optional<core::JsonView> level = meta_member(message, kMetaLogLevel)) {
    origin.log_level = log_level(level->get_string().value_unsafe());
  }
  origin.accepted = accepted_forms(request.headers);
  origin.headers = &request.headers;
  return origin;
}

core::Outcome listen_on_stream(const Exchange& exchange, AcceptedForms accepted, const Message& message) {
  if (!accepted.event_stream) {
    return core::Respond{error_response(
        406, message.id,
        {ErrorCode::invalid_request, "Invalid request: a stream needs Accept: text/event-stream.", {}})};
  }
  const std::variant<std::string, Error> stream = listen(exchange, message);
  if (const Error* error = std::get_if<Error>(&stream)) {
    return core::Respond{answer(accepted, {}, error_text(message.id, *error))};
  }
  return core::RespondStream{stream_head(), std::get<std::string>(stream)};
}

}  // namespace

core::Outcome answer_modern(const Exchange& exchange, const core::Request& request, const Message& message) {
  if (message.kind == Message::Kind::notification)
    return core::Respond{answer_notification(request, message)};

  const auto refuse = [&](const Error& error) {
    return core::Respond{error_response(400, message.id, error)};
  };
  if (std::optional<Error> error = check_meta(message)) return refuse(*error);
  if (std::optional<Error> error = check_version(message, request.headers)) return refuse(*error);
  if (std::optional<Error> error = check_method_header(message, request.headers)) return refuse(*error);
  if (std::optional<Error> error = check_name_header(message, request.headers)) return refuse(*error);

  const ClientFeatures features = ClientFeatures::of(meta_member(message, kMetaClientCapabilities));
  if (is_call(message.method)) return begin_call(exchange, message, origin_of(message, request, features));
  const AcceptedForms accepted = accepted_forms(request.headers);
  if (message.method == "subscriptions/listen") return listen_on_stream(exchange, accepted, message);

  const std::optional<Answered> answered = dispatch(exchange, message, features);
  if (!answered) return core::Respond{error_response(404, message.id, method_not_found(message))};
  return core::Respond{answer_response(exchange, kModern, accepted, *message.id, {}, *answered)};
}

std::string client_name(std::string_view body) {
  core::JsonGate gate;
  const core::JsonResult message = gate.parse(body);
  const auto params = message.ok() ? core::member(message.root, "params") : std::nullopt;
  const auto meta = params ? core::member(*params, "_meta") : std::nullopt;
  auto client = meta ? core::member(*meta, kMetaClientInfo) : std::nullopt;
  if (!client && params) client = core::member(*params, "clientInfo");
  if (!client) return {};
  const std::string_view title = core::string_member(*client, "title").value_or("");
  return std::string(title.empty() ? core::string_member(*client, "name").value_or("") : title);
}

}  // namespace mcp
