#include "identity/boundary.h"

#include <algorithm>

#include "core/json.h"
#include "service.h"

namespace identity {

std::optional<Site> site_of(const core::Url& url, const core::Config& config) {
  const bool ours =
      url.origin == config.public_url || (config.development() && core::is_loopback_host(url.host));
  if (!ours) return std::nullopt;
  return Site{url.origin, config.issuer, config.mcp_server_identifier};
}

OriginCheck check_origin(const core::Request& request, const Site& site, const core::Config& config) {
  const std::optional<std::string_view> origin = request.headers.get("Origin");
  if (!origin) return OriginCheck::absent;
  if (*origin == site.origin) return OriginCheck::allowed;
  if (std::find(config.allowed_origins.begin(), config.allowed_origins.end(), *origin) !=
      config.allowed_origins.end()) {
    return OriginCheck::allowed;
  }
  const std::optional<core::Url> url = core::parse_url(*origin);
  if (config.development() && url && url->origin == *origin && core::is_loopback_host(url->host)) {
    return OriginCheck::allowed;
  }
  return OriginCheck::foreign;
}

constexpr std::string_view kParamPrefix = "Mcp-Param-";

core::Response preflight(const core::Request& request) {
  core::Response response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
  std::string headers =
      "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, "
      "Last-Event-ID";
  // The headers that repeat a tool's arguments have names that the tool chose.
  const std::string asked(request.headers.get("Access-Control-Request-Headers").value_or(""));
  for (std::string_view name : core::split(asked, ',')) {
    if (core::equal_ignoring_case(name.substr(0, kParamPrefix.size()), kParamPrefix)) {
      headers.append(", ").append(name);
    }
  }
  response.headers.add("Access-Control-Allow-Headers", headers);
  response.headers.add("Access-Control-Max-Age", "86400");
  allow_origin(response, request.headers.get("Origin").value_or(""));
  return response;
}

void allow_origin(core::Response& response, std::string_view origin) {
  if (origin.empty()) return;
  response.headers.add("Access-Control-Allow-Origin", core::field_value(origin));
  response.headers.add("Access-Control-Expose-Headers",
                       "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version");
  response.headers.add("Vary", "Origin");
}

core::Response public_json(std::string json) {
  core::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = std::move(json);
  return response;
}

core::Response protected_resource_metadata(const Site& site) {
  core::Json scopes = core::Json::array();
  const std::string names = scope_names();
  for (std::string_view scope : core::split(names, ' ')) scopes.push_back(scope);
  return public_json(core::json_text(core::Json{{"resource", site.resource()},
                                                {"authorization_servers", core::Json::array({site.issuer()})},
                                                {"scopes_supported", scopes},
                                                {"bearer_methods_supported", core::Json::array({"header"})},
                                                {"resource_name", service().name}}));
}

std::string challenge(const Site& site, Challenge kind) {
  std::string value = "Bearer ";
  if (kind == Challenge::invalid_token) value += "error=\"invalid_token\", ";
  return value + "resource_metadata=\"" + site.resource_metadata() + "\", scope=\"" + scope_names() + "\"";
}

std::string insufficient_scope(const Site& site, std::string_view scopes) {
  return "Bearer error=\"insufficient_scope\", scope=\"" + std::string(scopes) + "\", resource_metadata=\"" +
         site.resource_metadata() + "\"";
}

core::Response unauthorized(const Site& site, Challenge kind) {
  core::Response response;
  response.status = 401;
  response.headers.add("WWW-Authenticate", challenge(site, kind));
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body =
      kind == Challenge::no_token
          ? std::string(
                R"({"error":"unauthorized","error_description":"This endpoint needs a bearer token"})")
          : std::string(
                R"({"error":"invalid_token","error_description":"The access token is unknown, expired or revoked"})");
  return response;
}

}  // namespace identity
