#include "identity/authkit.h"

#include "identity/answer.h"

namespace identity {

std::string AuthKit::authorization_url(std::string_view origin, std::string_view state,
                                       std::string_view challenge, Freshness freshness) const {
  std::string url = config_.workos_api_url + "/user_management/authorize?response_type=code&provider=authkit";
  url += "&client_id=" + core::percent_encode(config_.workos_client_id);
  url += "&redirect_uri=" + core::percent_encode(std::string(origin) + "/callback");
  url += "&state=" + core::percent_encode(state);
  url.append("&code_challenge_method=S256&code_challenge=").append(challenge);
  if (freshness == Freshness::sign_in_now) url += "&max_age=0";
  return url;
}

core::Fetch AuthKit::code_exchange(std::string_view, std::string_view code, std::string_view verifier) const {
  core::Fetch exchange;
  exchange.method = "POST";
  exchange.url = config_.workos_api_url + "/user_management/authenticate";
  exchange.headers.add("Content-Type", "application/json");
  exchange.body = core::json_text(core::Json{{"grant_type", "authorization_code"},
                                             {"client_id", config_.workos_client_id},
                                             {"client_secret", config_.workos_api_key},
                                             {"code", code},
                                             {"code_verifier", verifier}});
  return exchange;
}

std::variant<Exchanged, SignInProblem> AuthKit::read_exchange(const core::EffectResult& answer) const {
  if (!answer.ok() || answer.code >= 500) {
    return SignInProblem{kUnreachable, "The sign-in service does not answer",
                         "AuthKit could not be reached, so nobody was signed in."};
  }
  const Answer session(answer);
  const auto user = session.member("user");
  const std::string token = session.text("access_token");
  if (answer.code != 200 || !user || token.empty()) {
    return SignInProblem{400, "The sign-in did not succeed",
                         "AuthKit did not accept the code of this sign-in: it may be too old, or it was used "
                         "before."};
  }
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(*user, name).value_or(""));
  };
  std::string name = text("first_name");
  if (!text("last_name").empty()) name += (name.empty() ? "" : " ") + text("last_name");
  return Exchanged{{text("id"), text("email"), name},
                   core::VerifyToken{token, config_.workos_api_url + "/sso/jwks/" + config_.workos_client_id,
                                     config_.workos_issuers, config_.workos_client_id}};
}

std::variant<Person, SignInProblem> AuthKit::read_person(User user, const core::EffectResult& result) const {
  constexpr std::string_view title = "The sign-in could not be verified";
  if (!result.ok()) {
    return SignInProblem{400, title, "The token that came from AuthKit is not valid here."};
  }
  const Answer claims(result);
  if (claims.text("sub").empty() || claims.text("sub") != user.subject) {
    return SignInProblem{400, title, "The token that came from AuthKit belongs to somebody else."};
  }
  Person person{std::move(user), claims.text("sid"), claims.list("permissions")};
  if (claims.member("act")) person.impersonation = Impersonation::by_administrator;
  if (const std::optional<int64_t> at = claims.integer("auth_time")) {
    person.authenticated_at = core::at_second(*at);
  }
  return person;
}

std::vector<core::Config::Problem> authkit_problems(const core::Config& config) {
  std::vector<core::Config::Problem> problems;
  for (const auto& [variable, value] : {std::pair("WORKOS_CLIENT_ID", &config.workos_client_id),
                                        std::pair("WORKOS_API_KEY", &config.workos_api_key)}) {
    if (!value->empty()) continue;
    problems.push_back({variable, "comes from the WorkOS dashboard, API keys: `wrangler secret put " +
                                      std::string(variable) + "`, or in .dev.vars"});
  }
  return problems;
}

}  // namespace identity
