#include "identity/oidc.h"

#include "identity/answer.h"
#include "identity/token_exchange.h"

namespace identity {

namespace {

std::string redirect_uri(std::string_view origin) {
  return std::string(origin) + "/callback";
}

}  // namespace

std::string Oidc::authorization_url(std::string_view origin, std::string_view state,
                                    std::string_view challenge, Freshness freshness) const {
  if (!metadata_) return {};
  std::string url = metadata_->authorization_endpoint;
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += "response_type=code&scope=openid%20profile%20email";
  url += "&client_id=" + core::percent_encode(config_.mcp_server_client_id);
  url += "&redirect_uri=" + core::percent_encode(redirect_uri(origin));
  url += "&state=" + core::percent_encode(state);
  url.append("&code_challenge_method=S256&code_challenge=").append(challenge);
  if (freshness == Freshness::sign_in_now) url += "&prompt=login&max_age=0";
  return url;
}

core::Fetch Oidc::code_exchange(std::string_view origin, std::string_view code,
                                std::string_view verifier) const {
  core::Fetch exchange{"POST", metadata_ ? metadata_->token_endpoint : "", {}, {}};
  exchange.headers.add("Content-Type", "application/x-www-form-urlencoded");
  exchange.headers.add("Accept", "application/json");
  exchange.headers.add("Authorization", client_authentication(config_));
  exchange.body = "grant_type=authorization_code&code=" + core::percent_encode(code) +
                  "&redirect_uri=" + core::percent_encode(redirect_uri(origin)) +
                  "&code_verifier=" + core::percent_encode(verifier);
  return exchange;
}

std::variant<Exchanged, SignInProblem> Oidc::read_exchange(const core::EffectResult& answer) const {
  if (!answer.ok() || answer.code >= 500 || !metadata_) {
    return SignInProblem{kUnreachable, "The sign-in service does not answer",
                         "The issuer could not be reached, so nobody was signed in."};
  }
  const Answer tokens(answer);
  const std::string token = tokens.text("id_token");
  if (answer.code != 200 || token.empty()) {
    return SignInProblem{400, "The sign-in did not succeed",
                         "The issuer did not accept the code of this sign-in: it may be too old, or it was "
                         "used before."};
  }
  // Who it is, the verified token says.
  core::VerifyToken verification =
      identity::verification(token, {config_.issuer, config_.mcp_server_client_id}, metadata_->jwks_uri);
  return Exchanged{{}, std::move(verification)};
}

std::variant<Person, SignInProblem> Oidc::read_person(User, const core::EffectResult& result) const {
  constexpr std::string_view title = "The sign-in could not be verified";
  if (!result.ok())
    return SignInProblem{400, title, "The token that came from the issuer is not valid here."};
  const Answer claims(result);
  if (claims.text("sub").empty()) return SignInProblem{400, title, "The token names nobody."};
  Person person{{claims.text("sub"), claims.text("email"), claims.text("name")}, claims.text("sid"), {}};
  if (claims.member("act")) person.impersonation = Impersonation::by_administrator;
  if (const std::optional<int64_t> at = claims.integer("auth_time")) {
    person.authenticated_at = core::at_second(*at);
  }
  return person;
}

}  // namespace identity
