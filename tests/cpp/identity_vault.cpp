// The OAuth provider's storage inside a principal's object.

#include "app_support.h"
#include "authority/grants.h"
#include "identity/principal_id.h"
#include "identity/vault.h"

using namespace testing;

namespace {

/// An object that belongs to somebody, with one grant in it.
struct Home : AppHost {
  Home() {
    name = identity::principal_name(crypto, "workos", "user_1");
    user = identity::user_id(keys(), name);
    const core::Outcome asked = in_object(core::PrincipalCall{
        json{{"call", "complete_authorization"}, {"user_id", user}, {"request", json::object()}}.dump()});
    REQUIRE(effect_of<core::CallOAuth>(asked).operation == "complete_authorization");
    put_grant("g1", "r1");
  }

  std::string grant_key(const std::string& grant) const { return "grant:" + user + ":" + grant; }
  std::string token_key(const std::string& grant, const std::string& token) const {
    return "token:" + user + ":" + grant + ":" + token;
  }

  json put_grant(const std::string& grant, const std::string& refresh_token) {
    const json record{{"id", grant},
                      {"clientId", "client-1"},
                      {"userId", user},
                      {"scope", {"shop:read"}},
                      {"refreshTokenId", core::hex(crypto.sha256(refresh_token))},
                      {"metadata",
                       {{"subject", "user_1"},
                        {"email", "ada@example.com"},
                        {"client_name", "Claude"},
                        {"requested_scopes", {"shop:read", "shop:buy"}},
                        {"permissions", {"shop:admin"}}}}};
    return vault({{"operation", "put"},
                  {"key", grant_key(grant)},
                  {"value", record.dump()},
                  {"expires_in", 600},
                  {"metadata", {{"clientId", "client-1"}}}});
  }
  json put_token(const std::string& grant, const std::string& token) {
    return vault(
        {{"operation", "put"}, {"key", token_key(grant, token)}, {"value", "{}"}, {"expires_in", 3600}});
  }
  json get(const std::string& key) { return vault({{"operation", "get"}, {"key", key}}).at("value"); }

  std::string name, user;
};

}  // namespace

TEST_CASE("the vault gives back what the OAuth provider put into it") {
  Home home;
  home.put_token("g1", "t1");
  CHECK(json::parse(home.get(home.grant_key("g1")).get<std::string>()).at("clientId") == "client-1");
  CHECK(home.get(home.token_key("g1", "t1")) == "{}");
  CHECK(home.get(home.token_key("g1", "t2")).is_null());
}

TEST_CASE("the first write of a grant makes the grant that decisions are made on") {
  Home home;
  const auto grant = authority::find_grant(home.storage, "g1");
  REQUIRE(grant);
  CHECK(grant->client_name == "Claude");
  CHECK(grant->subject == "user_1");
  CHECK(grant->terms.scopes == std::vector<std::string>{"shop:read"});
  CHECK(grant->terms.requested_scopes == std::vector<std::string>{"shop:read", "shop:buy"});
  CHECK_FALSE(grant->ended_at);
}

TEST_CASE("what has expired is not there any more") {
  Home home;
  home.put_token("g1", "t1");
  home.now = home.now + core::seconds(3600);
  CHECK(home.get(home.token_key("g1", "t1")).is_null());
  CHECK(home.get(home.grant_key("g1")).is_null());
}

TEST_CASE("a list names the keys under a prefix as the OAuth provider knows them") {
  Home home;
  home.put_token("g1", "t1");
  home.put_token("g1", "t2");
  const json grants = home.vault({{"operation", "list"}, {"prefix", "grant:" + home.user + ":"}});
  REQUIRE(grants.at("keys").size() == 1);
  CHECK(grants["keys"][0]["name"] == home.grant_key("g1"));
  CHECK(grants["keys"][0]["metadata"]["clientId"] == "client-1");
  const json tokens = home.vault({{"operation", "list"}, {"prefix", "token:" + home.user + ":g1:"}});
  CHECK(tokens.at("keys").size() == 2);
}

TEST_CASE("a delete of the grant, or of any of its tokens, ends it for good") {
  const std::string which = GENERATE("grant", "token");
  Home home;
  home.put_token("g1", "t1");
  home.vault({{"operation", "delete"},
              {"key", which == "grant" ? home.grant_key("g1") : home.token_key("g1", "t1")}});

  CHECK(authority::find_grant(home.storage, "g1")->ended_at == home.now);
  CHECK(home.get(home.grant_key("g1")).is_null());
  CHECK(home.get(home.token_key("g1", "t1")).is_null());

  // A refresh that was under way when the grant ended must not bring it back.
  CHECK(home.put_grant("g1", "r2").at("error") == "invalid_grant");
  CHECK(home.put_token("g1", "t3").at("error") == "invalid_grant");
}

TEST_CASE("keys of other people, and keys that are none of ours, are refused") {
  Home home;
  const std::string other =
      identity::user_id(home.keys(), identity::principal_name(home.crypto, "workos", "user_2"));
  std::string forged = home.user;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  for (const std::string& key :
       {"grant:" + other + ":g1", "token:" + other + ":g1:t1", "grant:" + forged + ":g1",
        std::string("grant::g1"), std::string("grant:x"), std::string("client:abc"), std::string(),
        "token:" + home.user + ":g1", "grant:" + home.user + ":", "grant:" + home.user + ":g1:more"}) {
    for (const char* operation : {"get", "put", "delete"}) {
      CAPTURE(key, operation);
      CHECK(home.vault({{"operation", operation}, {"key", key}, {"value", "{}"}}).at("error") ==
            "invalid_grant");
    }
  }
  CHECK_FALSE(authority::find_grant(home.storage, "g1")->ended_at);
}

TEST_CASE("a token of a grant that never was is refused") {
  Home home;
  CHECK(home.put_token("unknown", "t1").at("error") == "invalid_grant");
}

TEST_CASE("a grant whose code nobody redeemed ends when the next one is made") {
  Home home;
  home.now = home.now + core::seconds(601);
  home.put_grant("g2", "r1");
  CHECK(authority::find_grant(home.storage, "g1")->ended_at == home.now);
  CHECK_FALSE(authority::find_grant(home.storage, "g2")->ended_at);
}

TEST_CASE("a refresh token that was replaced is told from the current one, within the grace and after it") {
  Home home;
  const auto examine = [&](std::string_view token) {
    return identity::examine_refresh_token(home.storage, home.crypto, token, home.now);
  };
  CHECK(examine("r1") == identity::RefreshToken::unknown_or_current);
  home.put_grant("g1", "r2");
  CHECK(examine("r1") == identity::RefreshToken::replaced_just_now);
  CHECK(examine("r2") == identity::RefreshToken::unknown_or_current);
  CHECK(examine("nonsense") == identity::RefreshToken::unknown_or_current);
  home.now = home.now + identity::kRefreshGrace;
  CHECK(examine("r1") == identity::RefreshToken::replaced_just_now);
  home.now = home.now + core::milliseconds(1);
  CHECK(examine("r1") == identity::RefreshToken::replaced);
}

TEST_CASE("a replayed refresh token ends its grant, and the client is told to sign in again") {
  Home home;
  const std::string old_token = home.user + ":g1:" + "secret";
  home.put_grant("g1", old_token);
  home.put_grant("g1", "next");
  home.now = home.now + identity::kRefreshGrace + core::milliseconds(1);

  core::Request request;
  request.method = "POST";
  request.url = std::string(kOrigin) + "/token";
  request.body =
      "grant_type=refresh_token&client_id=client-1&refresh_token=" + core::percent_encode(old_token);
  request.body_state = core::BodyState::complete;
  const core::Outcome outcome = home.in_object(core::PrincipalRequest{request});
  CHECK(response_of(outcome).status == 400);
  CHECK(json::parse(body_of(outcome)).at("error") == "invalid_grant");
  CHECK(authority::find_grant(home.storage, "g1")->ended_at == home.now);
}

TEST_CASE("the same refresh request is answered once for all who repeat it, another one is not") {
  Home home;
  core::Request request;
  request.method = "POST";
  request.url = std::string(kOrigin) + "/token";
  request.body_state = core::BodyState::complete;
  const auto key = [&](std::string body) {
    request.body = std::move(body);
    const core::Outcome outcome = home.in_object(core::PrincipalRequest{request});
    REQUIRE(std::holds_alternative<core::ForwardToOAuth>(outcome));
    return std::get<core::ForwardToOAuth>(outcome).share_key;
  };
  const std::string token = core::percent_encode(home.user + ":g1:secret");
  const std::string same = key("grant_type=refresh_token&client_id=x&refresh_token=" + token);
  CHECK_FALSE(same.empty());
  CHECK(key("grant_type=refresh_token&client_id=x&refresh_token=" + token) == same);
  CHECK(key("grant_type=refresh_token&client_id=y&refresh_token=" + token) != same);
  // A code is good once: its answer is never shared. Nor is an answer after the grant has ended.
  CHECK(key("grant_type=authorization_code&client_id=x&code=" + token).empty());
  home.vault({{"operation", "delete"}, {"key", home.grant_key("g1")}});
  CHECK(key("grant_type=refresh_token&client_id=x&refresh_token=" + token).empty());
}
