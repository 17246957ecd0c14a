// The Todo API in C++: its Worker and one person's object, as values.
#include "todo_api/todo_api.h"

#include "app_support.h"
#include "identity/principal_id.h"
#include "todo_api/answers.h"
#include "todo_api/call.h"
#include "todo_api/todos.h"

using namespace testing;

namespace {

constexpr std::string_view kIssuer = "https://issuer.example";
constexpr std::string_view kHere = "https://todo.example";
constexpr std::string_view kKeys = "https://issuer.example/pf/JWKS";

json settings() {
  return {{"API_ISSUER", kIssuer}, {"API_AUDIENCE", kHere}};
}

json claims() {
  return {{"iss", kIssuer},     {"sub", "ada"},
          {"aud", kHere},       {"exp", 1'790'000'300},
          {"client_id", "mcp"}, {"scope", "todo_api:read todo_api:write"},
          {"jti", "t1"},        {"act", {{"sub", "mcp-server"}}}};
}

/// An answer, with its JSON where it has one.
struct Answer {
  int status = 0;
  core::Headers headers;
  json body;
  std::string header(std::string_view name) const { return std::string(headers.get(name).value_or("")); }
  std::string challenge() const { return header("WWW-Authenticate"); }
  std::string detail() const { return body.value("detail", ""); }
  json todos() const { return body.at("todos"); }
};

class TodoHost {
 public:
  explicit TodoHost(const json& variables = settings()) : api_(core::read_config(variables.dump()), crypto) {
    step(core::Wake{}, &storage);
  }

  /// A request through the Worker, and whatever effects it asks for.
  Answer ask(std::string method, std::string path, std::string body = {}, HeaderList headers = {}) {
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    if (authorization) headers.emplace_back("Authorization", *authorization);
    core::Request request;
    request.method = std::move(method);
    request.url = std::string(kHere) + path;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    body_ = std::move(body);
    core::Outcome outcome = step(core::EdgeRequest{request, ""}, nullptr);
    while (core::Await* await = std::get_if<core::Await>(&outcome)) {
      core::Resume resume{await->continuation, {}};
      for (const core::Effect& effect : await->effects) resume.results.push_back(perform(effect));
      outcome = step(resume, nullptr);
    }
    const core::Response& response = response_of(outcome);
    Answer answer{response.status, response.headers, {}};
    if (contains(answer.header("Content-Type"), "json")) answer.body = json::parse(response.body);
    return answer;
  }

  Answer list(HeaderList headers = {}) { return ask("GET", "/api/todos", {}, std::move(headers)); }
  Answer add(std::string_view text, HeaderList headers = {}) {
    return ask("POST", "/api/todos", json{{"todoText", text}}.dump(), std::move(headers));
  }
  Answer complete(const std::string& id, bool completed, HeaderList headers = {}) {
    return ask("PATCH", "/api/todos/" + id, json{{"completed", completed}}.dump(), std::move(headers));
  }
  Answer remove(const std::string& id, HeaderList headers = {}) {
    return ask("DELETE", "/api/todos/" + id, {}, std::move(headers));
  }
  json changes() { return ask("GET", "/api/changes").body.at("changes"); }

  core::Outcome step(const core::Input& input, core::Storage* where) {
    core::Entropy entropy(crypto, crypto.sha256(std::to_string(++steps_)));
    core::Context context{now, entropy, crypto, where};
    return api_.handle(input, context);
  }

  NativeCrypto crypto;
  NativeStorage storage;
  core::Instant now{1'790'000'000'000};
  std::optional<std::string> authorization = "Bearer a.b.c";
  /// What a token's verification gives.
  core::EffectResult verified = succeeded(claims().dump());
  /// Where no keys can be had.
  std::string_view no_keys_at;
  json metadata = {{"issuer", kIssuer}, {"jwks_uri", kKeys}};
  /// What was asked for, in order: the kinds of effects, with what names them.
  std::vector<std::string> performed;
  /// The last call on an object.
  std::string principal;
  bool object_answers = true;

 private:
  core::EffectResult perform(const core::Effect& effect) {
    if (const auto* fetch = std::get_if<core::Fetch>(&effect)) {
      performed.push_back("fetch");
      return fetch->url.ends_with("openid-configuration") ? succeeded(metadata.dump(), 200)
                                                          : succeeded("", 404);
    }
    if (const auto* verify = std::get_if<core::VerifyToken>(&effect)) {
      performed.push_back("verify by " + verify->jwks_url);
      if (verify->jwks_url == no_keys_at)
        return {core::EffectResult::Status::failed, core::kNoKeySet, "no answer"};
      return verified;
    }
    if (const auto* read = std::get_if<core::ReadBody>(&effect)) {
      performed.push_back("read");
      return body_.size() <= read->limit ? succeeded(body_) : failed();
    }
    const auto& call = std::get<core::CallPrincipal>(effect);
    performed.push_back("call");
    principal = call.principal;
    if (!object_answers) return failed();
    return succeeded(std::get<core::Reply>(step(core::PrincipalCall{call.call}, &storage)).bytes);
  }

  todo_api::TodoApi api_;
  std::string body_;
  int steps_ = 0;
};

std::string id_of(const Answer& answer, size_t index = 0) {
  return answer.todos().at(index).at("id").get<std::string>();
}

std::vector<std::string> texts_of(const Answer& answer) {
  std::vector<std::string> texts;
  for (const json& todo : answer.todos()) texts.push_back(todo.at("text").get<std::string>());
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

// ---- The list ----

TEST_CASE("Todo API: every answer is the list, open ones first, then by age") {
  TodoHost host;
  CHECK(host.list().body == json{{"todos", json::array()}});
  const std::string milk = id_of(host.add(" milk "));
  host.add("bread");
  const Answer added = host.add("salt");
  CHECK(added.status == 200);
  CHECK(texts_of(added) == Texts{"milk", "bread", "salt"});
  CHECK(added.todos()[0] == json{{"id", milk}, {"text", "milk"}, {"completed", false}});

  const Answer completed = host.complete(milk, true);
  CHECK(texts_of(completed) == Texts{"bread", "salt", "milk"});
  CHECK(completed.todos()[2]["completed"] == true);
  CHECK(texts_of(host.complete(milk, false)) == Texts{"milk", "bread", "salt"});
  const Answer removed = host.remove(milk);
  CHECK(texts_of(removed) == Texts{"bread", "salt"});
  CHECK(removed.body == host.list().body);
  CHECK(host.ask("HEAD", "/api/todos").status == 200);
}

TEST_CASE("Todo API: ids of one millisecond are in order too, and no two are the same") {
  TodoHost host;
  Texts texts;
  for (int i = 0; i < 50; ++i) {
    if (i % 10 == 9) host.now = host.now - core::seconds(1);
    texts.push_back("todo " + std::to_string(i));
    host.add(texts.back());
  }
  CHECK(texts_of(host.list()) == texts);
}

TEST_CASE("Todo API: ids that are not there are 404 and change nothing") {
  TodoHost host;
  host.add("milk");
  const json before = host.changes();
  for (const std::string id : {"x", "019a0000-0000-7000-8000-000000000000", "%00", "'--"}) {
    CHECK(host.complete(id, true).status == 404);
    CHECK(host.remove(id).status == 404);
  }
  const std::string id = id_of(host.list());
  CHECK(host.remove(id).status == 200);
  CHECK(host.remove(id).status == 404);
  CHECK(host.complete(id, true).status == 404);
  CHECK(host.changes().size() == before.size() + 1);
}

TEST_CASE("Todo API: a list has at most a thousand todos") {
  TodoHost host;
  for (int64_t i = 0; i < todo_api::kMaxTodos; ++i) {
    host.storage.query("INSERT INTO todos (id, text, completed) VALUES (?, 'x', 0)", {std::to_string(i)});
  }
  const Answer refused = host.add("one more");
  CHECK(refused.status == 409);
  CHECK(contains(refused.detail(), "1000 todos"));
  CHECK(host.list().todos().size() == 1000);
  host.remove("7");
  CHECK(host.add("one more").status == 200);
}

// ---- Entity tags ----

TEST_CASE("Todo API: a tag is that of the list, and of no other") {
  TodoHost host;
  const std::string empty = host.list().header("ETag");
  CHECK(empty.size() == 24);
  CHECK(empty.starts_with("\""));
  const Answer added = host.add("milk");
  CHECK(added.header("ETag") != empty);
  CHECK(added.header("ETag") == host.list().header("ETag"));
  CHECK(added.header("Content-Location") == "/api/todos");
  const std::string id = id_of(added);
  CHECK(host.complete(id, true).header("ETag") != added.header("ETag"));
  CHECK(host.complete(id, false).header("ETag") == added.header("ETag"));
  CHECK(host.remove(id).header("ETag") == empty);
}

TEST_CASE("Todo API: a list that the client has is not sent again") {
  TodoHost host;
  const std::string tag = host.add("milk").header("ETag");
  for (const std::string& value : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    CAPTURE(value);
    const Answer answer = host.list({{"If-None-Match", value}});
    CHECK(answer.status == 304);
    CHECK(answer.header("ETag") == tag);
    CHECK(answer.body.is_null());
  }
  for (const std::string value : {"\"x\"", "", "x"})
    CHECK(host.list({{"If-None-Match", value}}).status == 200);
  CHECK(host.list({{"If-Match", "\"x\""}}).status == 412);
  CHECK(host.list({{"If-Match", tag}}).status == 200);
  const Answer changes = host.ask("GET", "/api/changes");
  CHECK(host.ask("GET", "/api/changes", {}, {{"If-None-Match", changes.header("ETag")}}).status == 304);
}

TEST_CASE("Todo API: If-Match changes the list that was read, and no other") {
  TodoHost host;
  const Answer first = host.add("milk");
  const std::string id = id_of(first);
  const std::string old = first.header("ETag");
  const std::string tag = host.add("bread").header("ETag");
  for (const std::string& value : {old, "W/" + tag, std::string("x"), std::string()}) {
    CAPTURE(value);
    const HeaderList stale = {{"If-Match", value}};
    CHECK(host.add("salt", stale).status == 412);
    CHECK(host.complete(id, true, stale).status == 412);
    CHECK(host.remove(id, stale).status == 412);
    CHECK(host.list().header("ETag") == tag);
  }
  CHECK(host.add("salt", {{"If-None-Match", "*"}}).status == 412);
  // What would have failed anyway says so.
  CHECK(host.remove("x", {{"If-Match", old}}).status == 404);
  CHECK(host.complete(id, true, {{"If-Match", old + ", " + tag}}).status == 200);
  CHECK(host.remove(id, {{"If-Match", "*"}}).status == 200);
}

// ---- Idempotency-Key ----

TEST_CASE("Todo API: the same addition under the same key is made once") {
  TodoHost host;
  const HeaderList key = {{"Idempotency-Key", "\"k1\""}};
  const Answer first = host.add("milk", key);
  host.add("bread");
  const Answer again = host.add("  milk ", key);
  CHECK(again.status == 200);
  CHECK(texts_of(again) == Texts{"milk", "bread"});
  CHECK(host.changes().size() == 2);
  const Answer other = host.add("salt", key);
  CHECK(other.status == 422);
  CHECK(host.list().todos().size() == 2);
  // Its own change is no reason to refuse its retry.
  CHECK(host.add("milk", {{"Idempotency-Key", "k1"}, {"If-Match", first.header("ETag")}}).status == 200);
  CHECK(host.add("milk", {{"Idempotency-Key", "k2"}}).todos().size() == 3);
  CHECK(host.add("milk", {{"Idempotency-Key", "a b"}}).status == 400);
}

TEST_CASE("Todo API: a key is its client's, for a day") {
  TodoHost host;
  const HeaderList key = {{"Idempotency-Key", "k1"}};
  host.add("milk", key);
  json other = claims();
  other["client_id"] = "other";
  host.verified = succeeded(other.dump());
  CHECK(host.add("salt", key).todos().size() == 2);
  host.verified = succeeded(claims().dump());
  host.now = host.now + core::days(1) - core::milliseconds(1);
  CHECK(host.add("milk", key).todos().size() == 2);
  host.now = host.now + core::milliseconds(1);
  CHECK(host.add("milk", key).todos().size() == 3);
  CHECK(host.storage.query("SELECT 1 FROM idempotency_keys").size() == 1);
}

TEST_CASE("Todo API: keys and changes do not grow without end") {
  TodoHost host;
  host.storage.query(
      "INSERT INTO idempotency_keys (seq, client_id, key, digest, at) VALUES (1, 'c', 'old', '', ?)",
      {host.now.milliseconds});
  host.storage.query(
      "INSERT INTO idempotency_keys (seq, client_id, key, digest, at) VALUES (10000, 'c', 'new', '', ?)",
      {host.now.milliseconds});
  host.add("milk", {{"Idempotency-Key", "k1"}});
  const core::Rows keys = host.storage.query("SELECT key FROM idempotency_keys ORDER BY seq");
  REQUIRE(keys.size() == 2);
  CHECK(keys.text(0, 0) == "new");

  const std::string id = id_of(host.list());
  for (int i = 0; i < 1005; ++i) host.complete(id, i % 2 == 0);
  const json changes = host.changes();
  CHECK(changes.size() == 1000);
  CHECK(changes[0]["change"] == "completed");
  CHECK(changes[999]["change"] == "reopened");
}

// ---- Who changed it ----

TEST_CASE("Todo API: a change names who acted, through whom, and the token") {
  TodoHost host;
  const std::string id = id_of(host.add("milk"));
  json nested = claims();
  nested["act"] = {{"sub", "mcp-server"}, {"act", {{"sub", "gateway"}}}};
  nested.erase("jti");
  host.verified = succeeded(nested.dump());
  host.now = host.now + core::seconds(1);
  host.complete(id, true);
  host.complete(id, true);  // changes nothing
  json direct = claims();
  direct.erase("act");
  host.verified = succeeded(direct.dump());
  host.complete(id, false);
  host.remove(id);

  const json changes = host.changes();
  REQUIRE(changes.size() == 4);
  CHECK(changes[3] == json{{"at", "2026-09-21T14:13:20.000Z"},
                           {"change", "added"},
                           {"todo", id},
                           {"sub", "ada"},
                           {"act", {"mcp-server"}},
                           {"client_id", "mcp"},
                           {"jti", "t1"}});
  CHECK(changes[2]["change"] == "completed");
  CHECK(changes[2]["at"] == "2026-09-21T14:13:21.000Z");
  CHECK(changes[2]["act"] == json{"mcp-server", "gateway"});
  CHECK(changes[2]["jti"] == "");
  CHECK(changes[1]["change"] == "reopened");
  CHECK(changes[1]["act"] == json::array());
  CHECK(changes[0]["change"] == "deleted");
}

// ---- Who is let in ----

TEST_CASE("Todo API: without a good token nothing is asked of any object") {
  TodoHost host;
  const std::string metadata =
      "resource_metadata=\"https://todo.example/.well-known/oauth-protected-resource\"";
  host.authorization.reset();
  Answer answer = host.list();
  CHECK(answer.status == 401);
  CHECK(answer.challenge() == "Bearer scope=\"todo_api:read\", " + metadata);
  CHECK(host.performed.empty());

  host.authorization = "Bearer a b";
  answer = host.ask("POST", "/api/todos", "{}");
  CHECK(answer.status == 401);
  CHECK(contains(answer.challenge(), "error=\"invalid_token\""));
  CHECK(contains(answer.challenge(), "scope=\"todo_api:write\", " + metadata));
  CHECK(host.performed.empty());

  host.authorization = "Bearer a.b.c";
  host.verified = failed("\"exp\" claim timestamp check failed");
  answer = host.remove("x");
  CHECK(answer.status == 401);
  CHECK(contains(answer.challenge(), "error_description=\"'exp' claim timestamp check failed\""));
  CHECK(std::find(host.performed.begin(), host.performed.end(), "call") == host.performed.end());
}

TEST_CASE("Todo API: each route needs its scope") {
  TodoHost host;
  const std::string id = id_of(host.add("milk"));
  const auto with_scope = [&](std::string_view scope) {
    json changed = claims();
    changed["scope"] = scope;
    host.verified = succeeded(changed.dump());
  };
  with_scope("todo_api:read openid");
  CHECK(host.list().status == 200);
  CHECK(host.ask("GET", "/api/changes").status == 200);
  for (const Answer& answer : {host.add("x"), host.complete(id, true), host.remove(id)}) {
    CHECK(answer.status == 403);
    CHECK(contains(answer.challenge(), "error=\"insufficient_scope\""));
    CHECK(contains(answer.challenge(), "scope=\"todo_api:write\""));
    CHECK(contains(answer.challenge(), "resource_metadata="));
  }
  with_scope("todo_api:write");
  CHECK(host.complete(id, true).status == 200);
  for (const char* path : {"/api/todos", "/api/changes"}) {
    CHECK(host.ask("GET", path).status == 403);
    CHECK(host.ask("HEAD", path).status == 403);
  }
  with_scope("");
  CHECK(host.list().status == 403);
}

TEST_CASE("Todo API: a list belongs to a subject of an issuer") {
  TodoHost host;
  host.list();
  CHECK(host.principal == identity::principal_name(host.crypto, kIssuer, "ada"));
  json other = claims();
  other["sub"] = "bob";
  host.verified = succeeded(other.dump());
  host.list();
  CHECK(host.principal == identity::principal_name(host.crypto, kIssuer, "bob"));
}

TEST_CASE("Todo API: where the keys are is asked once, and again when they cannot be had") {
  TodoHost host;
  const std::string verify = "verify by " + std::string(kKeys);
  host.list();
  host.list();
  CHECK(host.performed == std::vector<std::string>{"fetch", "fetch", verify, "call", verify, "call"});
  host.performed.clear();
  const core::EffectResult none{core::EffectResult::Status::failed, core::kNoKeySet, "no answer"};
  host.verified = none;
  const Answer answer = host.list();
  CHECK(answer.status == 503);
  CHECK(answer.header("Retry-After") == "5");
  CHECK(answer.challenge().empty());
  CHECK(host.performed == std::vector<std::string>{verify, "fetch", "fetch"});
  // Others, whose keys are known, need no metadata.
  host.performed.clear();
  host.verified = succeeded(claims().dump());
  CHECK(host.list().status == 200);
  CHECK(host.performed == std::vector<std::string>{verify, "call"});
}

TEST_CASE("Todo API: keys that have moved are found within the request, whose body is read once") {
  TodoHost host;
  host.list();
  host.performed.clear();
  host.metadata["jwks_uri"] = "https://moved.example";
  host.no_keys_at = kKeys;
  const Answer answer = host.add("milk");
  CHECK(answer.status == 200);
  CHECK(texts_of(answer) == Texts{"milk"});
  CHECK(host.performed == std::vector<std::string>{"verify by " + std::string(kKeys), "read", "fetch",
                                                   "fetch", "verify by https://moved.example", "call"});
  host.no_keys_at = "https://moved.example";
  CHECK(host.add("bread").status == 503);
}

TEST_CASE("Todo API: metadata of another issuer leads nowhere") {
  TodoHost host;
  host.metadata["issuer"] = "https://evil.example";
  const Answer answer = host.list();
  CHECK(answer.status == 503);
  CHECK(contains(answer.detail(), "https://issuer.example"));
}

TEST_CASE("Todo API: API_JWKS_URI spares the metadata") {
  json variables = settings();
  variables["API_JWKS_URI"] = "https://keys.example/jwks";
  TodoHost host(variables);
  CHECK(host.list().status == 200);
  CHECK(host.performed == std::vector<std::string>{"verify by https://keys.example/jwks", "call"});
  host.verified = {core::EffectResult::Status::failed, core::kNoKeySet, "no answer"};
  CHECK(host.list().status == 503);
  host.verified = succeeded(claims().dump());
  CHECK(host.list().status == 200);
  CHECK(host.performed.back() == "call");
  CHECK(std::find(host.performed.begin(), host.performed.end(), "fetch") == host.performed.end());
}

// ---- HTTP ----

TEST_CASE("Todo API: methods and addresses that are not there") {
  TodoHost host;
  for (const auto& [path, allow] : std::vector<std::pair<std::string, std::string>>{
           {"/", "GET, HEAD"},
           {"/openapi.json", "GET, HEAD"},
           {"/.well-known/oauth-protected-resource", "GET, HEAD"},
           {"/api/changes", "GET, HEAD"},
           {"/api/todos", "GET, HEAD, POST"},
           {"/api/todos/x", "PATCH, DELETE"}}) {
    for (const char* method : {"PUT", "OPTIONS", "get"}) {
      CAPTURE(path, method);
      const Answer answer = host.ask(method, path);
      CHECK(answer.status == 405);
      CHECK(answer.header("Allow") == allow);
    }
  }
  for (const char* path :
       {"/api", "/api/todos/", "/api/todos/x/y", "/api/todo", "/api/changes/", "/x", "/openapi.jsonx"}) {
    CAPTURE(path);
    CHECK(host.ask("GET", path).status == 404);
    CHECK(host.ask("DELETE", path).status == 404);
  }
  CHECK(host.performed.empty());
}

TEST_CASE("Todo API: bodies are JSON of at most 16 KiB, and are read of writers alone") {
  TodoHost host;
  CHECK(host.ask("POST", "/api/todos").status == 415);
  CHECK(host.ask("POST", "/api/todos", {}, {{"Content-Type", "application/json"}}).status == 400);
  const std::string padding(16 * 1024 - 19, ' ');
  CHECK(host.ask("POST", "/api/todos", "{\"todoText\":\"milk\"}" + padding).status == 200);
  CHECK(host.ask("POST", "/api/todos", "{\"todoText\":\"milk\"} " + padding).status == 413);
  const Answer flawed = host.ask("POST", "/api/todos", R"({"text":"milk"})");
  CHECK(flawed.status == 400);
  CHECK(flawed.header("Content-Type") == "application/problem+json");
  CHECK(flawed.body["type"] == "about:blank");
  CHECK(flawed.body["title"] == "Bad Request");
  CHECK(flawed.body["status"] == 400);
  CHECK(flawed.body["errors"] == json{{{"pointer", "#/text"}, {"detail", "There is no such member here"}},
                                      {{"pointer", "#/todoText"}, {"detail", "This member is missing"}}});
  host.performed.clear();
  host.list();
  CHECK(std::find(host.performed.begin(), host.performed.end(), "read") == host.performed.end());
}

TEST_CASE("Todo API: an object that does not answer is no lost request") {
  TodoHost host;
  host.object_answers = false;
  const Answer answer = host.add("milk");
  CHECK(answer.status == 503);
  CHECK(answer.header("Retry-After") == "5");
}

TEST_CASE("Todo API: nothing is kept by anybody on the way") {
  TodoHost host;
  host.add("milk");
  for (const Answer& answer :
       {host.list(), host.remove("x"), host.ask("GET", "/openapi.json"), host.ask("PUT", "/")}) {
    CHECK(answer.header("Cache-Control").starts_with("private, no-store"));
    CHECK_FALSE(answer.headers.has("Access-Control-Allow-Origin"));
  }
}

TEST_CASE("Todo API: the metadata is where the resource's name says") {
  json variables = settings();
  variables["API_AUDIENCE"] = "https://todo.example/v1";
  TodoHost host(variables);
  host.authorization.reset();
  CHECK(contains(host.list().challenge(),
                 "resource_metadata=\"https://todo.example/.well-known/oauth-protected-resource/v1\""));
  for (const char* path :
       {"/.well-known/oauth-protected-resource/v1", "/.well-known/oauth-protected-resource"}) {
    const Answer answer = host.ask("GET", path);
    CHECK(answer.status == 200);
    CHECK(answer.body["resource"] == "https://todo.example/v1");
    CHECK(answer.body["authorization_servers"] == json{kIssuer});
    CHECK(answer.body["scopes_supported"] == json{"todo_api:read", "todo_api:write"});
  }
  CHECK(host.ask("GET", "/.well-known/oauth-protected-resource/v2").status == 404);

  variables["API_AUDIENCE"] = "todo-api";
  TodoHost named(variables);
  named.authorization.reset();
  CHECK(contains(named.list().challenge(),
                 "resource_metadata=\"https://todo.example/.well-known/oauth-protected-resource\""));
}

TEST_CASE("Todo API: what is not configured is named, and where to set it") {
  const auto missing = [](const json& variables) {
    TodoHost host(variables);
    const Answer answer = host.list();
    CHECK(answer.status == (answer.body.contains("settings") ? 503 : 200));
    std::vector<std::string> names;
    for (const json& setting : answer.body.value("settings", json::array())) {
      names.push_back(setting["variable"].get<std::string>());
      CHECK(contains(answer.detail(), names.back()));
      CHECK_FALSE(setting["advice"].get<std::string>().empty());
    }
    CHECK(host.ask("GET", "/openapi.json").status == 200);
    CHECK(host.ask("GET", "/.well-known/oauth-protected-resource").status == answer.status);
    return names;
  };
  CHECK(missing(json::object()) == Texts{"API_ISSUER", "API_AUDIENCE"});
  CHECK(missing(settings()).empty());
  json variables = settings();
  variables["API_ISSUER"] = "http://issuer.example";
  variables["API_JWKS_URI"] = "keys";
  CHECK(missing(variables) == Texts{"API_ISSUER", "API_JWKS_URI"});
}

// ---- Between the Worker and the object ----

TEST_CASE("Todo API: a call is read back as it was written") {
  using todo_api::Call;
  const todo_api::Actor actor{"ada", {"a", "b"}, "client", "t1"};
  const todo_api::Preconditions both{"\"x\"", ""};
  const auto round_trip = [](const Call& call) {
    const std::optional<Call> read = todo_api::read_call(todo_api::call_json(call));
    REQUIRE(read);
    CHECK(todo_api::call_json(*read) == todo_api::call_json(call));
    return *read;
  };
  const Call added = round_trip({todo_api::Change(todo_api::Addition{"mi\"lk", "k"}), actor, both});
  const auto& addition = std::get<todo_api::Addition>(std::get<todo_api::Change>(added.what));
  CHECK(addition.text == "mi\"lk");
  CHECK(addition.key == "k");
  CHECK(added.actor.actors == actor.actors);
  CHECK(added.preconditions.if_match == "\"x\"");
  CHECK(added.preconditions.if_none_match == "");
  const Call completed = round_trip({todo_api::Change(todo_api::Completion{"id", true}), actor, {}});
  CHECK(std::get<todo_api::Completion>(std::get<todo_api::Change>(completed.what)).completed);
  CHECK_FALSE(completed.preconditions.any());
  CHECK(std::holds_alternative<todo_api::ReadChanges>(round_trip({todo_api::ReadChanges{}, actor, {}}).what));
  CHECK_FALSE(todo_api::read_call("{}"));
  CHECK_FALSE(todo_api::read_call("x"));
}

TEST_CASE("Todo API: an object does nothing for nobody, and for no request") {
  TodoHost host;
  const auto reply = [&](std::string_view call) {
    return std::get<core::Reply>(host.step(core::PrincipalCall{std::string(call)}, &host.storage)).bytes;
  };
  CHECK(reply(R"({"what":"add","text":"milk"})").empty());
  CHECK(reply("{}").empty());
  CHECK(host.list().todos().empty());
  core::Request request = make_request("GET", {});
  request.url = std::string(kHere) + "/api/todos";
  CHECK(response_of(host.step(core::PrincipalRequest{request}, &host.storage)).status == 404);
  CHECK(response_of(host.step(core::Fault{request}, nullptr)).status == 500);
  CHECK(response_of(host.step(core::Resume{"x", {succeeded()}}, nullptr)).status == 500);
  CHECK(response_of(host.step(core::Resume{"", {}}, nullptr)).status == 500);
}
