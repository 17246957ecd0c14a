// The way of a human through the sign-in, effect by effect: what is asked of the outside, and what each
// answer leads to.

#include "app_support.h"

using namespace testing;

namespace {

const json kRequest{{"clientId", "client-1"},
                    {"redirectUri", "http://127.0.0.1:5000/callback"},
                    {"scope", {"shop:read", "shop:buy"}},
                    {"state", "s"},
                    {"codeChallenge", std::string(43, 'A')}};
const json kClient{{"name", "Claude <b>"},

                   {"host", "127.0.0.1"},
                   {"loopback", true}};

std::string parsed(json request = kRequest) {
  return json{{"request", std::move(request)}, {"client", kClient}}.dump();
}

/// A request as the first page leaves it behind for the next.
json remembered() {
  json request = kRequest;
  request["client"] = kClient;
  request["requested_scopes"] = {"shop:read", "shop:buy"};
  return request;
}

const json kUser{
    {"id", "user_1"}, {"email", "ada@example.com"}, {"first_name", "Ada"}, {"last_name", "Lovelace"}};

struct SignInHost : AppHost {
  /// After a POST of `form` to `path`.
  core::Outcome posted(std::string path, std::string form) {
    const core::Outcome asked = request("POST", std::move(path), {{"Origin", std::string(kOrigin)}});
    effect_of<core::ReadBody>(asked);
    return resume(await_of(asked), {succeeded(std::move(form))});
  }
  core::Outcome then(const core::Outcome& outcome, core::EffectResult result) {
    return resume(await_of(outcome), {std::move(result)});
  }
  /// At AuthKit's answer to the code, with the provider's transaction found.
  core::Outcome exchanging() {
    const core::Outcome asked = request("GET", "/callback?code=c1&state=st");
    CHECK(effect_of<core::CallOAuth>(asked).operation == "finish_upstream");
    return then(asked,
                succeeded(json{
                    {"request", remembered()}, {"data", {{"verifier", "v1"}}}, {"cookies", {"c=; Max-Age=0"}}}
                              .dump()));
  }
  core::Outcome verifying() {
    return then(exchanging(), succeeded(json{{"user", kUser}, {"access_token", "jwt"}}.dump(), 200));
  }
};

json arguments_of(const core::Outcome& outcome) {
  return json::parse(effect_of<core::CallOAuth>(outcome).arguments);
}

}  // namespace

TEST_CASE("the first page says who asks, and escapes what they call themselves") {
  SignInHost host;
  const core::Outcome asked = host.request("GET", "/authorize?client_id=client-1");
  CHECK(effect_of<core::CallOAuth>(asked).operation == "parse_authorization");
  const core::Outcome asking = host.then(asked, succeeded(parsed()));
  CHECK(effect_of<core::CallOAuth>(asking).operation == "begin_consent");
  CHECK(arguments_of(asking)["request"]["requested_scopes"] == json{"shop:read", "shop:buy"});

  const core::Outcome page =
      host.then(asking, succeeded(json{{"handle", "h1"}, {"cookies", {"a=b; Secure"}}}.dump()));
  CHECK(response_of(page).status == 200);
  CHECK(contains(body_of(page), "Claude &lt;b&gt;"));
  CHECK_FALSE(contains(body_of(page), "<b>"));
  CHECK(contains(body_of(page), "value=\"h1\""));
  CHECK(contains(body_of(page), "this computer"));
  CHECK(response_of(page).headers.get("Set-Cookie") == "a=b; Secure");
  CHECK(response_of(page).headers.get("X-Frame-Options") == "DENY");
  CHECK(contains(*response_of(page).headers.get("Content-Security-Policy"), "frame-ancestors 'none'"));
}

TEST_CASE("a client that asks for no scope is shown all, one that asks for unknown ones only is refused") {
  SignInHost host;
  const core::Outcome asked = host.request("GET", "/authorize");
  json request = kRequest;
  request["scope"] = json::array();
  CHECK(arguments_of(host.then(asked, succeeded(parsed(request))))["request"]["requested_scopes"] ==
        json{"shop:read", "shop:buy"});
  request["scope"] = {"shop:read", "unknown"};
  CHECK(arguments_of(host.then(asked, succeeded(parsed(request))))["request"]["requested_scopes"] ==
        json{"shop:read"});
  request["scope"] = {"unknown"};
  const core::Outcome refused = host.then(asked, succeeded(parsed(request)));
  CHECK(effect_of<core::CallOAuth>(refused).operation == "error_redirect");
  CHECK(arguments_of(refused)["code"] == "invalid_scope");
}

TEST_CASE("a challenge is a SHA-256 in base64url, and nothing else") {
  SignInHost host;
  for (const std::string& challenge :
       {std::string(), std::string(42, 'A'), std::string(44, 'A'), std::string(42, 'A') + "B",
        std::string(42, 'A') + "=", std::string(42, 'A') + "+", std::string(128, 'A')}) {
    CAPTURE(challenge);
    json request = kRequest;
    request["codeChallenge"] = challenge;
    const core::Outcome refused = host.then(host.request("GET", "/authorize"), succeeded(parsed(request)));
    CHECK(arguments_of(refused)["code"] == "invalid_request");
  }
}

TEST_CASE("an authorization request that says a thing twice ends on a page") {
  SignInHost host;
  for (const char* query : {"redirect_uri=a&redirect_uri=b", "client_id=a&scope=x&client_id=a", "state&state",
                            "code_challenge=a&code%5Fchallenge=b"}) {
    CAPTURE(query);
    const core::Outcome page = host.request("GET", std::string("/authorize?") + query);
    CHECK(response_of(page).status == 400);
  }
  const core::Outcome asked = host.request("GET", "/authorize?resource=a&resource=b&client_id=c");
  CHECK(std::holds_alternative<core::Await>(asked));
}

TEST_CASE("without PKCE nobody goes on, whatever kind of client it is") {
  SignInHost host;
  json request = kRequest;
  request.erase("codeChallenge");
  const core::Outcome refused = host.then(host.request("GET", "/authorize"), succeeded(parsed(request)));
  CHECK(arguments_of(refused)["code"] == "invalid_request");
  const core::Outcome sent =
      host.then(refused, succeeded(R"({"redirect_to":"http://127.0.0.1:5000/callback?error=x"})"));
  CHECK(response_of(sent).status == 302);
  CHECK(response_of(sent).headers.get("Location") == "http://127.0.0.1:5000/callback?error=x");
}

TEST_CASE("a request that the OAuth provider refuses is told to the client where it may be, else on a page") {
  SignInHost host;
  const core::Outcome asked = host.request("GET", "/authorize");
  const core::Outcome page =
      host.then(asked, failed(R"({"code":"invalid_request","description":"Invalid redirect URI"})"));
  CHECK(response_of(page).status == 400);
  CHECK(contains(body_of(page), "Invalid redirect URI"));
  const core::Outcome sent = host.then(
      asked, failed(R"({"code":"invalid_target","redirect_to":"https://c.example/?error=invalid_target"})"));
  CHECK(response_of(sent).headers.get("Location") == "https://c.example/?error=invalid_target");
}

TEST_CASE("going on leads to AuthKit with a challenge whose verifier stays here") {
  SignInHost host;
  const core::Outcome approving = host.posted("/authorize", "handle=h1&decision=continue");
  CHECK(effect_of<core::CallOAuth>(approving).operation == "approve_consent");
  const core::Outcome leaving =
      host.then(approving, succeeded(json{{"request", remembered()}, {"cookies", {"one=1"}}}.dump()));
  CHECK(effect_of<core::CallOAuth>(leaving).operation == "begin_upstream");
  const std::string verifier = arguments_of(leaving)["data"]["verifier"];
  const core::Outcome page =
      host.then(leaving, succeeded(json{{"state", "st"}, {"cookies", {"two=2"}}}.dump()));
  CHECK(contains(body_of(page), "https://api.workos.com/user_management/authorize?"));
  CHECK(contains(body_of(page), "state=st"));
  CHECK(contains(body_of(page), "code_challenge=" + core::base64url(host.crypto.sha256(verifier))));
  CHECK_FALSE(contains(body_of(page), verifier));
  CHECK(response_of(page).headers.fields().size() >= 2);
}

TEST_CASE("saying no on either page sends the client its refusal") {
  SignInHost host;
  for (const auto& [path, decision] : {std::pair("/authorize", "cancel"), std::pair("/consent", "deny")}) {
    const core::Outcome denying = host.posted(path, "handle=h1&decision=" + std::string(decision));
    CHECK(effect_of<core::CallOAuth>(denying).operation == "deny_consent");
    const core::Outcome page = host.then(
        denying, succeeded(R"({"redirect_to":"https://c.example/?error=access_denied","cookies":[]})"));
    CHECK(contains(body_of(page), "https://c.example/?error=access_denied"));
  }
}

TEST_CASE("a form from a foreign page, one too large, and one that says nothing are refused") {
  SignInHost host;
  CHECK(response_of(host.request("POST", "/consent", {{"Origin", "https://evil.example"}})).status == 403);
  CHECK(response_of(host.request("POST", "/consent", {{"Origin", "null"}})).status == 403);
  CHECK(response_of(host.posted("/consent", "handle=h1")).status == 400);
  CHECK(response_of(host.posted("/authorize", "handle=h1&decision=allow")).status == 400);
  const core::Outcome asked = host.request("POST", "/authorize");
  CHECK(response_of(host.then(asked, failed())).status == 413);
}

TEST_CASE("the code goes to AuthKit with its verifier, and the token that comes back is verified") {
  SignInHost host;
  const core::Outcome exchanging = host.exchanging();
  const core::Fetch& fetch = effect_of<core::Fetch>(exchanging);
  CHECK(fetch.url == "https://api.workos.com/user_management/authenticate");
  const json body = json::parse(fetch.body);
  CHECK(body["code"] == "c1");
  CHECK(body["code_verifier"] == "v1");
  CHECK(body["client_secret"] == "sk_1");

  const core::Outcome verifying = host.verifying();
  const core::VerifyToken& verify = effect_of<core::VerifyToken>(verifying);
  CHECK(verify.token == "jwt");
  CHECK(verify.jwks_url == "https://api.workos.com/sso/jwks/client_1");
  CHECK(verify.audience == "client_1");
  CHECK_FALSE(verify.issuers.empty());
}

TEST_CASE("consent is asked of the person who signed in, and remembers them") {
  SignInHost host;
  const core::Outcome recalling = host.then(
      host.verifying(), succeeded(R"({"sub":"user_1","sid":"session_1","permissions":["shop:admin"]})"));
  CHECK(json::parse(effect_of<core::CallPrincipal>(recalling).call)["call"] == "recall_client");
  const core::Outcome consenting = host.then(recalling, succeeded(R"({"sentence":"It may <look>."})"));
  const json person = arguments_of(consenting)["request"]["person"];
  CHECK(person["subject"] == "user_1");
  CHECK(person["session"] == "session_1");
  CHECK(person["permissions"] == json{"shop:admin"});
  CHECK_FALSE(contains(effect_of<core::CallOAuth>(consenting).arguments, "jwt"));
  const core::Outcome page = host.then(consenting, succeeded(R"({"handle":"h2","cookies":[]})"));
  CHECK(contains(body_of(page), "Ada Lovelace (ada@example.com)"));
  CHECK(contains(body_of(page), "value=\"buyMcpShopItem\""));
  CHECK(contains(body_of(page), "Before: It may &lt;look&gt;."));
}

TEST_CASE("no consent is asked where the sign-in went wrong") {
  SignInHost host;
  const core::Outcome exchanging = host.exchanging();
  SECTION("AuthKit cannot be reached") {
    CHECK(response_of(host.then(exchanging, failed("timeout"))).status == 502);
    CHECK(response_of(host.then(exchanging, succeeded("", 503))).status == 502);
  }
  SECTION("AuthKit refuses the code") {
    CHECK(response_of(host.then(exchanging, succeeded(R"({"code":"invalid_code"})", 400))).status == 400);
  }
  SECTION("AuthKit answers nonsense") {
    CHECK(response_of(host.then(exchanging, succeeded("<html>", 200))).status == 400);
    CHECK(response_of(host.then(exchanging, succeeded("{}", 200))).status == 400);
  }
  SECTION("the token is not valid") {
    CHECK(response_of(host.then(host.verifying(), failed("bad signature"))).status == 400);
  }
  SECTION("the token is somebody else's") {
    CHECK(response_of(host.then(host.verifying(), succeeded(R"({"sub":"user_2"})"))).status == 400);
  }
  SECTION("an administrator impersonates the person") {
    const core::Outcome page =
        host.then(host.verifying(), succeeded(R"({"sub":"user_1","act":{"sub":"admin@x"}})"));
    CHECK(response_of(page).status == 403);
    CHECK(contains(body_of(page), "impersonat"));
  }
}

TEST_CASE("an error from AuthKit ends on a page, a cancelled sign-in at the client") {
  SignInHost host;
  const std::string found =
      json{{"request", remembered()}, {"data", {{"verifier", "v"}}}, {"cookies", json::array()}}.dump();
  const core::Outcome page =
      host.then(host.request("GET", "/callback?error=server_error&error_description=%3Cx%3E&state=st"),
                succeeded(found));
  CHECK(response_of(page).status == 400);
  CHECK(contains(body_of(page), "&lt;x&gt;"));
  const core::Outcome cancelled =
      host.then(host.request("GET", "/callback?error=access_denied&state=st"), succeeded(found));
  CHECK(arguments_of(cancelled)["code"] == "access_denied");
}

TEST_CASE("allowing makes the grant in the object of the person who signed in") {
  SignInHost host;
  const core::Outcome allowing =
      host.posted("/consent", "handle=h2&preset=look&expires=1h&until_sign_out=1&decision=allow");
  json request = remembered();
  request["person"] = {{"subject", "user_1"}, {"email", "ada@example.com"}, {"permissions", {"shop:admin"}}};
  const core::Outcome completing =
      host.then(allowing, succeeded(json{{"request", request}, {"cookies", json::array()}}.dump()));
  const core::CallPrincipal& call = effect_of<core::CallPrincipal>(completing);
  const json sent = json::parse(call.call);
  CHECK(sent["user_id"].get<std::string>().starts_with(call.principal));
  CHECK(sent["scope"] == json{"shop:read"});
  CHECK(sent["metadata"]["requested_scopes"] == json{"shop:read", "shop:buy"});
  CHECK(sent["metadata"]["subject"] == "user_1");
  CHECK(sent["metadata"]["bounds"]["until_sign_out"] == true);
  CHECK(sent["metadata"]["bounds"]["expires_at"] == (host.now + core::hours(1)).milliseconds);
  CHECK(sent["metadata"]["sentence"].get<std::string>().starts_with("It may look at the inventory"));

  const core::Outcome page =
      host.then(completing, succeeded(R"({"redirect_to":"http://127.0.0.1:5000/callback?code=c"})"));
  CHECK(contains(body_of(page), "http://127.0.0.1:5000/callback?code=c"));
  CHECK(response_of(host.then(completing, failed(R"({"code":"server_error","description":"x"})"))).status ==
        502);
}

TEST_CASE("the human allows no more than the page offered, whatever the form says") {
  SignInHost host;
  json request = remembered();
  request["requested_scopes"] = {"shop:read"};
  request["person"] = {{"subject", "user_1"}};
  const auto allowed = [&](const std::string& form) {
    return host.then(host.posted("/consent", "handle=h2&expires=1h&decision=allow&" + form),
                     succeeded(json{{"request", request}, {"cookies", json::array()}}.dump()));
  };
  const core::Outcome completing = allowed("preset=custom&tool=listMcpShopInventory&tool=buyMcpShopItem");
  const json sent = json::parse(effect_of<core::CallPrincipal>(completing).call);
  CHECK(sent["scope"] == json{"shop:read"});
  CHECK(sent["metadata"]["bounds"]["tools"] == json{"listMcpShopInventory"});
  // A preset that reaches further is none.
  CHECK(effect_of<core::CallOAuth>(allowed("preset=spend")).operation == "begin_consent");
  CHECK(effect_of<core::CallOAuth>(allowed("preset=custom&tool=buyMcpShopItem")).operation ==
        "begin_consent");
}

TEST_CASE("the handle of the first page is none for the second: nobody had signed in then") {
  SignInHost host;
  const core::Outcome allowing = host.posted("/consent", "handle=h1&preset=look&expires=1h&decision=allow");
  const core::Outcome refused =
      host.then(allowing, succeeded(json{{"request", remembered()}, {"cookies", json::array()}}.dump()));
  CHECK(response_of(refused).status == 400);
}

TEST_CASE("allowing nothing is not a consent: the same person is asked again, with nothing ticked") {
  SignInHost host;
  const core::Outcome reading = host.posted("/consent", "handle=h2&preset=custom&expires=1h&decision=allow");
  CHECK(effect_of<core::CallOAuth>(reading).operation == "approve_consent");
  json request = remembered();
  request["person"] = {{"subject", "user_1"}, {"email", "ada@example.com"}, {"name", "Ada Lovelace"}};
  const core::Outcome asking =
      host.then(reading, succeeded(json{{"request", request}, {"cookies", {"old=; Max-Age=0"}}}.dump()));
  CHECK(effect_of<core::CallOAuth>(asking).operation == "begin_consent");
  CHECK(arguments_of(asking)["request"] == request);
  const core::Outcome page = host.then(asking, succeeded(R"({"handle":"h3","cookies":["new=1"]})"));
  CHECK(response_of(page).status == 400);
  CHECK(contains(body_of(page), "Nothing was ticked"));
  CHECK(contains(body_of(page), "Ada Lovelace (ada@example.com)"));
  CHECK(contains(body_of(page), "value=\"h3\""));
  CHECK(contains(body_of(page), "value=\"buyMcpShopItem\""));
  CHECK_FALSE(contains(body_of(page), "value=\"listMcpShopInventory\" checked"));

  // And of nobody, where nobody had signed in.
  const core::Outcome refused =
      host.then(reading, succeeded(json{{"request", remembered()}, {"cookies", json::array()}}.dump()));
  CHECK(response_of(refused).status == 400);
  CHECK(contains(body_of(refused), "Nobody has signed in"));
}
