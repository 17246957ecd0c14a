#include "mcp/modern.h"

#include <algorithm>
#include <array>

#include "mcp/era.h"
#include "mcp/revision.h"
#include "mcp/tools.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

constexpr std::string_view kMetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kMetaClientInfo = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";

/// How long a client may keep the lists: they change with a deployment alone, and a minute late does no harm.
constexpr core::Duration kListLifetime = core::minutes(1);

constexpr std::array<std::string_view, 8> kLogLevels = {"debug", "info",     "notice", "warning",
                                                        "error", "critical", "alert",  "emergency"};
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

template <size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

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
    if (level->get_string().get(text) != simdjson::SUCCESS || !contains(kLogLevels, text)) {
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

std::string caching_json() {
  return R"(,"ttlMs":)" + std::to_string(kListLifetime.milliseconds) + R"(,"cacheScope":"private")";
}

Answer discover(const Exchange& exchange) {
  std::string json =
      R"("supportedVersions":[)" + core::json_quote(name(kModern)) + R"(],"capabilities":{"tools":{}})";
  if (!exchange.info.instructions.empty()) {
    json += R"(,"instructions":)" + core::json_quote(exchange.info.instructions);
  }
  return Members{json + caching_json()};
}

Answer list(const Exchange& exchange, const Message& message) {
  Answer answer = list_tools(exchange, message, kModern);
  if (Members* members = std::get_if<Members>(&answer)) members->json += caching_json();
  return answer;
}

/// Nothing where this server does not have the method, the removed ones of the legacy era included.
std::optional<Answer> dispatch(const Exchange& exchange, const Message& message) {
  if (message.method == "server/discover") return discover(exchange);
  if (message.method == "tools/list") return list(exchange, message);
  if (message.method == "tools/call") return call_tool(exchange, message, kModern);
  return std::nullopt;
}

std::string complete(const Exchange& exchange, const std::string& members) {
  std::string json = "{" + members;
  if (!members.empty()) json += ',';
  json += R"("resultType":"complete","_meta":{)" + core::json_quote(kMetaServerInfo) + ':';
  json += implementation_json(exchange.info, kModern);
  return json + "}}";
}

core::Response answer_notification(const Exchange& exchange, const Message& message) {
  const core::Headers& headers = exchange.request.headers;
  if (const std::optional<core::JsonView> version = meta_member(message, kMetaProtocolVersion)) {
    if (!version->is_string())
      return error_response(400, {}, bad_meta(kMetaProtocolVersion, "must be a string"));
  }
  if (std::optional<Error> error = check_version(message, headers)) return error_response(400, {}, *error);
  if (std::optional<Error> error = check_method_header(message, headers))
    return error_response(400, {}, *error);
  // None of them means anything here yet; cancelling is done by closing the stream.
  return accepted();
}

}  // namespace

core::Response answer_modern(const Exchange& exchange, const Message& message) {
  if (message.kind == Message::Kind::notification) return answer_notification(exchange, message);

  const core::Headers& headers = exchange.request.headers;
  if (std::optional<Error> error = check_meta(message)) return error_response(400, message.id, *error);
  if (std::optional<Error> error = check_version(message, headers))
    return error_response(400, message.id, *error);
  if (std::optional<Error> error = check_method_header(message, headers)) {
    return error_response(400, message.id, *error);
  }
  if (std::optional<Error> error = check_name_header(message, headers)) {
    return error_response(400, message.id, *error);
  }

  const std::optional<Answer> answered = dispatch(exchange, message);
  if (!answered) return error_response(404, message.id, method_not_found(message));
  const AnswerForm form = answer_form(headers);
  return std::visit(core::Overloaded{
                        [&](const Members& members) {
                          return answer(form, result_text(*message.id, complete(exchange, members.json)));
                        },
                        [&](const Error& error) { return answer(form, error_text(message.id, error)); },
                        [&](const ScopeMissing& scope) { return forbidden(message.id, scope); },
                    },
                    *answered);
}

}  // namespace mcp
