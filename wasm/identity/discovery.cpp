#include "identity/discovery.h"

#include "core/json.h"

namespace identity {

bool is_safe_address(std::string_view url) {
  const std::optional<core::Url> parsed = core::parse_url(url);
  return parsed && (parsed->origin.starts_with("https://") || core::is_loopback_host(parsed->host));
}

std::vector<core::Effect> discovery(std::string_view issuer) {
  const std::optional<core::Url> url = core::parse_url(issuer);
  if (!url) return {};
  // The one is appended to the issuer, the other comes between its host and its path; neither after a slash.
  std::string path = url->path;
  while (path.ends_with('/')) path.pop_back();
  core::Headers headers;
  headers.add("Accept", "application/json");
  return {core::Fetch{"GET", url->origin + path + "/.well-known/openid-configuration", headers, {}},
          core::Fetch{"GET", url->origin + "/.well-known/oauth-authorization-server" + path, headers, {}}};
}

std::optional<IssuerMetadata> metadata_of(std::string_view issuer, std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(text);
  if (!json.ok() || core::string_member(json.root, "issuer") != issuer) return std::nullopt;
  const auto address = [&](std::string_view name) {
    const std::string_view url = core::string_member(json.root, name).value_or("");
    return std::string(is_safe_address(url) ? url : "");
  };
  IssuerMetadata metadata{std::string(text), address("authorization_endpoint"), address("token_endpoint"),
                          address("jwks_uri")};
  if (metadata.token_endpoint.empty() || metadata.jwks_uri.empty()) return std::nullopt;
  return metadata;
}

std::optional<IssuerMetadata> read_metadata(std::string_view issuer,
                                            const std::vector<core::EffectResult>& answers) {
  for (const core::EffectResult& answer : answers) {
    if (!answer.ok() || answer.code != 200) continue;
    if (auto metadata = metadata_of(issuer, answer.bytes)) return metadata;
  }
  return std::nullopt;
}

std::string client_metadata(const IssuerMetadata& metadata) {
  core::JsonGate gate;
  const core::JsonView root = gate.parse(metadata.text).root;
  std::string json;
  const auto add = [&](std::string_view name, const std::string& value) {
    json += (json.empty() ? "{" : ",") + core::json_quote(name) + ':' + value;
  };
  for (std::string_view name :
       {"issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint",
        "jwks_uri", "scopes_supported", "client_id_metadata_document_supported",
        "authorization_response_iss_parameter_supported"}) {
    if (const auto value = core::member(root, name)) add(name, core::json_text(*value));
  }
  // What an MCP client needs, and uses nothing else of.
  add("response_types_supported", R"(["code"])");
  add("grant_types_supported", R"(["authorization_code","refresh_token"])");
  add("token_endpoint_auth_methods_supported", R"(["none"])");
  add("code_challenge_methods_supported", R"(["S256"])");
  return json + '}';
}

std::optional<std::string> read_discovery(std::string_view issuer,
                                          const std::vector<core::EffectResult>& answers) {
  for (const core::EffectResult& answer : answers) {
    if (!answer.ok() || answer.code != 200) continue;
    core::JsonGate gate;
    const core::JsonResult metadata = gate.parse(answer.bytes);
    if (!metadata.ok() || core::string_member(metadata.root, "issuer") != issuer) continue;
    const std::optional<std::string_view> keys = core::string_member(metadata.root, "jwks_uri");
    if (keys && is_safe_address(*keys)) return std::string(*keys);
  }
  return std::nullopt;
}

}  // namespace identity
