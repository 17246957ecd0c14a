// What WorkOS tells, whom it is believed, and what it ends.

#include "webhooks.h"

#include "app_support.h"
#include "authority/grants.h"
#include "identity/page_sessions.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

constexpr std::string_view kSecret = "whsec_1";

json hooked_variables() {
  json variables = shop_variables();
  variables["WORKOS_WEBHOOK_SECRET"] = kSecret;
  return variables;
}

const json kDeleted{{"id", "event_1"},
                    {"event", "user.deleted"},
                    {"data", {{"object", "user"}, {"id", "user_1"}}},
                    {"created_at", "2026-11-21T00:00:00.000Z"}};
const json kRevoked{{"id", "event_2"},
                    {"event", "session.revoked"},
                    {"data", {{"object", "session"}, {"id", "session_1"}, {"user_id", "user_1"}}}};

struct Hook : AppHost {
  Hook() : AppHost(hooked_variables()) {}

  std::string signature(std::string_view body, core::Instant at, std::string_view secret = kSecret) {
    const std::string time = std::to_string(at.milliseconds);
    return "t=" + time + ", v1=" + core::hex(crypto.hmac_sha256(secret, time + "." + std::string(body)));
  }
  core::Outcome told(const std::string& body, const std::string& header) {
    const core::Outcome asked = request("POST", "/webhooks/workos", {{"WorkOS-Signature", header}});
    CHECK(effect_of<core::ReadBody>(asked).limit == 256 * 1024);
    return resume(await_of(asked), {succeeded(body)});
  }
  core::Outcome told(const json& event) { return told(event.dump(), signature(event.dump(), now)); }

  std::string open() {
    core::Entropy entropy(crypto, "seed");
    core::Context step{now, entropy, crypto, &storage};
    return identity::open_page_session({{"user_1", "ada@example.com", "Ada"}, "session_1", {}}, {}, step);
  }
  int64_t count(core::Statement statement) { return storage.query(statement).integer(0, 0); }
  int64_t sessions() { return count("SELECT count(*) FROM page_sessions"); }
  /// What the object makes of a call on it.
  void in_the_object(const core::Outcome& outcome) {
    in_object(core::PrincipalCall{effect_of<core::CallPrincipal>(outcome).call});
  }
};

/// An object whose human appointed a deputy.
struct Appointed : Hook {
  Appointed() {
    const std::string name = identity::principal_name(crypto, "workos", "user_1");
    user = identity::user_id(keys(), name);
    const core::Outcome completing = in_object(core::PrincipalCall{
        json{{"call", "complete_authorization"}, {"user_id", user}, {"request", json::object()}}.dump()});
    CHECK(std::holds_alternative<core::Await>(completing));
    give("g1", json::object());
    REQUIRE(stands("g1"));
  }
  void give(const std::string& grant, const json& bounds) {
    const json record{{"clientId", "client-" + grant},
                      {"scope", {"shop:read"}},
                      {"metadata", {{"subject", "user_1"}, {"session", "session_1"}, {"bounds", bounds}}}};
    vault({{"operation", "put"}, {"key", "grant:" + user + ":" + grant}, {"value", record.dump()}});
  }
  bool stands(std::string_view grant) { return !authority::find_grant(storage, grant)->ended_at; }
  std::string user;
};

}  // namespace

TEST_CASE("Webhooks: the signature is over the time and the very bytes, within three minutes") {
  NativeCrypto crypto;
  const core::Instant now{1'790'000'000'000};
  // openssl: printf '1790000000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_1
  const std::string good =
      "t=1790000000000, v1=6dff0d4e4f6945dc5d124e98ca24dfc0c0033afa80022d2cc379426cd6ae4380";
  const auto check = [&](std::string_view header, std::string_view body = "{\"a\":1}",
                         core::Duration later = {}, std::string_view secret = kSecret) {
    return check_signature(crypto, secret, header, body, now + later);
  };
  CHECK(check(good) == Signature::good);
  CHECK(check(good, "{\"a\":1} ") == Signature::wrong);
  CHECK(check(good, "{\"a\":1}", {}, "whsec_2") == Signature::wrong);
  CHECK(check(good, "{\"a\":1}", core::minutes(3)) == Signature::good);
  CHECK(check(good, "{\"a\":1}", core::milliseconds(180'001)) == Signature::out_of_time);
  CHECK(check(good, "{\"a\":1}", core::milliseconds(-180'000)) == Signature::good);
  CHECK(check(good, "{\"a\":1}", core::milliseconds(-180'001)) == Signature::out_of_time);
  std::string other_time = good;
  other_time[2] = '2';
  CHECK(check(other_time) == Signature::wrong);
  std::string upper = good;
  for (size_t i = upper.find("v1=") + 3; i < upper.size(); ++i) {
    if (upper[i] >= 'a') upper[i] = static_cast<char>(upper[i] - 'a' + 'A');
  }
  CHECK(check(upper) == Signature::good);
  for (const char* header : {"", "t=1790000000000", "v1=00", "t=,v1=00", "t=x,v1=00", "t=1x,v1=00",
                             "t=99999999999999999999999,v1=00", "t=1 , v0=00"}) {
    CAPTURE(header);
    CHECK(check(header) == Signature::malformed);
  }
  CHECK(check("t=1790000000000,v1=") == Signature::malformed);
  CHECK(check("t=1790000000000,v1=" + std::string(63, '0')) == Signature::wrong);
}

TEST_CASE("Webhooks: without a secret there is no endpoint") {
  AppHost host;
  CHECK(response_of(host.request("POST", "/webhooks/workos", {{"WorkOS-Signature", "t=1,v1=00"}})).status ==
        404);
}

TEST_CASE("Webhooks: what is not signed, too old, too large or no POST asks no object") {
  Hook hook;
  const std::string body = kDeleted.dump();
  CHECK(response_of(hook.told(body, "")).status == 400);
  CHECK(response_of(hook.told(body, hook.signature(body, hook.now, "another"))).status == 401);
  CHECK(response_of(hook.told(body, hook.signature(body, hook.now - core::minutes(4)))).status == 401);
  CHECK(response_of(hook.told(body, hook.signature(body, hook.now + core::minutes(4)))).status == 401);
  CHECK(response_of(hook.request("GET", "/webhooks/workos")).status == 405);
  CHECK(response_of(hook.request("POST", "/webhooks/workos", {{"Content-Length", "262145"}})).status == 413);
  const core::Outcome asked = hook.request("POST", "/webhooks/workos");
  CHECK(response_of(hook.resume(await_of(asked), {failed()})).status == 413);
}

TEST_CASE("Webhooks: an event that means nothing here is taken and forgotten") {
  Hook hook;
  const auto status = [&](const json& event) { return response_of(hook.told(event)).status; };
  json event = kRevoked;
  event["event"] = "session.created";
  CHECK(status(event) == 200);
  event = kRevoked;
  event["data"].erase("user_id");
  CHECK(status(event) == 200);
  event = kRevoked;
  event["data"]["id"] = "";
  CHECK(status(event) == 200);
  event = kDeleted;
  event.erase("id");
  CHECK(status(event) == 200);
  CHECK(response_of(hook.told("nonsense", hook.signature("nonsense", hook.now))).status == 200);
}

TEST_CASE("Webhooks: the answer is good once the object has committed, and not before") {
  Hook hook;
  const core::Outcome calling = hook.told(kDeleted);
  CHECK(effect_of<core::CallPrincipal>(calling).principal ==
        identity::principal_name(hook.crypto, "workos", "user_1"));
  CHECK(response_of(hook.resume(await_of(calling), {succeeded("{}")})).status == 200);
  CHECK(response_of(hook.resume(await_of(calling), {failed("the object trapped")})).status == 503);
}

TEST_CASE("Webhooks: a person who is gone has no deputies and no sessions") {
  Appointed hook;
  hook.open();
  hook.in_the_object(hook.told(kDeleted));
  CHECK(hook.sessions() == 0);
  CHECK(authority::find_grant(hook.storage, "g1")->ended_at == hook.now);
  CHECK(authority::find_grant(hook.storage, "g1")->end_reason == "user_deleted");
  // Nor can its deputies come back.
  const json refused =
      hook.vault({{"operation", "put"}, {"key", "grant:" + hook.user + ":g1"}, {"value", "{}"}});
  CHECK(refused.contains("error"));
}

TEST_CASE("Webhooks: a session of AuthKit that was revoked ends the page's, and deputies until then") {
  Appointed hook;
  hook.give("g2", {{"until_sign_out", true}});
  hook.open();
  json other = kRevoked;
  other["data"]["id"] = "session_2";
  other["id"] = "event_3";
  hook.in_the_object(hook.told(other));
  CHECK(hook.sessions() == 1);
  CHECK(hook.stands("g2"));
  hook.in_the_object(hook.told(kRevoked));
  CHECK(hook.sessions() == 0);
  CHECK(hook.stands("g1"));
  CHECK(authority::find_grant(hook.storage, "g2")->end_reason == "signed_out");
}

TEST_CASE("Webhooks: an event counts once, and is known again for seven days") {
  Hook hook;
  hook.open();
  hook.in_the_object(hook.told(kRevoked));
  CHECK(hook.sessions() == 0);
  hook.open();
  hook.in_the_object(hook.told(kRevoked));
  CHECK(hook.sessions() == 1);
  hook.now = hook.now + core::days(7) - core::milliseconds(1);
  hook.in_the_object(hook.told(kRevoked));
  CHECK(hook.sessions() == 1);
  hook.now = hook.now + core::milliseconds(1);
  hook.in_the_object(hook.told(kRevoked));
  CHECK(hook.sessions() == 0);
  CHECK(hook.count("SELECT count(*) FROM webhook_events") == 1);
}
