// Access tokens of another issuer, as a resource server takes them (RFC 6750): one JWT in the Authorization
// header, never in a query or a form, verified by the issuer's keys and read into a value. Whoever has a
// `BearerToken` knows who acts, through whom, and what they may.
//
// What is for somebody else is refused: another audience, and ID tokens, which say who signed in to a client
// and allow nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/http.h"
#include "core/step.h"

namespace identity {

/// Nothing longer is looked at.
inline constexpr size_t kMaxTokenBytes = 8 * 1024;
/// How far the issuer's clock may be from ours.
inline constexpr core::Duration kClockTolerance = core::seconds(5);

/// Whose access tokens are taken, and for whom they must be.
struct TokenPolicy {
  /// `iss`, to the letter.
  std::string issuer;
  /// One of the token's audiences.
  std::string audience;
  /// `typ` of the header, such as at+jwt (RFC 9068 section 2.1); empty: not looked at.
  std::string type = {};
};

/// Why a request is not let in, as the answer says it (RFC 6750 section 3.1).
struct BearerRefusal {
  /// Who brings no token learns of no error: they may not know that one is needed.
  enum class Reason { no_token, invalid_token } reason;
  /// For developers; may be empty.
  std::string description;
};

/// The token of the Authorization header.
std::variant<std::string, BearerRefusal> read_bearer(const core::Request& request);

/// By the key set at `jwks_uri` (discovery.h).
core::VerifyToken verification(std::string token, const TokenPolicy& policy, std::string jwks_uri);

/// A verified access token.
struct BearerToken {
  std::string issuer;
  /// The human, as the issuer names them.
  std::string subject;
  /// The client that the token was issued to (`client_id`, else `azp`). May be empty.
  std::string client_id;
  /// `scope`, else `scp`: words in a text, or a list.
  std::vector<std::string> scopes;
  std::vector<std::string> audience;
  core::Instant expires_at;
  /// Who acts for the human (`act`, RFC 8693 section 4.1): who does now comes first, then who had handed it
  /// on to them. Empty: nobody but the client.
  std::vector<std::string> actors;
  /// `jti`; may be empty.
  std::string token_id;
  std::string email;
  std::string name;
  /// When the human proved who they are, where the token says so.
  std::optional<core::Instant> authenticated_at = {};

  bool allows(std::string_view scope) const;
};

/// The issuer's keys could not be had: another try may succeed, another token would not help.
struct IssuerUnreachable {
  std::string reason;
};

/// What came of `verification`.
std::variant<BearerToken, BearerRefusal, IssuerUnreachable> read_verified(const core::EffectResult& result);

/// The value of WWW-Authenticate of a 401. `scope`: what the request needs. `resource_metadata`: the address
/// of the metadata (RFC 9728 section 5.1). Either may be empty, but not both: a challenge has a parameter.
std::string bearer_challenge(const BearerRefusal& refusal, std::string_view scope,
                             std::string_view resource_metadata);
/// The same of a 403: the token is good, and allows too little.
std::string scope_challenge(std::string_view scope, std::string_view resource_metadata);

}  // namespace identity
