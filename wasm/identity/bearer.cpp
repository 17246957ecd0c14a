#include "identity/bearer.h"

#include <algorithm>
#include <cmath>

#include "core/json.h"

namespace identity {

namespace {

constexpr std::string_view kScheme = "Bearer";
/// Signatures that only the issuer can make: `none` is nobody's, and HS256 would be anybody's who knows the
/// public key.
const std::vector<std::string> kAlgorithms = {"RS256", "PS256", "ES256", "EdDSA"};
/// Members of ID tokens that no access token has (OpenID Connect Core sections 2 and 3.1.3.6).
constexpr std::string_view kIdTokenClaims[] = {"nonce", "at_hash"};
/// A reason that comes from a library is cut off here.
constexpr size_t kMaxDescription = 200;

/// RFC 6750 section 2.1, `b64token`.
bool is_token(std::string_view text) {
  const size_t end = std::min(text.find_last_not_of('=') + 1, text.size());
  return end > 0 && std::all_of(text.begin(), text.begin() + end, [](unsigned char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  std::string_view("-._~+/").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

BearerRefusal invalid(std::string_view description) {
  return {BearerRefusal::Reason::invalid_token, std::string(description)};
}

std::string text_claim(core::JsonView claims, std::string_view name) {
  return std::string(core::string_member(claims, name).value_or(""));
}

/// A NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction.
std::optional<core::Instant> time_claim(core::JsonView claims, std::string_view name) {
  const std::optional<core::JsonView> claim = core::member(claims, name);
  double seconds = 0;
  if (!claim || claim->get_double().get(seconds) != simdjson::SUCCESS) return std::nullopt;
  constexpr double kLast = core::kLastSecond;
  return core::Instant{static_cast<int64_t>(std::clamp(seconds, 0.0, kLast) * 1000)};
}

/// A claim that is one text or a list of them.
std::vector<std::string> texts_claim(core::JsonView claims, std::string_view name) {
  const std::optional<std::string_view> one = core::string_member(claims, name);
  if (one) return {std::string(*one)};
  return core::string_list(core::member(claims, name));
}

/// Words between spaces (RFC 6749 section 3.3).
std::vector<std::string> words(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) {
    for (std::string_view word : core::split(text, ' ')) all.emplace_back(word);
  }
  return all;
}

/// Nothing where an actor has no name.
std::optional<std::vector<std::string>> actors_of(core::JsonView claims) {
  std::vector<std::string> actors;
  std::optional<core::JsonView> act = core::member(claims, "act");
  while (act) {
    actors.push_back(text_claim(*act, "sub"));
    if (actors.back().empty()) return std::nullopt;
    act = core::member(*act, "act");
  }
  return actors;
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// What a parameter between quotes may hold (RFC 6750 section 3).
std::string quotable(std::string_view text) {
  std::string quoted(text.substr(0, kMaxDescription));
  for (char& c : quoted) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '\'';
  }
  return quoted;
}

/// Parameters of a challenge in their order; those that say nothing are left out.
std::string challenge_of(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  std::string challenge(kScheme);
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    challenge += challenge.size() == kScheme.size() ? " " : ", ";
    challenge.append(name).append("=\"").append(value).append("\"");
  }
  return challenge;
}

}  // namespace

std::variant<std::string, BearerRefusal> read_bearer(const core::Request& request) {
  const std::string_view value = request.headers.get("Authorization").value_or("");
  const size_t scheme = std::min(value.find(' '), value.size());
  if (!core::equal_ignoring_case(value.substr(0, scheme), kScheme)) {
    return BearerRefusal{BearerRefusal::Reason::no_token, {}};
  }
  const std::string_view token = core::trim(value.substr(scheme));
  if (token.size() > kMaxTokenBytes) return invalid("The token is longer than 8 KiB");
  if (!is_token(token)) return invalid("The Authorization header must hold one token");
  return std::string(token);
}

core::VerifyToken verification(std::string token, const TokenPolicy& policy, std::string jwks_uri) {
  return {.token = std::move(token),
          .jwks_url = std::move(jwks_uri),
          .issuers = {policy.issuer},
          .audience = policy.audience,
          .no_audience = core::VerifyToken::NoAudience::refused,
          .algorithms = kAlgorithms,
          .type = policy.type,
          .tolerance = kClockTolerance};
}

bool BearerToken::allows(std::string_view scope) const {
  return contains(scopes, scope);
}

std::variant<BearerToken, BearerRefusal, IssuerUnreachable> read_verified(const core::EffectResult& result) {
  if (!result.ok()) {
    if (result.code == core::kNoKeySet) return IssuerUnreachable{result.bytes};
    return invalid(result.bytes);
  }
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(result.bytes);
  if (!parsed.ok()) return invalid("The claims cannot be read");
  const core::JsonView claims = parsed.root;
  for (std::string_view name : kIdTokenClaims) {
    if (core::member(claims, name)) return invalid("This is an ID token, not an access token");
  }

  BearerToken token;
  token.issuer = text_claim(claims, "iss");
  token.subject = text_claim(claims, "sub");
  if (token.subject.empty()) return invalid("The token names no subject");
  const std::optional<core::Instant> expires_at = time_claim(claims, "exp");
  if (!expires_at) return invalid("The token does not say when it expires");
  token.expires_at = *expires_at;
  token.audience = texts_claim(claims, "aud");
  token.client_id = text_claim(claims, "client_id");
  if (token.client_id.empty()) token.client_id = text_claim(claims, "azp");
  for (std::string_view name : {"client_id", "azp"}) {
    const std::string client = text_claim(claims, name);
    if (!client.empty() && contains(token.audience, client)) {
      return invalid("This token is for its client, not for a resource");
    }
  }
  token.scopes = words(texts_claim(claims, core::member(claims, "scope") ? "scope" : "scp"));
  std::optional<std::vector<std::string>> actors = actors_of(claims);
  if (!actors) return invalid("The claim act names nobody");
  token.actors = std::move(*actors);
  token.token_id = text_claim(claims, "jti");
  token.email = text_claim(claims, "email");
  token.name = text_claim(claims, "name");
  token.authenticated_at = time_claim(claims, "auth_time");
  return token;
}

std::string bearer_challenge(const BearerRefusal& refusal, std::string_view scope,
                             std::string_view resource_metadata) {
  const bool invalid_token = refusal.reason == BearerRefusal::Reason::invalid_token;
  return challenge_of({{"error", invalid_token ? "invalid_token" : ""},
                       {"error_description", quotable(refusal.description)},
                       {"scope", scope},
                       {"resource_metadata", resource_metadata}});
}

std::string scope_challenge(std::string_view scope, std::string_view resource_metadata) {
  return challenge_of({{"error", "insufficient_scope"},
                       {"error_description", "The token does not allow this"},
                       {"scope", scope},
                       {"resource_metadata", resource_metadata}});
}

}  // namespace identity
