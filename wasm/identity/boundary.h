// The outer border: which hosts this deployment answers for, and which browsers' origins may talk to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/config.h"
#include "core/http.h"

namespace identity {

/// The address that a request came to, and what follows from it for OAuth.
struct Site {
  std::string origin;
  /// Empty where this deployment is its own authorization server.
  std::string other_issuer = {};
  /// What tokens call this server, where that is not its address.
  std::string identifier = {};
  const std::string& issuer() const { return other_issuer.empty() ? origin : other_issuer; }  // RFC 8414
  /// The audience (RFC 8707).
  std::string resource() const { return identifier.empty() ? origin + "/mcp" : identifier; }
  /// RFC 9728 section 3.1.
  std::string resource_metadata() const { return origin + "/.well-known/oauth-protected-resource/mcp"; }
};

/// Nothing where the request's host is not ours (DNS rebinding, forged Host): PUBLIC_URL's host alone, and in
/// development any loopback host.
std::optional<Site> site_of(const core::Url& url, const core::Config& config);

enum class OriginCheck { absent, allowed, foreign };
/// The `Origin` of a browser's request: ours, one of ALLOWED_ORIGINS, in development any loopback origin;
/// else foreign.
OriginCheck check_origin(const core::Request& request, const Site& site, const core::Config& config);

/// The answer to a preflight of the MCP endpoint (Fetch standard, CORS protocol).
core::Response preflight(const core::Request& request);
/// Lets an allowed browser origin read the answer; nothing happens where it is empty.
void allow_origin(core::Response& response, std::string_view origin);

/// JSON for everybody, clients that run in browsers included.
core::Response public_json(std::string json);
/// RFC 9728 metadata of the MCP endpoint.
core::Response protected_resource_metadata(const Site& site);

/// Values of WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1).
enum class Challenge { no_token, invalid_token };
std::string challenge(const Site& site, Challenge kind);
/// 403: all scopes that the operation needs, in one round trip.
std::string insufficient_scope(const Site& site, std::string_view scopes);

/// 401 with its challenge.
core::Response unauthorized(const Site& site, Challenge kind);

}  // namespace identity
