// Who is signed in to the page, for how long, and what a session allows.

#include "app_support.h"
#include "identity/page_guard.h"
#include "identity/page_sessions.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

identity::Person ada() {
  return {{"user_1", "ada@example.com", "Ada Lovelace"},
          "session_1",
          {"shop:admin", "other"},
          identity::Impersonation::none};
}

/// A principal's object with steps of its own.
struct Sessions : AppHost {
  std::string open(const identity::Person& person = ada(), std::string_view former = {}) {
    core::Entropy entropy = next();
    core::Context step{now, entropy, crypto, &storage};
    return identity::open_page_session(person, former, step);
  }
  std::optional<identity::PageSession> find(std::string_view secret) {
    core::Entropy entropy = next();
    core::Context step{now, entropy, crypto, &storage};
    return identity::find_page_session(secret, step);
  }
  int64_t rows() { return storage.query("SELECT count(*) FROM page_sessions").integer(0, 0); }

 private:
  core::Entropy next() { return {crypto, "seed " + std::to_string(++seeds_)}; }
  int seeds_ = 0;
};

int status_of(const std::optional<core::Response>& refusal) {
  return refusal ? refusal->status : 0;
}
std::string code_of(const std::optional<core::Response>& refusal) {
  return refusal ? json::parse(refusal->body)["error"]["code"].get<std::string>() : "";
}

}  // namespace

TEST_CASE("Page sessions: what was opened is found by its secret alone, and says who signed in") {
  Sessions object;
  const std::string secret = object.open();
  CHECK(secret.size() == 43);
  const auto session = object.find(secret);
  REQUIRE(session);
  CHECK(session->person.user.subject == "user_1");
  CHECK(session->person.user.email == "ada@example.com");
  CHECK(session->person.user.name == "Ada Lovelace");
  CHECK(session->person.session == "session_1");
  CHECK(session->person.permissions == std::vector<std::string>{"shop:admin", "other"});
  CHECK(session->person.impersonation == identity::Impersonation::none);
  CHECK(session->signed_in_at == object.now);
  CHECK(session->csrf.size() == 43);
  CHECK(session->csrf != secret);

  CHECK_FALSE(object.find(""));
  CHECK_FALSE(object.find(session->id));
  CHECK_FALSE(object.find(secret + "A"));
  CHECK_FALSE(object.find(secret.substr(1)));
}

TEST_CASE("Page sessions: the secret is kept as its hash alone") {
  Sessions object;
  const std::string secret = object.open();
  const core::Rows rows = object.storage.query("SELECT * FROM page_sessions");
  for (size_t column = 0; column < 11; ++column) CHECK_FALSE(contains(rows.text(0, column), secret));
  CHECK(rows.text(0, 0) == core::hex(object.crypto.sha256(secret)));
}

TEST_CASE("Page sessions: one lives for twelve hours") {
  Sessions object;
  const std::string secret = object.open();
  object.now = object.now + core::hours(12) - core::milliseconds(1);
  CHECK(object.find(secret));
  object.now = object.now + core::milliseconds(1);
  CHECK_FALSE(object.find(secret));
  object.open();
  CHECK(object.rows() == 1);
}

TEST_CASE("Page sessions: a person has twenty, then the oldest goes") {
  Sessions object;
  std::vector<std::string> secrets;
  for (int i = 0; i < 21; ++i) {
    object.now = object.now + core::seconds(1);
    secrets.push_back(object.open());
  }
  CHECK(object.rows() == identity::kMaxPageSessions);
  CHECK_FALSE(object.find(secrets[0]));
  CHECK(object.find(secrets[1]));
  CHECK(object.find(secrets[20]));
}

TEST_CASE("Page sessions: signing in again ends the session that this browser had, and no other") {
  Sessions object;
  const std::string first = object.open(), other = object.open();
  const std::string second = object.open(ada(), identity::page_session_id(object.crypto, first));
  CHECK_FALSE(object.find(first));
  CHECK(object.find(second));
  CHECK(object.find(other));
}

TEST_CASE("Page sessions: they end one by one, by AuthKit's session, and all at once") {
  Sessions object;
  identity::Person elsewhere = ada();
  elsewhere.session = "session_2";
  const std::string first = object.open(), second = object.open(), third = object.open(elsewhere);
  SECTION("one") {
    identity::close_page_session(object.storage, object.find(first)->id);
    CHECK_FALSE(object.find(first));
    CHECK(object.find(second));
  }
  SECTION("those of a session of AuthKit") {
    identity::close_page_sessions_of(object.storage, "session_1");
    CHECK_FALSE(object.find(first));
    CHECK_FALSE(object.find(second));
    CHECK(object.find(third));
  }
  SECTION("all") {
    identity::close_all_page_sessions(object.storage);
    CHECK(object.rows() == 0);
  }
}

TEST_CASE("Page sessions: a sign-in is as old as AuthKit says, and never younger than our callback") {
  Sessions object;
  identity::Person person = ada();
  person.authenticated_at = object.now - core::minutes(20);
  CHECK(object.find(object.open(person))->signed_in_at == object.now - core::minutes(20));
  person.authenticated_at = object.now + core::minutes(20);
  CHECK(object.find(object.open(person))->signed_in_at == object.now);
}

TEST_CASE("Page sessions: a sign-in is fresh until its age is reached") {
  Sessions object;
  const auto session = *object.find(object.open());
  const auto refusal = [&](core::Duration age) {
    return identity::refuse_stale(session, identity::kFreshForApproval, object.now + age);
  };
  CHECK_FALSE(refusal(core::milliseconds(599'999)));
  CHECK(status_of(refusal(core::minutes(10))) == 403);
  CHECK(code_of(refusal(core::minutes(10))) == "sign_in_again");
}

TEST_CASE("Page sessions: an impersonated one allows nothing, and makes nobody an administrator") {
  Sessions object;
  identity::Person person = ada();
  CHECK(may_allow(*object.find(object.open(person))));
  CHECK(may_administer(*object.find(object.open(person))));
  person.impersonation = identity::Impersonation::by_administrator;
  const auto session = *object.find(object.open(person));
  CHECK_FALSE(may_allow(session));
  CHECK_FALSE(may_administer(session));
  CHECK(code_of(identity::refuse_impersonated(session)) == "impersonated");
}

TEST_CASE("Page sessions: an administrator has the permission, from a sign-in of this hour") {
  Sessions object;
  core::Url page, data;
  page.path = "/admin";
  data.path = "/admin/state";
  identity::Person person = ada();
  const auto admin = *object.find(object.open(person));
  person.permissions = {"shop:administer", "other"};
  const auto other = *object.find(object.open(person));
  CHECK_FALSE(identity::refuse_other_than_admin(data, admin, object.now));
  CHECK(code_of(identity::refuse_other_than_admin(data, other, object.now)) == "admin_only");
  CHECK(status_of(identity::refuse_other_than_admin(page, other, object.now)) == 403);
  const core::Instant later = object.now + core::hours(1);
  CHECK(code_of(identity::refuse_other_than_admin(data, admin, later)) == "sign_in_again");
  CHECK(status_of(identity::refuse_other_than_admin(page, admin, later)) == 303);
}

TEST_CASE("Page guard: changes come from our own pages alone, data goes to them alone") {
  const identity::Site site{std::string(kOrigin)};
  const auto status = [&](std::string_view method, identity::PagePath kind, const HeaderList& headers) {
    return status_of(identity::refuse_foreign(make_request(method, headers), kind, site));
  };
  using Kind = identity::PagePath;
  const std::string ours(kOrigin);
  for (Kind kind : {Kind::page, Kind::data}) {
    CHECK(status("POST", kind, {{"Origin", ours}}) == 0);
    CHECK(status("POST", kind, {{"Origin", ours}, {"Sec-Fetch-Site", "same-origin"}}) == 0);
    for (const char* from : {"same-site", "cross-site", "none"}) {
      CHECK(status("POST", kind, {{"Origin", ours}, {"Sec-Fetch-Site", from}}) == 403);
    }
    CHECK(status("POST", kind, {}) == 403);
    for (const char* origin :
         {"null", "https://evil.example", "http://shop.example", "https://shop.example:8443",
          "https://shop.example.evil.example", "http://localhost"}) {
      CHECK(status("POST", kind, {{"Origin", origin}}) == 403);
      CHECK(status("GET", Kind::data, {{"Origin", origin}}) == 403);
    }
  }
  CHECK(status("GET", Kind::data, {}) == 0);
  CHECK(status("GET", Kind::data, {{"Sec-Fetch-Site", "same-origin"}}) == 0);
  CHECK(status("GET", Kind::data, {{"Sec-Fetch-Site", "none"}}) == 0);
  CHECK(status("GET", Kind::data, {{"Sec-Fetch-Site", "same-site"}}) == 403);
  CHECK(status("GET", Kind::data, {{"Sec-Fetch-Site", "cross-site"}}) == 403);
  // A page may be linked to.
  CHECK(status("GET", Kind::page, {{"Sec-Fetch-Site", "cross-site"}}) == 0);
}

TEST_CASE("Page guard: a change carries what only the page's script knows") {
  Sessions object;
  const auto session = *object.find(object.open()), other = *object.find(object.open());
  const auto status = [&](const HeaderList& headers) {
    return status_of(identity::refuse_forged(make_request("POST", headers), session));
  };
  CHECK(status({{"X-CSRF", session.csrf}}) == 0);
  CHECK(status({}) == 403);
  CHECK(status({{"X-CSRF", ""}}) == 403);
  CHECK(status({{"X-CSRF", other.csrf}}) == 403);
  CHECK(status({{"X-CSRF", session.csrf + "A"}}) == 403);
}

TEST_CASE("Page guard: a body has at most 64 KiB, whatever it announces") {
  core::Request request = make_request("POST", {});
  request.body_state = core::BodyState::complete;
  request.body = std::string(64 * 1024, 'x');
  CHECK_FALSE(identity::refuse_large(request));
  request.body += 'x';
  CHECK(status_of(identity::refuse_large(request)) == 413);
  CHECK_FALSE(identity::refuse_large(make_request("POST", {{"Content-Length", "65536"}})));
  CHECK(status_of(identity::refuse_large(make_request("POST", {{"Content-Length", "65537"}}))) == 413);
  core::Request cut = make_request("POST", {});
  cut.body_state = core::BodyState::too_large;
  CHECK(status_of(identity::refuse_large(cut)) == 413);
}

TEST_CASE("Page guard: a cookie leads to the object that its MAC names, and to none without it") {
  AppHost host;
  const identity::Keys keys = host.keys();
  const std::string name = identity::principal_name(host.crypto, "workos", "user_1");
  const std::string id = identity::user_id(keys, name);
  const auto cookie = [&](const std::string& value) {
    return identity::page_cookie(
        make_request("GET", {{"Cookie", "other=1; __Host-authority=" + value + "; __Host-authority-x=2"}}),
        keys);
  };
  const auto good = cookie(id + ".secret");
  REQUIRE(good);
  CHECK(good->principal == name);
  CHECK(good->secret == "secret");
  std::string forged = id;
  forged[30] = forged[30] == 'A' ? 'B' : 'A';
  CHECK_FALSE(cookie(forged + ".secret"));
  CHECK_FALSE(cookie(id));
  CHECK_FALSE(cookie(""));
  CHECK_FALSE(cookie("." + id));
  CHECK_FALSE(identity::page_cookie(make_request("GET", {}), keys));
}
