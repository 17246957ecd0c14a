// The tokens that a resource server holds for its deputies, and what it takes for one of them.
#include "identity/token_exchange.h"

#include "app_support.h"

using namespace testing;

namespace {

constexpr std::string_view kApi = "https://api.example";

std::string jwt(const json& claims) {
  return core::base64url(R"({"alg":"RS256"})") + '.' + core::base64url(claims.dump()) + ".c2ln";
}

struct Desk {
  Desk() {
    storage.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
    identity::create_token_exchange_schema(storage);
    config.issuer = "https://issuer.example";
    config.mcp_server_client_id = "mcp server";
    config.mcp_server_client_secret = "s:cret";
    config.api_url = kApi;
  }
  json claims() const {
    return {{"iss", config.issuer},
            {"sub", "ada"},
            {"aud", kApi},
            {"act", {{"sub", "mcp server"}}},
            {"scope", "todo_api:read"},
            {"exp", now.milliseconds / 1000 + 300}};
  }
  /// Why it was not kept; empty where it was.
  std::string keep(const core::EffectResult& answer) {
    return identity::keep_exchanged(context, config, exchange, answer).value_or("");
  }
  std::string keep(const json& claims) {
    return keep(succeeded(json{{"access_token", jwt(claims)}}.dump(), 200));
  }
  std::optional<std::string> kept() { return identity::exchanged_token(context, config, exchange); }

  core::Instant now{1'790'000'000'000};
  NativeStorage storage;
  NativeCrypto crypto;
  core::Entropy entropy{crypto, std::string(32, 'e')};
  core::Context context{now, entropy, crypto, &storage};
  core::Config config;
  identity::Exchange exchange{"g1", "ada", "todo_api:read"};
};

}  // namespace

TEST_CASE(
    "Exchange: it asks in this server's name for one scope at one API, and shows the client's token to the "
    "issuer alone") {
  Desk desk;
  CHECK_FALSE(identity::exchange_request(desk.context, desk.config, desk.exchange));
  identity::keep_token_endpoint(desk.storage, "https://issuer.example/as/token.oauth2");
  CHECK_FALSE(identity::exchange_request(desk.context, desk.config, desk.exchange));
  identity::keep_subject_token(desk.storage, "g1", "client-token", desk.now + core::minutes(1));
  const auto request = identity::exchange_request(desk.context, desk.config, desk.exchange);
  REQUIRE(request);
  CHECK(request->url == "https://issuer.example/as/token.oauth2");
  // "mcp%20server:s%3Acret"
  CHECK(request->headers.get("Authorization") == "Basic bWNwJTIwc2VydmVyOnMlM0FjcmV0");
  CHECK(core::form_value(request->body, "grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange");
  CHECK(core::form_value(request->body, "subject_token") == "client-token");
  CHECK(core::form_value(request->body, "scope") == "todo_api:read");
  CHECK(core::form_value(request->body, "resource") == kApi);
  desk.context.now = desk.now + core::minutes(1);
  CHECK_FALSE(identity::exchange_request(desk.context, desk.config, desk.exchange));
}

TEST_CASE("Exchange: a token is kept for its grant, scope and API, until shortly before its end") {
  Desk desk;
  CHECK(desk.keep(desk.claims()) == "");
  REQUIRE(desk.kept());
  CHECK(json::parse(*identity::claims_of(*desk.kept())) == desk.claims());
  for (const identity::Exchange& other : {identity::Exchange{"g2", "ada", "todo_api:read"},
                                          identity::Exchange{"g1", "ada", "todo_api:write"}}) {
    CHECK_FALSE(identity::exchanged_token(desk.context, desk.config, other));
  }
  desk.context.now = desk.now + core::seconds(300) - identity::kExchangeMargin - core::milliseconds(1);
  CHECK(desk.kept());
  desk.context.now = desk.now + core::seconds(300) - identity::kExchangeMargin;
  CHECK_FALSE(desk.kept());
}

TEST_CASE("Exchange: with its grant the tokens go; until when they live on elsewhere stays known") {
  Desk desk;
  identity::keep_subject_token(desk.storage, "g1", "client-token", desk.now + core::hours(1));
  desk.keep(desk.claims());
  identity::forget_tokens_of(desk.storage, "g1");
  CHECK_FALSE(desk.kept());
  CHECK_FALSE(identity::subject_token(desk.storage, "g1", desk.now));
  const identity::LiveTokens lives = identity::live_tokens(desk.storage, "g1");
  CHECK(lives.own == desk.now + core::hours(1));
  CHECK(lives.exchanged == desk.now + core::seconds(300));
  CHECK(identity::live_tokens(desk.storage, "g2").own == core::Instant{});
}

TEST_CASE("Exchange: a token for anything else is never used") {
  const auto refused = [](std::string_view claim, json value) {
    Desk desk;
    json claims = desk.claims();
    if (value.is_null()) {
      claims.erase(std::string(claim));
    } else {
      claims[std::string(claim)] = std::move(value);
    }
    const std::string why = desk.keep(claims);
    CHECK(desk.kept().has_value() == why.empty());
    return why;
  };
  CHECK(refused("jti", "1") == "");
  CHECK(refused("aud", json::array({kApi})) == "");
  CHECK(contains(refused("iss", "https://other.example"), "another issuer's"));
  CHECK(contains(refused("sub", "grace"), "another person's"));
  CHECK(contains(refused("sub", nullptr), "another person's"));
  CHECK(contains(refused("aud", "https://other.example"), "another audience"));
  CHECK(contains(refused("aud", {kApi, "https://other.example"}), "another audience"));
  CHECK(contains(refused("act", nullptr), "its actor"));
  CHECK(contains(refused("act", {{"sub", "somebody"}}), "its actor"));
  CHECK(contains(refused("scope", "todo_api:read todo_api:write"), "more than was asked for"));
  CHECK(contains(refused("exp", nullptr), "never ends"));
}

TEST_CASE("Exchange: what the issuer answers besides a token is told, and nothing is kept") {
  Desk desk;
  CHECK(contains(desk.keep(failed("no connection")), "did not answer"));
  CHECK(contains(desk.keep(succeeded(R"({"error":"invalid_target"})", 400)), "400, \"invalid_target\""));
  CHECK(contains(desk.keep(succeeded("<h1>Oops</h1>", 503)), "Try again"));
  CHECK(contains(desk.keep(succeeded(R"({"access_token":"opaque"})", 200)), "no token that can be checked"));
  CHECK(contains(desk.keep(succeeded("{}", 200)), "no token that can be checked"));
  CHECK_FALSE(desk.kept());
}
