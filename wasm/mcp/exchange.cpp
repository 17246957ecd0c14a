#include "mcp/exchange.h"

#include "mcp/transport.h"

namespace mcp {

std::string implementation_json(const Implementation& info, Revision revision) {
  std::string json = R"({"name":)" + core::json_quote(info.name);
  if (revision >= Revision::v2025_06_18 && !info.title.empty())
    json += R"(,"title":)" + core::json_quote(info.title);
  json += R"(,"version":)" + core::json_quote(info.version);
  return json + '}';
}

Error method_not_found(const Message& message) {
  return {ErrorCode::method_not_found, "Method not found: " + std::string(message.method) + ".", {}};
}

Error insufficient_scope(const ScopeMissing& scope) {
  return {ErrorCode::insufficient_scope,
          scope.message.empty() ? "Insufficient scope: the token does not cover this tool." : scope.message,
          {}};
}

core::Response forbidden(const std::optional<RequestId>& id, const ScopeMissing& scope) {
  core::Response response = error_response(403, id, insufficient_scope(scope));
  response.headers.add("WWW-Authenticate", scope.challenge);
  return response;
}

}  // namespace mcp
