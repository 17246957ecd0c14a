// The Worker's own decisions: whom it answers for, where a request goes, and who is turned away before any
// object is asked.

#include "app_support.h"
#include "identity/principal_id.h"

using namespace testing;

namespace {

std::string token_of(AppHost& host, std::string_view subject) {
  const std::string name = identity::principal_name(host.crypto, "workos", subject);
  return identity::user_id(host.keys(), name) + ":grant:secret";
}

}  // namespace

TEST_CASE("a deployment without its settings says which are missing and how to set them") {
  AppHost host(json::object());
  const core::Outcome outcome = host.request("GET", "/");
  CHECK(response_of(outcome).status == 503);
  for (const char* variable : {"AUTHORITY_SECRET", "WORKOS_CLIENT_ID", "WORKOS_API_KEY"}) {
    CHECK(contains(body_of(outcome), variable));
  }
}

TEST_CASE("a public URL must be scheme and host alone, and https unless it is local") {
  const auto problems = [](std::string_view url) {
    return core::read_config(json{{"PUBLIC_URL", url},
                                  {"AUTHORITY_SECRET", std::string(32, 's')},
                                  {"WORKOS_CLIENT_ID", "c"},
                                  {"WORKOS_API_KEY", "k"}}
                                 .dump())
        .problems.size();
  };
  CHECK(problems("https://shop.example") == 0);
  CHECK(problems("https://shop.example/") == 0);
  CHECK(problems("http://localhost:8787") == 0);
  CHECK(problems("https://shop.example/path") == 1);
  CHECK(problems("http://shop.example") == 1);
  CHECK(problems("shop.example") == 1);
}

TEST_CASE("a secret has at least 32 characters") {
  const auto config = [](size_t length) {
    return core::read_config(json{
        {"AUTHORITY_SECRET", std::string(length, 's')},
        {"WORKOS_CLIENT_ID", "c"},
        {"WORKOS_API_KEY", "k"}}.dump());
  };
  CHECK(config(31).problems.size() == 1);
  CHECK(config(32).problems.empty());
}

TEST_CASE("settings that are lists keep each of their items") {
  const core::Config config = core::read_config(
      R"({"ALLOWED_ORIGINS":"https://a.example, https://b.example/","WORKOS_ISSUER":"https://i.example"})");
  CHECK(config.allowed_origins == std::vector<std::string>{"https://a.example", "https://b.example"});
  CHECK(config.workos_issuers == std::vector<std::string>{"https://i.example"});
}

TEST_CASE("a request for another host is refused") {
  AppHost host;
  core::Request request;
  request.method = "POST";
  request.url =
      GENERATE("https://evil.example/mcp", "http://shop.example/mcp", "https://shop.example:8443/mcp",
               "https://localhost/mcp", "https://shop.example.evil.example/mcp");
  CAPTURE(request.url);
  CHECK(response_of(host.at_edge(core::EdgeRequest{request, ""})).status == 403);
}

TEST_CASE("in development every loopback host is ours, and no other") {
  AppHost host(
      json{{"AUTHORITY_SECRET", std::string(32, 's')}, {"WORKOS_CLIENT_ID", "c"}, {"WORKOS_API_KEY", "k"}});
  core::Request request;
  request.method = "POST";
  request.url = "http://127.0.0.1:8787/mcp";
  CHECK(response_of(host.at_edge(core::EdgeRequest{request, ""})).status == 401);
  request.url = "https://127.evil.example/mcp";
  const core::Outcome outcome = host.at_edge(core::EdgeRequest{request, ""});
  CHECK(response_of(outcome).status == 503);
  CHECK(contains(body_of(outcome), "PUBLIC_URL"));
}

TEST_CASE("without a token the challenge names the metadata and both scopes") {
  AppHost host;
  const core::Outcome outcome = host.request("POST", "/mcp");
  CHECK(response_of(outcome).status == 401);
  CHECK(response_of(outcome).headers.get("WWW-Authenticate") ==
        "Bearer resource_metadata=\"https://shop.example/.well-known/oauth-protected-resource/mcp\", "
        "scope=\"shop:read shop:buy\"");
}

TEST_CASE("a token that names nobody real is refused without asking any object") {
  AppHost host;
  const std::string real = token_of(host, "user_1");
  // Also where the real one has just been here.
  REQUIRE(std::holds_alternative<core::ForwardToPrincipal>(
      host.request("POST", "/mcp", {{"Authorization", "Bearer " + real}})));
  std::string other_mac = real;
  other_mac[30] = other_mac[30] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {other_mac, std::string("x:y:z"), std::string("x"), real + ":more", real.substr(1),
        std::string(45, 'A') + ":grant:secret", std::string("::")}) {
    CAPTURE(token);
    const core::Outcome outcome = host.request("POST", "/mcp", {{"Authorization", "Bearer " + token}});
    CHECK(response_of(outcome).status == 401);
    CHECK(contains(*response_of(outcome).headers.get("WWW-Authenticate"), "invalid_token"));
  }
}

TEST_CASE("PrincipalMemory: it knows whom it has seen, and as many as it likes") {
  AppHost host;
  const identity::Keys keys = host.keys();
  identity::PrincipalMemory memory(keys);
  const auto name_of = [&](size_t user) {
    return identity::principal_name(host.crypto, "workos", std::to_string(user));
  };
  for (size_t user = 0; user <= identity::PrincipalMemory::kCapacity; ++user) {
    const std::string name = name_of(user);
    REQUIRE(memory.of_token(identity::user_id(keys, name) + ":grant:secret") == name);
  }
  const std::string first = identity::user_id(keys, name_of(0));
  CHECK(memory.of_token(first + ":grant:secret") == name_of(0));
  CHECK(memory.of_token(first + ":another:secret") == name_of(0));
  CHECK_FALSE(memory.of_token(first + ":no-secret"));
  CHECK_FALSE(memory.of_token(first.substr(0, 44) + "~:grant:secret"));
}

TEST_CASE("a token of a real principal leads to their object") {
  AppHost host;
  const core::Outcome outcome =
      host.request("POST", "/mcp", {{"Authorization", "bearer " + token_of(host, "user_1")}});
  const std::string name = identity::principal_name(host.crypto, "workos", "user_1");
  REQUIRE(std::holds_alternative<core::ForwardToPrincipal>(outcome));
  CHECK(std::get<core::ForwardToPrincipal>(outcome).principal == name);
}

TEST_CASE("a deputy that calls too often is told to wait until the next minute, and others are not") {
  AppHost host(json{{"PUBLIC_URL", kOrigin},
                    {"AUTHORITY_SECRET", std::string(32, 's')},
                    {"ALLOWED_ORIGINS", "https://playground.example"},
                    {"CALLS_PER_MINUTE", "3"},
                    {"WORKOS_CLIENT_ID", "c"},
                    {"WORKOS_API_KEY", "k"}});
  const auto call = [&](std::string_view user) {
    return host.request(
        "POST", "/mcp",
        {{"Authorization", "Bearer " + token_of(host, user)}, {"Origin", "https://playground.example"}});
  };
  const auto taken = [&](std::string_view user) {
    return std::holds_alternative<core::ForwardToPrincipal>(call(user));
  };
  for (int i = 0; i < 3; ++i) CHECK(taken("user_1"));
  const core::Response limited = response_of(call("user_1"));
  CHECK(limited.status == 429);
  CHECK(limited.headers.get("Retry-After") == std::to_string(core::seconds_to_next_minute(host.now)));
  CHECK(limited.headers.get("Cache-Control") == "no-store");
  CHECK(limited.headers.get("Access-Control-Allow-Origin") == "https://playground.example");
  CHECK(taken("user_2"));
  host.now = host.now + core::seconds(core::seconds_to_next_minute(host.now));
  CHECK(taken("user_1"));
}

TEST_CASE("after a change of the secret the previous one is accepted, and one before that is not") {
  const auto with = [](std::string current, std::string previous) {
    return json{{"PUBLIC_URL", kOrigin},
                {"AUTHORITY_SECRET", current},
                {"AUTHORITY_SECRET_PREVIOUS", previous},
                {"WORKOS_CLIENT_ID", "c"},
                {"WORKOS_API_KEY", "k"}};
  };
  const std::string first(32, '1'), second(32, '2'), third(32, '3');
  AppHost before(with(first, ""));
  const HeaderList header{{"Authorization", "Bearer " + token_of(before, "user_1")}};
  AppHost after(with(second, first));
  CHECK(std::holds_alternative<core::ForwardToPrincipal>(after.request("POST", "/mcp", header)));
  AppHost later(with(third, second));
  CHECK(response_of(later.request("POST", "/mcp", header)).status == 401);
}

TEST_CASE("a preflight is answered before anybody is authenticated") {
  AppHost host(json{{"PUBLIC_URL", kOrigin},
                    {"AUTHORITY_SECRET", std::string(32, 's')},
                    {"ALLOWED_ORIGINS", "https://playground.example"},
                    {"WORKOS_CLIENT_ID", "c"},
                    {"WORKOS_API_KEY", "k"}});
  const core::Response allowed =
      response_of(host.request("OPTIONS", "/mcp", {{"Origin", "https://playground.example"}}));
  CHECK(allowed.status == 204);
  CHECK(allowed.headers.get("Access-Control-Allow-Origin") == "https://playground.example");
  CHECK(contains(*allowed.headers.get("Access-Control-Expose-Headers"), "Mcp-Session-Id"));
  CHECK(response_of(host.request("OPTIONS", "/mcp", {{"Origin", "https://evil.example"}})).status == 403);
  CHECK(response_of(host.request("POST", "/mcp", {{"Origin", "null"}})).status == 403);
}

TEST_CASE("a body that announces more than a message may have is refused before it is read") {
  AppHost host;
  const std::string token = "Bearer " + token_of(host, "user_1");
  const auto status = [&](std::string length) -> int {
    const core::Outcome outcome =
        host.request("POST", "/mcp", {{"Authorization", token}, {"Content-Length", length}});
    return std::holds_alternative<core::Respond>(outcome) ? response_of(outcome).status : 0;
  };
  CHECK(status("1048576") == 0);
  CHECK(status("1048577") == 413);
  CHECK(status("99999999999999999999") == 413);
}

TEST_CASE("a token request goes to the object of the person it names, else to the OAuth provider here") {
  AppHost host;
  const core::Outcome asked = host.request("POST", "/token");
  CHECK(effect_of<core::ReadBody>(asked).limit == 16 * 1024);
  const auto after = [&](std::string body) {
    return host.resume(await_of(asked), {succeeded(std::move(body))});
  };
  const std::string token = core::percent_encode(token_of(host, "user_1"));
  for (const char* name : {"code", "refresh_token", "token"}) {
    CHECK(std::holds_alternative<core::ForwardToPrincipal>(after("x=y&" + std::string(name) + "=" + token)));
  }
  CHECK(std::holds_alternative<core::ForwardToOAuth>(after("code=made:up:one")));
  CHECK(std::holds_alternative<core::ForwardToOAuth>(after("")));
  CHECK(response_of(host.resume(await_of(asked), {failed()})).status == 413);
}

TEST_CASE("a registration is limited in rate and in size") {
  AppHost host;
  const core::Outcome asked = host.request("POST", "/register");
  const core::Await& await = await_of(asked);
  REQUIRE(await.effects.size() == 2);
  CHECK(std::get<core::LimitRate>(await.effects[0]).key == "192.0.2.1");
  CHECK(std::holds_alternative<core::ForwardToOAuth>(host.resume(await, {succeeded(), succeeded("{}")})));
  const core::Response limited = response_of(host.resume(await, {failed(), succeeded("{}")}));
  CHECK(limited.status == 429);
  CHECK(limited.headers.get("Retry-After") == "60");
  CHECK(response_of(host.resume(await, {succeeded(), failed()})).status == 413);
}

TEST_CASE("the protected-resource metadata is at both well-known places") {
  AppHost host;
  const std::string path =
      GENERATE("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp");
  const json metadata = json::parse(body_of(host.request("GET", path)));
  CHECK(metadata.at("resource") == "https://shop.example/mcp");
  CHECK(metadata.at("authorization_servers") == json{"https://shop.example"});
  CHECK(metadata.at("scopes_supported") == json{"shop:read", "shop:buy"});
}

TEST_CASE("bytes that are no input, and continuations that are not ours, give an error and no crash") {
  AppHost host;
  AuthorizationServer app(core::read_config(shop_variables().dump()), host.crypto);
  for (const std::string& bytes :
       {std::string(), std::string("\x01"), std::string(200, '\xff'), std::string(5000, '\0')}) {
    CHECK_FALSE(core::run_step(app, bytes, host.crypto, nullptr).empty());
  }
  for (int machine = 0; machine < 10; ++machine) {
    for (const std::string& rest :
         {std::string(), std::string("\0", 1), std::string(40, '\xff'), std::string(9, '\x05')}) {
      const std::string continuation = std::string(1, static_cast<char>(machine)) + rest;
      CHECK_NOTHROW(host.in_object(core::Resume{continuation, {succeeded("{}")}}));
      CHECK_NOTHROW(host.at_edge(core::Resume{continuation, {}}));
    }
  }
}
