// Access tokens of another issuer: what is taken from a request, how it is verified, and what is read of it.
#include "identity/bearer.h"

#include "app_support.h"
#include "identity/discovery.h"

using namespace testing;
using identity::BearerRefusal;
using identity::BearerToken;
using identity::IssuerUnreachable;
using Reason = identity::BearerRefusal::Reason;

namespace {

std::variant<std::string, BearerRefusal> bearer(std::string_view authorization) {
  core::Request request;
  request.headers.add("Authorization", authorization);
  return identity::read_bearer(request);
}

json claims() {
  return {{"iss", "https://issuer.example"},
          {"sub", "ada"},
          {"aud", "https://api.example"},
          {"exp", 1'790'000'300},
          {"scope", "todo_api:read todo_api:write"},
          {"client_id", "mcp-client"}};
}

auto read(const json& claims) {
  return identity::read_verified(succeeded(claims.dump()));
}

BearerToken token(const json& claims) {
  const auto result = read(claims);
  REQUIRE(std::holds_alternative<BearerToken>(result));
  return std::get<BearerToken>(result);
}

/// Why it is refused; empty where it is not.
std::string refusal(const json& claims) {
  const auto result = read(claims);
  const BearerRefusal* refusal = std::get_if<BearerRefusal>(&result);
  if (!refusal) return {};
  CHECK(refusal->reason == Reason::invalid_token);
  return refusal->description;
}

json with(std::string_view name, json value) {
  json all = claims();
  all[std::string(name)] = std::move(value);
  return all;
}
json without(std::string_view name) {
  json all = claims();
  all.erase(std::string(name));
  return all;
}

}  // namespace

TEST_CASE("Bearer: one token is taken from the header, whatever the case of its scheme") {
  for (const char* header :
       {"Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER   a.b-c_d~e+f/g== "}) {
    CAPTURE(header);
    CHECK(std::get<std::string>(bearer(header)) == "a.b-c_d~e+f/g==");
  }
}

TEST_CASE("Bearer: who brings none is told of no error") {
  core::Request nothing;
  nothing.url = "https://api.example/api/todos?access_token=a.b.c";
  const auto none = identity::read_bearer(nothing);
  CHECK(std::get<BearerRefusal>(none).reason == Reason::no_token);
  for (const char* other : {"", "Basic YTpi", "Bearerx a.b.c", "DPoP a.b.c", "a.b.c"}) {
    CAPTURE(other);
    CHECK(std::get<BearerRefusal>(bearer(other)).reason == Reason::no_token);
  }
}

TEST_CASE("Bearer: what is not one token is invalid") {
  for (const char* header :
       {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer a.b.c, Bearer a.b.c", "Bearer \"a\"",
        "Bearer =", "Bearer a=b", "Bearer a\tb", "Bearer \xC3\xA9", "Bearer a%20b"}) {
    CAPTURE(header);
    REQUIRE(std::holds_alternative<BearerRefusal>(bearer(header)));
    CHECK(std::get<BearerRefusal>(bearer(header)).reason == Reason::invalid_token);
  }
}

TEST_CASE("Bearer: a token has at most 8 KiB") {
  const std::string longest(identity::kMaxTokenBytes, 'a');
  CHECK(std::holds_alternative<std::string>(bearer("Bearer " + longest)));
  CHECK(std::get<BearerRefusal>(bearer("Bearer " + longest + "a")).reason == Reason::invalid_token);
}

TEST_CASE("Bearer: a token is verified strictly") {
  const core::VerifyToken verify = identity::verification(
      "jwt", {"https://issuer.example", "https://api.example", "at+jwt"}, "https://keys.example");
  CHECK(verify.token == "jwt");
  CHECK(verify.jwks_url == "https://keys.example");
  CHECK(verify.issuers == std::vector<std::string>{"https://issuer.example"});
  CHECK(verify.audience == "https://api.example");
  CHECK(verify.no_audience == core::VerifyToken::NoAudience::refused);
  CHECK(verify.algorithms == std::vector<std::string>{"RS256", "PS256", "ES256", "EdDSA"});
  CHECK(verify.type == "at+jwt");
  CHECK(verify.tolerance == core::seconds(5));
}

TEST_CASE("Bearer: a verified token says who acts, through whom, and what they may") {
  json all = claims();
  all["act"] = {{"sub", "mcp-server"}, {"act", {{"sub", "gateway"}}}};
  all["jti"] = "t1";
  all["email"] = "ada@example.com";
  all["name"] = "Ada";
  all["auth_time"] = 1'789'999'000;
  const BearerToken read = token(all);
  CHECK(read.issuer == "https://issuer.example");
  CHECK(read.subject == "ada");
  CHECK(read.client_id == "mcp-client");
  CHECK(read.scopes == std::vector<std::string>{"todo_api:read", "todo_api:write"});
  CHECK(read.audience == std::vector<std::string>{"https://api.example"});
  CHECK(read.expires_at == core::Instant{1'790'000'300'000});
  CHECK(read.actors == std::vector<std::string>{"mcp-server", "gateway"});
  CHECK(read.token_id == "t1");
  CHECK(read.email == "ada@example.com");
  CHECK(read.name == "Ada");
  CHECK(read.authenticated_at == core::Instant{1'789'999'000'000});
  CHECK(read.allows("todo_api:write"));
  CHECK_FALSE(read.allows("todo_api"));
  CHECK_FALSE(read.allows(""));

  const BearerToken plain = token(claims());
  CHECK(plain.actors.empty());
  CHECK_FALSE(plain.authenticated_at);
  CHECK(plain.token_id.empty());
}

TEST_CASE("Bearer: scopes and clients have several names") {
  const std::vector<std::string> both = {"a", "b"};
  CHECK(token(with("scope", "a  b")).scopes == both);
  CHECK(token(with("scope", json{"a", "b"})).scopes == both);
  json scp = without("scope");
  CHECK(token(scp).scopes.empty());
  scp["scp"] = json{"a", "b"};
  CHECK(token(scp).scopes == both);
  scp["scp"] = "a b";
  CHECK(token(scp).scopes == both);
  scp["scope"] = "";
  CHECK(token(scp).scopes.empty());

  json azp = without("client_id");
  CHECK(token(azp).client_id.empty());
  azp["azp"] = "other";
  CHECK(token(azp).client_id == "other");
}

TEST_CASE("Bearer: what is no access token for anybody is refused") {
  CHECK(refusal(claims()).empty());
  CHECK(contains(refusal(without("sub")), "no subject"));
  CHECK(contains(refusal(with("sub", "")), "no subject"));
  CHECK(contains(refusal(with("sub", 7)), "no subject"));
  CHECK(contains(refusal(without("exp")), "expires"));
  CHECK(contains(refusal(with("exp", "tomorrow")), "expires"));
  CHECK(contains(refusal(with("nonce", "n")), "ID token"));
  CHECK(contains(refusal(with("at_hash", "h")), "ID token"));
  CHECK(contains(refusal(with("aud", "mcp-client")), "for its client"));
  CHECK(contains(refusal(with("aud", json{"https://api.example", "mcp-client"})), "for its client"));
  json azp = with("azp", "https://api.example");
  CHECK(contains(refusal(azp), "for its client"));
  CHECK(contains(refusal(with("act", "mcp-server")), "act"));
  CHECK(contains(refusal(with("act", json::object())), "act"));
  CHECK(contains(refusal(with("act", {{"sub", "a"}, {"act", {{"iss", "b"}}}})), "act"));
}

TEST_CASE("Bearer: times with fractions and times beyond all bounds are moments") {
  CHECK(token(with("exp", 1'790'000'300.5)).expires_at == core::Instant{1'790'000'300'500});
  CHECK(token(with("exp", 1e300)).expires_at == core::Instant{253'402'300'799'000});
  CHECK(token(with("exp", -5)).expires_at == core::Instant{0});
}

TEST_CASE("Bearer: keys that cannot be had are not the token's fault") {
  const auto unreachable =
      identity::read_verified({core::EffectResult::Status::failed, core::kNoKeySet, "no answer"});
  REQUIRE(std::holds_alternative<IssuerUnreachable>(unreachable));
  CHECK(std::get<IssuerUnreachable>(unreachable).reason == "no answer");
  const auto bad = identity::read_verified(failed("signature verification failed"));
  REQUIRE(std::holds_alternative<BearerRefusal>(bad));
  CHECK(std::get<BearerRefusal>(bad).description == "signature verification failed");
  CHECK(std::holds_alternative<BearerRefusal>(identity::read_verified(succeeded("no JSON"))));
}

TEST_CASE("Bearer: challenges say what RFC 6750 says, and no more") {
  CHECK(identity::bearer_challenge({Reason::no_token, {}}, "a b", "https://x.example/m") ==
        "Bearer scope=\"a b\", resource_metadata=\"https://x.example/m\"");
  CHECK(identity::bearer_challenge({Reason::invalid_token, "unexpected \"aud\"\n\\ \xC3\xA9"}, "",
                                   "https://m") ==
        "Bearer error=\"invalid_token\", error_description=\"unexpected 'aud''' ''\", "
        "resource_metadata=\"https://m\"");
  CHECK(identity::scope_challenge("a", "") ==
        "Bearer error=\"insufficient_scope\", error_description=\"The token does not allow this\", "
        "scope=\"a\"");
  const std::string endless =
      identity::bearer_challenge({Reason::invalid_token, std::string(5000, 'x')}, "", "https://m");
  CHECK(endless.size() < 400);
}

// ---- Discovery ----

TEST_CASE("Discovery: both kinds of metadata are asked for, with the issuer's path where each has it") {
  const auto urls = [](std::string_view issuer) {
    std::vector<std::string> all;
    for (const core::Effect& effect : identity::discovery(issuer))
      all.push_back(std::get<core::Fetch>(effect).url);
    return all;
  };
  CHECK(urls("https://i.example") ==
        std::vector<std::string>{"https://i.example/.well-known/openid-configuration",
                                 "https://i.example/.well-known/oauth-authorization-server"});
  CHECK(urls("https://i.example/") == urls("https://i.example"));
  CHECK(urls("https://i.example/tenant/") ==
        std::vector<std::string>{"https://i.example/tenant/.well-known/openid-configuration",
                                 "https://i.example/.well-known/oauth-authorization-server/tenant"});
}

TEST_CASE("Discovery: keys are where metadata of that very issuer says, if that is safe") {
  const auto read = [](const json& metadata, uint32_t status = 200) {
    return identity::read_discovery("https://i.example", {failed(), succeeded(metadata.dump(), status)});
  };
  const json good = {{"issuer", "https://i.example"}, {"jwks_uri", "https://i.example/pf/JWKS"}};
  CHECK(read(good) == "https://i.example/pf/JWKS");
  CHECK_FALSE(read(good, 404));
  CHECK_FALSE(read({{"issuer", "https://i.example/"}, {"jwks_uri", "https://i.example/pf/JWKS"}}));
  CHECK_FALSE(read({{"issuer", "https://i.example"}, {"jwks_uri", "http://i.example/pf/JWKS"}}));
  CHECK_FALSE(read({{"issuer", "https://i.example"}}));
  CHECK_FALSE(read({{"jwks_uri", "https://i.example/pf/JWKS"}}));
  CHECK_FALSE(identity::read_discovery("https://i.example", {failed(), failed()}));
}

TEST_CASE("Discovery: http is safe on this machine alone") {
  CHECK(identity::is_safe_address("https://i.example/path"));
  CHECK(identity::is_safe_address("http://127.0.0.1:9031"));
  CHECK(identity::is_safe_address("http://localhost:9031/tenant"));
  for (const char* unsafe : {"http://i.example", "", "i.example", "ftp://localhost", "https://"}) {
    CAPTURE(unsafe);
    CHECK_FALSE(identity::is_safe_address(unsafe));
  }
}
