// What leaves for WorkOS Audit Logs and for NOTIFY_URL, and what does not.
#include "audit_log.h"

#include "app_support.h"
#include "authority_gate.h"
#include "authority_support.h"
#include "core/outbox.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

json variables_with(const json& more) {
  json variables{{"PUBLIC_URL", kOrigin},
                 {"AUTHORITY_SECRET", std::string(32, 's')},
                 {"WORKOS_CLIENT_ID", "client_1"},
                 {"WORKOS_API_KEY", "sk_1"},
                 {"WORKOS_ORGANIZATION_ID", "org_1"}};
  variables.update(more);
  return variables;
}
core::Config config_with(const json& more) {
  return core::read_config(variables_with(more).dump());
}

/// A realm whose trail is copied, and what was copied of the last entry.
struct Copied : Realm {
  Copied() {
    core::create_outbox_schema(storage);
    notary.told = [this](core::Context&, std::string_view entry, const authority::Link& link) {
      request = audit_log_request(config, entry, link);
      event = json::parse(request.body).at("event");
      text = entry;
    };
  }
  core::Config config = config_with(json::object());
  core::OutgoingPost request;
  json event;
  std::string text;
};

}  // namespace

TEST_CASE("Audit log: an entry goes to WorkOS in the documented form, without its arguments") {
  Copied realm;
  realm.grant();
  const authority::Link link = realm.buy(100).link;
  CHECK(realm.request.url == "https://api.workos.com/audit_logs/events");
  CHECK(realm.request.headers.get("Content-Type") == "application/json");
  CHECK(realm.request.headers.get("Idempotency-Key") == "ada:1");
  CHECK(json::parse(realm.request.body).at("organization_id") == "org_1");
  const json entry = json::parse(realm.text);
  CHECK(realm.event ==
        json{{"action", "deputy.call"},
             {"occurred_at", core::iso8601(realm.now)},
             {"actor", {{"id", "g1"}, {"type", "deputy"}}},
             {"targets", {{{"id", "ada"}, {"type", "principal"}}, {{"id", "g1"}, {"type", "deputy"}}}},
             {"context", {{"location", "shop.example"}}},
             {"metadata",
              {{"seq", "1"},
               {"hash", link.hash},
               {"method", "tools/call"},
               {"tool", "buy"},
               {"client", "c1"},
               {"result", "done"},
               {"reason", "allowed"},
               {"arguments_digest", entry.at("arguments")}}}});
  CHECK_FALSE(contains(realm.request.body, "size"));
  CHECK_FALSE(contains(realm.request.body, "sk_1"));
  CHECK_FALSE(realm.request.headers.has("Authorization"));
}

TEST_CASE("Audit log: every entry is told, with whose doing it was") {
  Copied realm;
  realm.grant();
  const auto actor_of = [&](std::string_view era, std::string details) {
    realm.step([&](core::Context& step) {
      authority::append(step, realm.notary,
                        {.kind = "pause", .actor = {"ada", {}, {}, {}, era}, .details = std::move(details)});
    });
    CHECK(realm.event.at("targets").size() == 1);
    return realm.event.at("actor");
  };
  CHECK(actor_of("page", R"({"cause":"human"})") == json{{"id", "ada"}, {"type", "principal"}});
  const json administrator{{"id", "administrator"}, {"type", "administrator"}};
  CHECK(actor_of("page", R"({"cause":"administrator"})") == administrator);
  CHECK(actor_of("page", R"({"reason":"administrator"})") == administrator);
  CHECK(actor_of("alarm", "") == json{{"id", "alarm"}, {"type", "system"}});
  CHECK(realm.request.headers.get("Idempotency-Key") == "ada:4");
}

TEST_CASE("Audit log: what a name may be made of by arguments does not leave") {
  Copied realm;
  realm.step([&](core::Context& step) {
    authority::append(step, realm.notary,
                      {.kind = "call",
                       .actor = {"ada", "g1", std::string(501, 'c'), {}, "modern"},
                       .subject = {"resources/read", "shop://orders/1-Main-Road"}});
  });
  CHECK_FALSE(contains(realm.request.body, "Main"));
  CHECK_FALSE(realm.event.at("metadata").contains("client"));
  for (const auto& [name, value] : realm.event.at("metadata").items()) {
    CHECK(name.size() <= 40);
    CHECK(value.get<std::string>().size() <= 500);
  }
}

TEST_CASE("Audit log: the API key goes to WorkOS alone, and lies in no row") {
  AppHost host(variables_with(json::object()));
  core::Entropy entropy(host.crypto, "e");
  core::Context step{host.now, entropy, host.crypto, &host.storage};
  const std::vector<std::string> urls = {"https://api.workos.com/audit_logs/events",
                                         "https://api.workos.com.evil.example/", "https://hooks.example/"};
  for (const std::string& url : urls)
    core::enqueue(step, core::OutgoingPost{url, {}, "{}"}, host.now + core::days(1));
  host.now = host.now + core::kBatchDelay;
  const core::Outcome delivery = host.in_object(core::Alarm{});
  const std::vector<core::Effect>& effects = await_of(delivery).effects;
  REQUIRE(effects.size() == 3);
  for (const core::Effect& effect : effects) {
    const core::Fetch& request = std::get<core::Fetch>(effect);
    const auto key = request.headers.get("Authorization");
    CHECK(key == (request.url == urls[0] ? std::optional<std::string_view>("Bearer sk_1") : std::nullopt));
  }
  const core::Rows rows = host.storage.query("SELECT headers FROM deliveries");
  for (size_t row = 0; row < rows.size(); ++row) {
    CHECK_FALSE(contains(*core::base64url_decode(rows.text(row, 0)), "sk_1"));
  }
}

TEST_CASE("Audit log: without an organization nothing is sent") {
  const auto deliveries = [](const json& more) {
    AppHost host(variables_with(more));
    const std::string principal = identity::principal_name(host.crypto, "workos", "user_1");
    host.storage.query("INSERT INTO settings (name, value) VALUES ('principal', ?)", {principal});
    authority::Grant grant;
    grant.id = "g1";
    grant.principal = principal;
    grant.terms = usual_terms();
    grant.terms.bounds.expires_at = host.now;
    grant.created_at = host.now;
    authority::add_grant(host.storage, grant);
    host.in_object(core::Alarm{});  // the grant ends, and its trail says so
    CHECK(authority::count_entries(host.storage) == 1);
    return host.storage.query("SELECT count(*) FROM deliveries").integer(0, 0);
  };
  CHECK(deliveries(json::object()) == 1);
  CHECK(deliveries(json::object({{"WORKOS_ORGANIZATION_ID", ""}})) == 0);
}

// ---- NOTIFY_URL ----

TEST_CASE("NOTIFY_URL is https, or http on this machine") {
  const auto named = [](std::string_view url) {
    const core::Config config = config_with(json::object({{"NOTIFY_URL", url}}));
    if (config.problems.empty()) return std::string();
    REQUIRE(config.problems.size() == 1);
    CHECK_FALSE(contains(config.problems[0].advice, "secret-path"));
    return config.problems[0].variable;
  };
  for (const char* url : {"", "https://hooks.example/secret-path", "http://localhost:8080/",
                          "http://127.0.0.1", "http://[::1]:1/x"}) {
    CHECK(named(url).empty());
  }
  for (const char* url :
       {"http://hooks.example/secret-path", "hooks.example", "ftp://localhost/", "http://127.evil.example/",
        "https://", "https://ada@hooks.example/", "http://localhost.evil.example/"}) {
    CHECK(named(url) == "NOTIFY_URL");
  }
}

namespace {

/// A purchase that its human is asked about: what NOTIFY_URL is told of it.
struct Asked : Realm {
  explicit Asked(const json& variables) : config(config_with(variables)) {
    core::create_outbox_schema(storage);
    grant();
    storage.query("UPDATE grants SET client_name = 'Claude', email = 'ada@example.com'");
  }
  void call(int64_t cents) {
    step([&](core::Context& context) {
      AuthorityGate gate(config, words, notary, identity::Site{"https://shop.example"});
      const auto caller = gate.admit("g1", {"read", "buy"}, context);
      REQUIRE(caller);
      const mcp::Use use{.name = "buy", .scope = "buy", .method = mcp::kToolsCall, .title = "Buy a T-shirt"};
      REQUIRE(gate.begin(use, *caller, {}, context).kind == mcp::Permission::Kind::allowed);
      const mcp::Charge charge{.costs = {{"orders", 1}, {"EUR", cents}},
                               .what = {{"Sent to", "1 Main Road"}}};
      gate.charge(charge, context);
      gate.ended(mcp::Ending::failed, context);
    });
  }
  int64_t deliveries() { return storage.query("SELECT count(*) FROM deliveries").integer(0, 0); }
  core::Config config;
  authority::Vocabulary words{kMeasures, {}, {}};
};

}  // namespace

TEST_CASE("NOTIFY_URL is told of each question once, and not what it is about") {
  Asked realm(json::object({{"NOTIFY_URL", "https://hooks.example/x"}}));
  realm.call(100);
  CHECK(realm.deliveries() == 0);
  realm.call(2001);
  realm.call(2001);
  CHECK(realm.deliveries() == 1);
  const core::Rows row = realm.storage.query("SELECT target, headers, content, expires_at FROM deliveries");
  const authority::Approval approval = authority::list_approvals(realm.storage, 1, realm.now).at(0);
  CHECK(row.text(0, 0) == "https://hooks.example/x");
  const std::string bytes = *core::base64url_decode(row.text(0, 1));
  core::WireReader reader(bytes);
  const core::Headers headers = core::read_headers(reader);
  CHECK(headers.get("Idempotency-Key") == approval.id);
  CHECK(headers.get("Content-Type") == "application/json");
  CHECK(json::parse(row.text(0, 2)) ==
        json{{"event", "approval.requested"},
             {"client", "Claude"},
             {"title", "Buy a T-shirt"},
             {"page", "https://shop.example/authority/approvals/" + approval.id},
             {"expires_at", approval.expires_at.milliseconds}});
  CHECK(row.integer(0, 3) == approval.expires_at.milliseconds);
  realm.call(2002);
  CHECK(realm.deliveries() == 2);
}

TEST_CASE("Without NOTIFY_URL nobody is told") {
  Asked realm(json::object());
  realm.call(2001);
  CHECK(authority::list_approvals(realm.storage, 1, realm.now).size() == 1);
  CHECK(realm.deliveries() == 0);
}
