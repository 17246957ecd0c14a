#include "host.h"

#include "authority/grants.h"
#include "fuzz.h"
#include "identity/principal_id.h"
#include "world.h"

namespace fuzz {

namespace {

using nlohmann::json;

constexpr core::Instant kStart{1'790'000'000'000};
constexpr int kMostRounds = 20;

std::string variables(const json& changes) {
  json all{{"PUBLIC_URL", kOrigin},
           {"AUTHORITY_SECRET", std::string(32, 's')},
           {"WORKOS_CLIENT_ID", "client_1"},
           {"WORKOS_API_KEY", "sk_1"},
           {"WORKOS_WEBHOOK_SECRET", kWebhookSecret},
           {"WORKOS_ORGANIZATION_ID", "org_1"},
           {"NOTIFY_URL", "https://notify.example/"},
           {"ALLOWED_ORIGINS", "https://playground.example"},
           {"WASM_SHA256", std::string(64, '0')},
           // The clock stands still for thousands of inputs.
           {"CALLS_PER_MINUTE", "0"},
           {"DEMO_MODE", "true"}};
  all.merge_patch(changes);
  return all.dump();
}

/// A request or a response (JSON-RPC 2.0 sections 4 and 5), or several.
void must_be_json_rpc(const json& message) {
  if (message.is_array()) {
    must(!message.empty(), "an empty batch");
    for (const json& one : message) must_be_json_rpc(one);
    return;
  }
  const std::string text = message.dump();
  must(message.is_object() && message.value("jsonrpc", "") == "2.0", "no JSON-RPC", text);
  if (message.contains("method")) {
    must(message["method"].is_string() && !message.contains("result") && !message.contains("error"),
         "half a request", text);
    return;
  }
  // An error may be about a message that says no id.
  must(message.contains("id") || message.contains("error"), "neither a request nor a response", text);
  must(message.contains("result") != message.contains("error"), "a response is one of two things", text);
  if (!message.contains("error")) return;
  const json& error = message["error"];
  must(error.is_object() && error.contains("code") && error["code"].is_number_integer() &&
           error.contains("message") && error["message"].is_string(),
       "no error of JSON-RPC", text);
}

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("!#$%&'*+-.^_`|~", c)) return false;
  }
  return !text.empty();
}

}  // namespace

core::Request request(std::string_view method, std::string_view path, const HeaderList& headers,
                      std::string_view body) {
  core::Request made;
  made.method = std::string(method);
  made.url = path.starts_with("http") ? std::string(path) : std::string(kOrigin).append(path);
  made.body = std::string(body);
  for (const auto& [name, value] : headers) made.headers.add(name, value);
  return made;
}

Host::Host(std::string_view name, std::string_view bounds, const json& changes)
    : now(kStart), tape_(name, variables(changes), crypto), object_(storage, tape_.heard()) {
  const core::Config config = core::read_config(variables(changes));
  app_ = std::make_unique<AuthorizationServer>(config, tape_.crypto());
  tape_.configured();
  const identity::Keys keys(config, crypto);
  user = identity::user_id(keys, identity::principal_name(crypto, "workos", "user_1"));
  token = user + ":" + std::string(kGrant) + ":secret";
  in_object(core::Wake{});
  in_object(core::PrincipalCall{
      json{{"call", "complete_authorization"}, {"user_id", user}, {"request", json::object()}}.dump()});
  const json record{{"clientId", "client-1"},
                    {"scope", {"shop:read", "shop:buy"}},
                    {"metadata",
                     {{"subject", "user_1"},
                      {"email", "ada@example.com"},
                      {"name", "Ada"},
                      {"client_name", "Claude"},
                      {"session", "session_1"},
                      {"permissions", {"shop:admin"}},
                      {"requested_scopes", {"shop:read", "shop:buy"}},
                      {"sentence", "It may buy."},
                      {"bounds", json::parse(bounds)}}}};
  in_object(core::VaultCall{json{
      {"operation", "put"},
      {"key", "grant:" + user + ":" + std::string(kGrant)},
      {"value", record.dump()}}.dump()});
  const json person{{"subject", "user_1"},    {"email", "ada@example.com"},    {"name", "Ada"},
                    {"session", "session_1"}, {"permissions", {"shop:admin"}}, {"impersonated", false}};
  const core::Outcome opened = in_object(
      core::PrincipalCall{json{{"call", "open_page_session"}, {"user_id", user}, {"person", person}}.dump()});
  const json reply = json::parse(std::get<core::Reply>(opened).bytes);
  cookie = "__Host-authority=" + user + "." + reply.value("secret", "");
  csrf = std::string(storage.query("SELECT csrf FROM page_sessions").text(0, 0));
  must(stands(), "the deputy has no grant");
  steps_of_setup_ = steps_;
}

void Host::begin() {
  if (begun_) storage.roll_back();
  wake_anew();
  storage.begin();
  begun_ = true;
  now = kStart;
  steps_ = steps_of_setup_;
  results.clear();
  seen.clear();
  streams.clear();
  flows_.clear();
}

void Host::wake_anew() {
  object_.forget();
  ++object_number_;
}

void Host::end() {
  const core::Rows damage = storage.query("PRAGMA integrity_check");
  for (size_t row = 0; row < damage.size(); ++row) {
    // SQLite 3.40 says so of tables whose key is not in front, and without reason.
    const std::string_view what = damage.text(row, 0);
    must(what == "ok" || what.starts_with("NULL value in "), "the storage is damaged", what);
  }
  must(count("SELECT count(*) FROM held WHERE amount < 0") == 0, "less than nothing is held");
  must(count("SELECT count(*) FROM ledger") == count("SELECT coalesce(max(number), 0) FROM ledger"),
       "the ledger has a gap");
  model::Trail trail;
  trail.follow(storage, crypto);
}

bool Host::stands() {
  const auto grant = authority::find_grant(storage, kGrant);
  return grant && !authority::has_ended(grant->terms.state);
}

int64_t Host::count(core::Statement statement) {
  return storage.query(statement).integer(0, 0);
}

// ---- Steps ----

core::Outcome Host::step(core::Input input, bool in_object) {
  const std::string seed = crypto.sha256("step " + std::to_string(++steps_));
  const std::string bytes = core::encode_input(now, seed, input);
  const auto begun = core::decode_input(bytes);
  must(begun.has_value(), "an input is none");
  core::Entropy entropy(tape_.crypto(), seed);
  core::Context context{now, entropy, tape_.crypto(), in_object ? &object_ : nullptr};
  storage.begin();
  core::Outcome outcome = app_->handle(begun->input, context);
  storage.commit();
  tape_.step(
      in_object ? object_number_ : 0, [&] { return bytes; },
      [&] { return core::encode_output(outcome, context); });
  look_at(outcome, context);
  for (core::Await& flow : context.background) flows_.push_back(std::move(flow));
  return outcome;
}

void Host::raw(std::string_view bytes, bool in_object) {
  storage.begin();
  const std::string output = core::run_step(*app_, bytes, tape_.crypto(), in_object ? &object_ : nullptr);
  storage.commit();
  tape_.step(
      in_object ? object_number_ : 0, [&] { return std::string(bytes); }, [&] { return output; });
}

core::Outcome Host::send(core::Request asked) {
  core::Request head = asked;
  head.body.clear();
  core::Outcome outcome = follow(at_edge(core::EdgeRequest{std::move(head), "192.0.2.1"}), false, asked);
  if (!std::holds_alternative<core::ForwardToPrincipal>(outcome)) return outcome;
  must(std::get<core::ForwardToPrincipal>(outcome).principal == user.substr(0, 22),
       "a request is led to somebody else's object");
  asked.body_state = core::BodyState::complete;
  if (asked.body.size() > core::kMaxJsonBytes) {
    asked.body_state = core::BodyState::too_large;
    asked.body.clear();
  }
  const bool lets_in =
      stands() && asked.headers.get("Authorization").value_or("").find(token) != std::string::npos;
  const bool calls = asked.url.starts_with(std::string(kOrigin) + "/mcp");
  core::Request once = asked;
  outcome = follow(in_object(core::PrincipalRequest{std::move(once)}), true, asked);
  const core::Respond* respond = std::get_if<core::Respond>(&outcome);
  if (calls && !lets_in && asked.method != "OPTIONS") {
    must(respond && respond->response.status >= 400, "somebody is let in who has no authority", asked.body);
  }
  return outcome;
}

core::Outcome Host::follow(core::Outcome outcome, bool in_object, core::Request& request) {
  for (int round = 0; round < kMostRounds; ++round) {
    const core::Await* await = std::get_if<core::Await>(&outcome);
    if (!await) break;
    core::Resume resume{await->continuation, {}};
    for (const core::Effect& effect : await->effects) resume.results.push_back(perform(effect, request));
    outcome = step(std::move(resume), in_object);
  }
  return outcome;
}

core::EffectResult Host::perform(const core::Effect& effect, core::Request& request) {
  using Status = core::EffectResult::Status;
  if (const core::Sleep* sleep = std::get_if<core::Sleep>(&effect)) {
    now = now + sleep->duration;
    return {Status::succeeded, 0, {}};
  }
  if (std::holds_alternative<core::ReadBody>(effect)) {
    const bool fits = request.body.size() <= std::get<core::ReadBody>(effect).limit;
    return {fits ? Status::succeeded : Status::failed, 0, fits ? request.body : ""};
  }
  if (const core::CallOAuth* call = std::get_if<core::CallOAuth>(&effect);
      call && call->operation == "validate_token") {
    // The provider may be behind: whether the grant stands is not for it to say.
    const bool valid = json::parse(call->arguments)["token"] == token;
    const json answer = valid ? json{{"audience", std::string(kOrigin) + "/mcp"},
                                     {"expires_at", now.milliseconds / 1000 + 3600},
                                     {"scope", {"shop:read", "shop:buy"}}}
                              : json::object();
    return {Status::succeeded, 0, answer.dump()};
  }
  if (!results.empty()) {
    core::EffectResult result = std::move(results.front());
    results.pop_front();
    return result;
  }
  if (std::holds_alternative<core::LimitRate>(effect) || std::holds_alternative<core::PutCopy>(effect) ||
      std::holds_alternative<core::DeleteCopy>(effect)) {
    return {Status::succeeded, 0, {}};
  }
  if (const core::CallPrincipal* call = std::get_if<core::CallPrincipal>(&effect);
      call && call->principal == user.substr(0, 22)) {
    core::Outcome outcome = follow(in_object(core::PrincipalCall{call->call}), true, request);
    if (const core::Reply* reply = std::get_if<core::Reply>(&outcome))
      return {Status::succeeded, 0, reply->bytes};
  }
  return {Status::failed, 0, "nobody answers"};
}

void Host::go_on() {
  for (int round = 0; round < kMostRounds && !flows_.empty(); ++round) {
    core::Outcome flow = std::move(flows_.front());
    flows_.pop_front();
    core::Request none;
    follow(std::move(flow), true, none);
  }
}

void Host::lose() {
  if (flows_.empty()) return;
  const std::string continuation = flows_.front().continuation;
  flows_.pop_front();
  in_object(core::Lost{continuation});
}

// ---- What comes out ----

void Host::look_at(const core::Outcome& outcome, const core::Context& context) {
  must(!core::encode_output(outcome, context).empty(), "no output");
  for (const std::string& line : context.log) must(json::accept(line), "a line of the log is no JSON", line);
  for (const core::StreamWrite& write : context.writes) look_at_messages(write.text, "text/event-stream");
  if (const core::Respond* respond = std::get_if<core::Respond>(&outcome)) look_at(respond->response);
  if (const core::RespondStream* stream = std::get_if<core::RespondStream>(&outcome)) {
    look_at(stream->head);
    streams.push_back(stream->stream_id);
  }
  if (const core::Await* await = std::get_if<core::Await>(&outcome)) {
    must(!await->effects.empty(), "nothing is awaited");
    for (const core::Effect& effect : await->effects) {
      if (const core::Fetch* fetch = std::get_if<core::Fetch>(&effect)) {
        must(fetch->url.starts_with("https://api.workos.com/") ||
                 fetch->url.starts_with("https://notify.example/"),
             "something is fetched from elsewhere", fetch->url);
      }
    }
  }
}

void Host::look_at(const core::Response& response) {
  must(response.status >= 200 && response.status < 600, "no HTTP status", std::to_string(response.status));
  for (const auto& [name, value] : response.headers.fields()) {
    must(is_token(name), "a header's name is none", name);
    must(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a header breaks", value);
    if (name == "Mcp-Session-Id") seen['S'] = value;
  }
  look_at_messages(response.body, response.headers.get("Content-Type").value_or(""));
}

void Host::look_at_messages(std::string_view text, std::string_view type) {
  if (text.empty()) return;
  if (type.starts_with("application/json")) {
    const json body = json::parse(text, nullptr, false);
    must(!body.is_discarded(), "it says that it is JSON", text);
    const json& first = body.is_array() && !body.empty() ? body[0] : body;
    if (first.is_object() && first.contains("jsonrpc")) must_be_json_rpc(body);
    remember(body);
  }
  if (!type.starts_with("text/event-stream")) return;
  must(text.ends_with("\n\n"), "an event without its end", text);
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with("id: ")) seen['E'] = std::string(line.substr(4));
    if (!line.starts_with("data: ")) {
      must(line.empty() || line.find(':') != std::string_view::npos, "no line of an event", line);
      continue;
    }
    if (line.size() == 6) continue;  // the event that a stream is primed with
    const json message = json::parse(line.substr(6), nullptr, false);
    must(!message.is_discarded(), "an event is no JSON", line);
    if (message.is_object() && message.contains("jsonrpc")) must_be_json_rpc(message);
    remember(message);
  }
}

void Host::remember(const json& value) {
  if (value.is_array()) {
    for (const json& item : value) remember(item);
  }
  if (!value.is_object()) return;
  const auto keep = [&](char name, const char* member) {
    if (value.contains(member) && value[member].is_string()) seen[name] = value[member];
  };
  keep('R', "requestState");
  keep('K', "taskId");
  keep('N', "nextCursor");
  if (value.contains("method") && value.contains("id")) seen['I'] = value["id"].dump();
  for (const auto& [name, member] : value.items()) {
    if (name == "approvals" && member.is_array() && !member.empty() && member[0].is_object()) {
      seen['A'] = member[0].value("id", "");
    }
    if (member.is_structured()) remember(member);
    if (!member.is_string()) continue;
    const std::string& text = member.get_ref<const std::string&>();
    constexpr std::string_view kPage = "/authority/approvals/";
    if (const size_t at = text.find(kPage); at != std::string::npos)
      seen['A'] = text.substr(at + kPage.size(), 22);
  }
}

}  // namespace fuzz
