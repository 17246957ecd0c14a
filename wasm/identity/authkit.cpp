#include "identity/authkit.h"

#include "identity/answer.h"

namespace identity {

std::string new_verifier(core::Context& step) {
  return core::base64url(step.entropy.bytes(32));
}

std::string challenge_of(core::Crypto& crypto, std::string_view verifier) {
  return core::base64url(crypto.sha256(verifier));
}

std::string authorization_url(const core::Config& config, std::string_view origin, std::string_view state,
                              std::string_view challenge, Freshness freshness) {
  std::string url = config.workos_api_url + "/user_management/authorize?response_type=code&provider=authkit";
  url += "&client_id=" + core::percent_encode(config.workos_client_id);
  url += "&redirect_uri=" + core::percent_encode(std::string(origin) + "/callback");
  url += "&state=" + core::percent_encode(state);
  url.append("&code_challenge_method=S256&code_challenge=").append(challenge);
  if (freshness == Freshness::sign_in_now) url += "&max_age=0";
  return url;
}

core::Fetch code_exchange(const core::Config& config, std::string_view code, std::string_view verifier) {
  core::Fetch exchange;
  exchange.method = "POST";
  exchange.url = config.workos_api_url + "/user_management/authenticate";
  exchange.headers.add("Content-Type", "application/json");
  exchange.body = core::json_text(core::Json{{"grant_type", "authorization_code"},
                                             {"client_id", config.workos_client_id},
                                             {"client_secret", config.workos_api_key},
                                             {"code", code},
                                             {"code_verifier", verifier}});
  return exchange;
}

std::variant<Exchanged, SignInProblem> read_exchange(const core::Config& config,
                                                     const core::EffectResult& answer) {
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
                   core::VerifyToken{token, config.workos_api_url + "/sso/jwks/" + config.workos_client_id,
                                     config.workos_issuers, config.workos_client_id}};
}

std::variant<Person, SignInProblem> read_person(User user, const core::EffectResult& result) {
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
    person.authenticated_at = core::Instant{*at * 1000};
  }
  return person;
}

std::string person_json(const Person& person) {
  core::Json json{
      {"subject", person.user.subject},    {"email", person.user.email},
      {"name", person.user.name},          {"session", person.session},
      {"permissions", person.permissions}, {"impersonated", person.impersonation != Impersonation::none}};
  if (person.authenticated_at) json["authenticated_at"] = person.authenticated_at->milliseconds;
  return core::json_text(json);
}

std::optional<Person> person_of(core::JsonView json) {
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(json, name).value_or(""));
  };
  const std::optional<bool> impersonated = core::boolean_member(json, "impersonated");
  if (text("subject").empty() || !impersonated) return std::nullopt;
  Person person{{text("subject"), text("email"), text("name")},
                text("session"),
                core::string_list(core::member(json, "permissions")),
                *impersonated ? Impersonation::by_administrator : Impersonation::none};
  if (const std::optional<int64_t> at = core::integer_member(json, "authenticated_at")) {
    person.authenticated_at = core::Instant{*at};
  }
  return person;
}

}  // namespace identity
