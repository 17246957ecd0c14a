#include "mcp/exchange.h"

namespace mcp {

namespace {

constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";

std::string result_object(const Exchange& exchange, Revision revision, const Members& members) {
  if (revision < kModern) return stored_result(members);
  std::string json = "{" + members.json;
  if (!members.json.empty()) json += ',';
  json += R"("resultType":)" + core::json_quote(members.type) + R"(,"_meta":{)" + members.meta;
  if (!members.meta.empty()) json += ',';
  json += core::json_quote(kMetaServerInfo) + ':';
  return json + implementation_json(exchange.catalogue.offer().info, revision, members.server) + "}}";
}

}  // namespace

std::string implementation_json(const Implementation& info, Revision revision, Detail detail) {
  std::string json = R"({"name":)" + core::json_quote(info.name);
  if (revision >= Revision::v2025_06_18 && !info.title.empty())
    json += R"(,"title":)" + core::json_quote(info.title);
  json += R"(,"version":)" + core::json_quote(info.version);
  if (detail == Detail::brief) return json + '}';
  if (revision >= Revision::v2025_11_25 && !info.website.empty())
    json += R"(,"websiteUrl":)" + core::json_quote(info.website);
  return json + icons_member(info.icons, revision) + '}';
}

Error method_not_found(const Message& message) {
  return {ErrorCode::method_not_found, "Method not found: " + std::string(message.method) + ".", {}};
}

Error invalid_params(std::string message) {
  return {ErrorCode::invalid_params, "Invalid params: " + std::move(message) + ".", {}};
}

Error missing_capability(std::string_view capabilities) {
  return {ErrorCode::missing_client_capability,
          "Missing required client capability: " + std::string(capabilities) + ".",
          R"({"requiredCapabilities":)" + std::string(capabilities) + '}'};
}

Error insufficient_scope(const ScopeMissing& scope) {
  return {ErrorCode::forbidden,
          scope.message.empty() ? "Insufficient scope: the token does not cover this." : scope.message,
          {}};
}

Error authority_ended() {
  return {ErrorCode::forbidden, "Your human has ended this authority.", {}};
}

core::Response forbidden(const std::optional<RequestId>& id, const ScopeMissing& scope) {
  core::Response response = error_response(403, id, insufficient_scope(scope));
  response.headers.add("WWW-Authenticate", scope.challenge);
  return response;
}

std::string answer_text(const Exchange& exchange, Revision revision, const RequestId& id,
                        const Answered& answered) {
  return std::visit(
      core::Overloaded{
          [&](const Members& members) { return result_text(id, result_object(exchange, revision, members)); },
          [&](const Error& error) { return error_text(id, error); },
          [&](const ScopeMissing& scope) { return error_text(id, insufficient_scope(scope)); },
      },
      answered);
}

core::Response answer_response(const Exchange& exchange, Revision revision, AcceptedForms accepted,
                               const RequestId& id, const std::vector<std::string>& before,
                               const Answered& answered) {
  if (const ScopeMissing* scope = std::get_if<ScopeMissing>(&answered)) return forbidden(id, *scope);
  std::string text = answer_text(exchange, revision, id, answered);
  const Error* error = std::get_if<Error>(&answered);
  const bool bad_request = error && (error->code == ErrorCode::header_mismatch ||
                                     error->code == ErrorCode::missing_client_capability);
  return bad_request ? json_response(400, std::move(text)) : answer(accepted, before, std::move(text));
}

std::string stored_result(const Members& members) {
  std::string json = "{" + members.json;
  if (members.meta.empty()) return json + '}';
  if (!members.json.empty()) json += ',';
  return json + R"("_meta":{)" + members.meta + "}}";
}

std::optional<Answered> refusal(const Permission& permission) {
  switch (permission.kind) {
    case Permission::Kind::allowed: return std::nullopt;
    case Permission::Kind::refused: return Error{ErrorCode::forbidden, permission.message, {}};
    case Permission::Kind::scope_missing: return ScopeMissing{permission.challenge, permission.message};
  }
  return std::nullopt;
}

}  // namespace mcp
