// An administrator and somebody else's object.

#include "admin_page.h"

#include "app_support.h"
#include "authority/grants.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

constexpr std::string_view kOther = "user_01ABCDEFGHJKMNPQRSTVWXYZ01";

/// An administrator's own object, and their session in it.
struct Admin : AppHost {
  explicit Admin(std::vector<std::string> permissions = {"shop:admin"},
                 identity::Impersonation impersonation = identity::Impersonation::none) {
    const std::string name = identity::principal_name(crypto, "workos", "user_9");
    core::Entropy entropy(crypto, "seed");
    core::Context step{now, entropy, crypto, &storage};
    const std::string secret = identity::open_page_session(
        {{"user_9", "grace@example.com", "Grace"}, "session_9", std::move(permissions), impersonation}, {},
        step);
    cookie = "__Host-authority=" + identity::user_id(keys(), name) + "." + secret;
    csrf = std::string(storage.query("SELECT csrf FROM page_sessions").text(0, 0));
  }
  core::Outcome ask(const char* method, std::string path, std::string body = "") {
    core::Request request = make_request(method, {{"Cookie", cookie}, {"X-CSRF", csrf}}, body);
    request.url = std::string(kOrigin) + path;
    request.body_state = core::BodyState::complete;
    return in_object(core::PrincipalRequest{request});
  }
  core::Outcome act(std::string_view user = kOther) {
    return ask("POST", "/admin/act", json{{"user", user}, {"do", "revoke_all"}}.dump());
  }
  std::string cookie, csrf;
};

std::string code(const core::Outcome& outcome) {
  return json::parse(body_of(outcome))["error"]["code"];
}

std::string state_of(std::string_view user) {
  return "/admin/state?user=" + std::string(user);
}

}  // namespace

TEST_CASE("Administration: what is asked about somebody is asked of their object") {
  Admin admin;
  const core::Outcome asking = admin.ask("GET", state_of(kOther));
  const core::CallPrincipal& call = effect_of<core::CallPrincipal>(asking);
  CHECK(call.principal == identity::principal_name(admin.crypto, "workos", kOther));
  CHECK(json::parse(call.call)["call"] == "admin_state");
  CHECK(json::parse(call.call)["by"]["subject"] == "user_9");
  const core::Outcome answer = admin.resume_in_object(await_of(asking), {succeeded(R"({"deputies":[]})")});
  CHECK(response_of(answer).status == 200);
  const json told = json::parse(body_of(answer));
  CHECK(told["deputies"] == json::array());
  CHECK(told["session"]["csrf"] == admin.csrf);
  CHECK(response_of(admin.resume_in_object(await_of(asking), {succeeded(R"({"error":{"code":"x"}})")}))
            .status == 400);
  CHECK(response_of(admin.resume_in_object(await_of(asking), {failed()})).status == 502);
  CHECK(response_of(admin.ask("GET", "/admin")).status == 200);
}

// Found by fuzzing: the session was put into whatever JSON came, and then it was none.
TEST_CASE("Administration: an answer that is no object that says something is none") {
  Admin admin;
  const core::Outcome asking = admin.ask("GET", state_of(kOther));
  for (const char* reply : {"0", "{}", "[]", "[{}]", "null", "\"text\"", " 0 ", ""}) {
    CAPTURE(reply);
    const core::Outcome answer = admin.resume_in_object(await_of(asking), {succeeded(reply)});
    CHECK(response_of(answer).status == 502);
    CHECK(code(answer) == "no_answer");
  }
}

TEST_CASE("Administration: the other object tells of its grants") {
  Admin other;
  authority::Grant grant;
  grant.id = "g1";
  grant.client_name = "Claude";
  grant.name = "Ada";
  grant.email = "ada@example.com";
  grant.created_at = other.now;
  authority::add_grant(other.storage, grant);
  const core::Outcome reply = other.in_object(core::PrincipalCall{R"({"call":"admin_state"})"});
  const json state = json::parse(std::get<core::Reply>(reply).bytes);
  CHECK(state["person"]["email"] == "ada@example.com");
  CHECK(state["deputies"].at(0)["grant"] == "g1");
  CHECK(state["deputies"].at(0)["client"]["name"] == "Claude");
  CHECK(state["deputies"].at(0)["ended"] == nullptr);
}

TEST_CASE("Administration: only who has the permission, as themselves") {
  const auto refused = [](Admin&& admin) {
    CHECK(code(admin.ask("GET", state_of(kOther))) == "admin_only");
    CHECK(code(admin.act()) == "admin_only");
    CHECK(response_of(admin.ask("GET", "/admin")).status == 403);
  };
  refused(Admin({"shop:other"}));
  refused(Admin({"shop:admin"}, identity::Impersonation::by_administrator));
}

TEST_CASE("Administration: an act takes a sign-in less than five minutes old") {
  Admin admin;
  admin.now = admin.now + core::minutes(5) - core::milliseconds(1);
  const core::Outcome asking = admin.act();
  CHECK(json::parse(effect_of<core::CallPrincipal>(asking).call)["act"]["do"] == "revoke_all");
  admin.now = admin.now + core::milliseconds(1);
  CHECK(code(admin.act()) == "sign_in_again");
  CHECK(std::holds_alternative<core::Await>(admin.ask("GET", state_of(kOther))));
  admin.now = admin.now + core::hours(1);
  CHECK(code(admin.ask("GET", state_of(kOther))) == "sign_in_again");
}

TEST_CASE("Administration: no object is made for an id that is none") {
  Admin admin;
  for (const char* user : {"", "user_1", "user_01abcdefghjkmnpqrstvwxyz01",
                           "user_01ABCDEFGHJKMNPQRSTVWXYZ012", "org_01ABCDEFGHJKMNPQRSTVWXYZ01"}) {
    CHECK(code(admin.ask("GET", state_of(user))) == "no_such_user");
    CHECK(code(admin.act(user)) == "no_such_user");
  }
  CHECK(code(admin.ask("POST", "/admin/act", "{")) == "not_understood");
}

// Found by fuzzing: what was refused by the JSON gate was looked at.
TEST_CASE("Authority page: an act that is no JSON says nothing of what to do") {
  Admin admin;
  for (const char* body : {"", "{", "{\"do\":\"pause\"", "[]", "null", "\"pause\""}) {
    CAPTURE(body);
    const core::Outcome outcome = admin.ask("POST", "/authority/act", body);
    CHECK(response_of(outcome).status == 400);
    CHECK(code(outcome) == "not_understood");
  }
  CHECK(admin.storage.query("SELECT count(*) FROM pauses").integer(0, 0) == 0);
}
