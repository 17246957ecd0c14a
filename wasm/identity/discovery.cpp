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
