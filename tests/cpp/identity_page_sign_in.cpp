// The way of a human to the authority page, effect by effect.

#include "app_support.h"
#include "identity/page_sessions.h"
#include "identity/page_sign_in.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

const json kUser{
    {"id", "user_1"}, {"email", "ada@example.com"}, {"first_name", "Ada"}, {"last_name", "Lovelace"}};

std::string header(const core::Outcome& outcome, std::string_view name) {
  return std::string(response_of(outcome).headers.get(name).value_or(""));
}

/// `name=value` of each Set-Cookie.
std::vector<std::string> cookies_of(const core::Outcome& outcome) {
  std::vector<std::string> cookies;
  for (const auto& [name, value] : response_of(outcome).headers.fields()) {
    if (name == "Set-Cookie") cookies.push_back(value.substr(0, value.find(';')));
  }
  return cookies;
}

struct Visit : AppHost {
  /// A sign-in that has begun: what AuthKit was asked, and what the browser keeps.
  explicit Visit(std::string next = "/authority") {
    begun = request("GET", "/authority/sign-in?next=" + core::percent_encode(next));
    const std::string url = header(begun, "Location");
    const std::string query = url.substr(url.find('?') + 1);
    state = *core::form_value(query, "state");
    challenge = *core::form_value(query, "code_challenge");
    cookie = cookies_of(begun).at(0);
  }

  core::Outcome callback(std::string query = "code=c1", std::optional<std::string> jar = {}) {
    return request("GET", "/callback?state=" + core::percent_encode(state) + "&" + query,
                   {{"Cookie", jar.value_or(cookie)}});
  }
  core::Outcome then(const core::Outcome& outcome, core::EffectResult result) {
    return resume(await_of(outcome), {std::move(result)});
  }
  core::Outcome verifying(const core::Outcome& exchanging) {
    return then(exchanging, succeeded(json{{"user", kUser}, {"access_token", "jwt"}}.dump(), 200));
  }
  core::Outcome opening(json claims = {{"sub", "user_1"}, {"sid", "session_1"}}) {
    return then(verifying(callback()), succeeded(claims.dump()));
  }
  /// The object's reply, brought to the Worker.
  core::Outcome opened(const core::Outcome& opening) {
    const core::Outcome reply = in_object(core::PrincipalCall{effect_of<core::CallPrincipal>(opening).call});
    return then(opening, succeeded(std::get<core::Reply>(reply).bytes));
  }

  core::Outcome begun;
  std::string state, challenge, cookie;
};

json call_of(const core::Outcome& outcome) {
  return json::parse(effect_of<core::CallPrincipal>(outcome).call);
}

}  // namespace

TEST_CASE("Page sign-in: it begins at AuthKit, with PKCE and a sign-in that is fresh") {
  Visit visit;
  CHECK(response_of(visit.begun).status == 303);
  const std::string url = header(visit.begun, "Location");
  CHECK(url.starts_with("https://api.workos.com/user_management/authorize?"));
  CHECK(contains(url, "redirect_uri=https%3A%2F%2Fshop.example%2Fcallback"));
  CHECK(contains(url, "code_challenge_method=S256"));
  CHECK(contains(url, "max_age=0"));
  CHECK(identity::is_page_state(visit.state));
  CHECK(contains(header(visit.begun, "Set-Cookie"), "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"));
  CHECK(header(visit.begun, "Cache-Control") == "no-store");
}

TEST_CASE("Page sign-in: a state of the OAuth provider is none of ours") {
  CHECK_FALSE(identity::is_page_state("EdGvC-ZxHkxJfT3Bv1Nfi8Uh4E2nTqNXJ6ks1n0a1b2"));
  CHECK_FALSE(identity::is_page_state("page"));
  CHECK_FALSE(identity::is_page_state(""));
}

TEST_CASE("Page sign-in: the code goes to AuthKit with the verifier of this browser") {
  Visit visit;
  const core::Outcome exchanging = visit.callback();
  const json body = json::parse(effect_of<core::Fetch>(exchanging).body);
  CHECK(body["code"] == "c1");
  CHECK(core::base64url(visit.crypto.sha256(body["code_verifier"].get<std::string>())) == visit.challenge);
}

TEST_CASE("Page sign-in: a session is opened in the object of the person, and the browser goes on") {
  Visit visit("/authority/approvals/x?y=1");
  const core::Outcome opening = visit.opening();
  const std::string name = identity::principal_name(visit.crypto, "workos", "user_1");
  CHECK(effect_of<core::CallPrincipal>(opening).principal == name);
  const json call = call_of(opening);
  CHECK(call["user_id"].get<std::string>().starts_with(name));
  CHECK(call["person"]["session"] == "session_1");
  CHECK(call["person"]["impersonated"] == false);
  CHECK_FALSE(contains(call.dump(), "jwt"));

  const core::Outcome done = visit.opened(opening);
  CHECK(response_of(done).status == 303);
  CHECK(header(done, "Location") == "/authority/approvals/x?y=1");
  const std::vector<std::string> cookies = cookies_of(done);
  REQUIRE(cookies.size() == 2);
  CHECK(cookies[0] == visit.cookie.substr(0, visit.cookie.find('=')) + "=");

  const core::Outcome asked = visit.request("GET", "/authority", {{"Cookie", cookies[1]}});
  REQUIRE(std::holds_alternative<core::ForwardToPrincipal>(asked));
  CHECK(std::get<core::ForwardToPrincipal>(asked).principal == name);
  core::Request page = make_request("GET", {{"Cookie", cookies[1]}});
  page.url = std::string(kOrigin) + "/authority";
  const core::Outcome shell = visit.in_object(core::PrincipalRequest{page});
  CHECK(response_of(shell).status == 200);
  CHECK(contains(header(shell, "Content-Security-Policy"), "script-src 'self'"));
}

TEST_CASE("Page sign-in: what is not this browser's, or was used, or is old, goes nowhere") {
  Visit visit;
  const auto refused = [](const core::Outcome& outcome) {
    CHECK(response_of(outcome).status == 400);
    CHECK_FALSE(response_of(outcome).headers.has("Location"));
  };
  SECTION("no cookie") {
    refused(visit.callback("code=c1", ""));
  }
  SECTION("the cookie of another sign-in") {
    const std::string other = cookies_of(visit.request("GET", "/authority/sign-in")).at(0);
    const std::string value = other.substr(other.find('='));
    refused(visit.callback("code=c1", other));
    refused(visit.callback("code=c1", visit.cookie.substr(0, visit.cookie.find('=')) + value));
  }
  SECTION("a cookie that was changed") {
    std::string changed = visit.cookie;
    changed[changed.find('=') + 5] ^= 1;
    refused(visit.callback("code=c1", changed));
    refused(visit.callback("code=c1", visit.cookie.substr(0, visit.cookie.size() - 1)));
    refused(visit.callback("code=c1", visit.cookie.substr(0, visit.cookie.find('.'))));
  }
  SECTION("a state that is none") {
    for (const char* state :
         {"page.", "page.x", "page.../../../../../../../", "page.AAAAAAAAAAAAAAAAAAAAAA"}) {
      visit.state = state;
      refused(visit.callback());
    }
  }
  SECTION("ten minutes later") {
    visit.now = visit.now + core::minutes(10);
    refused(visit.callback());
  }
  SECTION("AuthKit says no, or says nothing") {
    refused(visit.callback("error=access_denied"));
    refused(visit.callback("error=server_error&error_description=%3Cx%3E"));
    refused(visit.callback("x=y"));
  }
  SECTION("the cookie goes with its first use, whatever comes of it") {
    CHECK(contains(header(visit.callback("error=x"), "Set-Cookie"), "=; Path=/; Max-Age=0"));
    CHECK(contains(header(visit.then(visit.callback(), failed()), "Set-Cookie"), "=; Path=/; Max-Age=0"));
  }
}

TEST_CASE("Page sign-in: nobody is signed in whom AuthKit does not vouch for") {
  Visit visit;
  const core::Outcome exchanging = visit.callback();
  CHECK(response_of(visit.then(exchanging, failed("timeout"))).status == 502);
  CHECK(response_of(visit.then(exchanging, succeeded("{}", 400))).status == 400);
  CHECK(response_of(visit.then(visit.verifying(exchanging), failed("bad signature"))).status == 400);
  CHECK(response_of(visit.opening({{"sub", "user_2"}})).status == 400);
  CHECK(response_of(visit.then(visit.opening(), failed())).status == 502);
  CHECK(response_of(visit.then(visit.opening(), succeeded(R"({"code":"server_error"})"))).status == 502);
}

TEST_CASE("Page sign-in: whoever impersonates is known as such, and how old the sign-in is") {
  Visit visit;
  const json person = call_of(visit.opening(
      {{"sub", "user_1"}, {"act", {{"sub", "admin@x"}}}, {"auth_time", 1'700'000'000}}))["person"];
  CHECK(person["impersonated"] == true);
  CHECK(person["authenticated_at"] == 1'700'000'000'000);
}

TEST_CASE("Page sign-in: the session that the browser had for the same person ends") {
  Visit visit;
  const std::string first = cookies_of(visit.opened(visit.opening())).at(1);
  const core::Outcome again =
      visit.then(visit.verifying(visit.callback("code=c2", visit.cookie + "; " + first)),
                 succeeded(R"({"sub":"user_1"})"));
  CHECK(call_of(again)["former"] ==
        identity::page_session_id(visit.crypto, first.substr(first.find('.') + 1)));
  visit.opened(again);
  CHECK(visit.storage.query("SELECT count(*) FROM page_sessions").integer(0, 0) == 1);

  // Somebody else's is none of this object's business.
  const std::string name = identity::principal_name(visit.crypto, "workos", "user_2");
  const std::string theirs = "__Host-authority=" + identity::user_id(visit.keys(), name) + ".secret";
  CHECK(call_of(visit.then(visit.verifying(visit.callback("code=c3", visit.cookie + "; " + theirs)),
                           succeeded(R"({"sub":"user_1"})")))["former"] == "");
}

TEST_CASE("Page sign-in: an object is one person's, and opens no session for another") {
  Visit visit;
  visit.opened(visit.opening());
  const std::string other =
      identity::user_id(visit.keys(), identity::principal_name(visit.crypto, "workos", "user_2"));
  const auto reply = [&](const json& call) {
    return std::get<core::Reply>(visit.in_object(core::PrincipalCall{call.dump()})).bytes;
  };
  json call = call_of(visit.opening());
  CHECK(contains(reply(call), "secret"));
  call["user_id"] = other;
  CHECK(contains(reply(call), "server_error"));
  call["user_id"] = "made up";
  CHECK(contains(reply(call), "server_error"));
}

TEST_CASE("Page sign-in: it leads to an address of the page, or to the page") {
  for (const char* good : {"/authority", "/authority/approvals/abc-DEF_1", "/authority?deputy=x", "/admin",
                           "/admin?user=user_01", "/authority/approvals/x?y=%2F"}) {
    CHECK(identity::page_address(good) == good);
  }
  for (const char* bad : {"",
                          "/",
                          "//evil.example",
                          "https://evil.example",
                          "/authorityx",
                          "/authority.js",
                          "/administer",
                          "/authority//evil.example",
                          "/authority/../mcp",
                          "/authority/./x",
                          "/authority/%2e%2e/mcp",
                          "/authority\\evil",
                          "/authority/\r\nSet-Cookie: x",
                          "/authority/\t",
                          "authority",
                          "/mcp",
                          "/authority/sign-in",
                          "/authority/sign-in?next=/authority/sign-in",
                          "/authority@evil.example",
                          "\\\\evil.example",
                          "/authority/<script>",
                          "/authority/#x"}) {
    CAPTURE(bad);
    CHECK(identity::page_address(bad) == "/authority");
  }
  CHECK(identity::page_address("/authority/" + std::string(502, 'x')) == "/authority");
}

TEST_CASE("Page routing: without a session a human is led to sign in, and a script is told") {
  AppHost host;
  const core::Outcome page = host.request("GET", "/authority/approvals/a1?x=1");
  CHECK(response_of(page).status == 303);
  CHECK(header(page, "Location") == "/authority/sign-in?next=%2Fauthority%2Fapprovals%2Fa1%3Fx%3D1");
  for (const char* path : {"/authority/state", "/authority/audit", "/admin/state"}) {
    const core::Outcome data = host.request("GET", path);
    CHECK(response_of(data).status == 401);
    CHECK(json::parse(body_of(data))["error"]["code"] == "signed_out");
    CHECK(header(data, "Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(header(data, "Cache-Control") == "no-store");
    CHECK(header(data, "X-Content-Type-Options") == "nosniff");
  }
  const HeaderList ours{{"Origin", std::string(kOrigin)}};
  CHECK(response_of(host.request("POST", "/authority/act", ours)).status == 401);
  CHECK(response_of(host.request("POST", "/authority/act")).status == 403);
  CHECK(response_of(host.request("DELETE", "/authority", ours)).status == 405);
  CHECK(response_of(host.request("POST", "/authority/sign-in", ours)).status == 405);
  CHECK(response_of(host.request("GET", "/authorityx")).status == 404);
}

TEST_CASE("Page routing: a body that announces too much is refused before any object is asked") {
  Visit visit;
  const std::string cookie = cookies_of(visit.opened(visit.opening())).at(1);
  const auto outcome = [&](const char* length) {
    return visit.request("POST", "/authority/act",
                         {{"Origin", std::string(kOrigin)}, {"Cookie", cookie}, {"Content-Length", length}});
  };
  CHECK(std::holds_alternative<core::ForwardToPrincipal>(outcome("65536")));
  CHECK(response_of(outcome("65537")).status == 413);
}

TEST_CASE("Page routing: signing out ends the session, with the token of the page alone") {
  Visit visit;
  const std::string cookie = cookies_of(visit.opened(visit.opening())).at(1);
  const auto asked = [&](const char* method, const char* path, HeaderList headers) {
    headers.emplace_back("Cookie", cookie);
    core::Request request = make_request(method, headers);
    request.url = std::string(kOrigin) + path;
    request.body_state = core::BodyState::complete;
    return visit.in_object(core::PrincipalRequest{request});
  };
  const std::string csrf(visit.storage.query("SELECT csrf FROM page_sessions").text(0, 0));
  CHECK(response_of(asked("POST", "/authority/sign-out", {})).status == 403);
  CHECK(response_of(asked("GET", "/authority/sign-out", {})).status == 405);
  CHECK(response_of(asked("GET", "/authority", {})).status == 200);
  const core::Outcome out = asked("POST", "/authority/sign-out", {{"X-CSRF", csrf}});
  CHECK(response_of(out).status == 200);
  CHECK(contains(header(out, "Set-Cookie"), "__Host-authority=; Path=/; Max-Age=0"));
  CHECK(response_of(asked("GET", "/authority", {})).status == 303);
  CHECK(response_of(asked("POST", "/authority/act", {{"X-CSRF", csrf}})).status == 401);
}
