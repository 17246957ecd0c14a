#include "todo_api/todo_api.h"

#include "core/json.h"
#include "identity/discovery.h"
#include "identity/principal_id.h"
#include "todo_api/answers.h"
#include "todo_api/call.h"
#include "todo_api/files.h"
#include "todo_api/input.h"

namespace todo_api {

namespace {

using core::Await;
using core::Outcome;
using core::Respond;

/// What a request waits for: the first byte of its continuation. The request itself follows.
enum class Waiting : uint8_t { metadata = 1, verification, metadata_again, object };

std::string continuation(Waiting waiting, const core::Request& request) {
  core::WireWriter writer;
  writer.u8(static_cast<uint8_t>(waiting));
  core::write(writer, request);
  return writer.take();
}

std::vector<core::Config::Problem> problems_of(const core::Config& config) {
  std::vector<core::Config::Problem> problems;
  if (!identity::is_safe_address(config.api_issuer)) {
    problems.push_back({"API_ISSUER",
                        "is the issuer of the access tokens, to the letter as their claim iss names it: "
                        "https:// (http:// is for "
                        "localhost alone); set it under [env.todo-api.vars] in wrangler.toml"});
  }
  if (config.api_audience.empty()) {
    problems.push_back(
        {"API_AUDIENCE",
         "is what the access tokens for this API call it, as their claim aud names it, such as its "
         "address; set it under [env.todo-api.vars] in wrangler.toml"});
  }
  if (!config.api_jwks_uri.empty() && !identity::is_safe_address(config.api_jwks_uri)) {
    problems.push_back(
        {"API_JWKS_URI",
         "must be an address that begins with https:// (http:// is for localhost alone); without it "
         "the issuer's metadata says where the keys are"});
  }
  return problems;
}

bool takes_body(Operation operation) {
  return operation == Operation::add || operation == Operation::complete;
}

std::optional<std::string> header(const core::Request& request, std::string_view name) {
  const std::optional<std::string_view> value = request.headers.get(name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

Found found(const core::Request& request) {
  return find_route(request.method, core::parse_url(request.url).value_or(core::Url{}).path);
}

using What = decltype(Call::what);

/// The request with its body, once that was read.
core::Request with_body(core::Request request, const std::vector<core::EffectResult>& results) {
  if (results.size() < 2) return request;
  request.body_state = results[1].ok() ? core::BodyState::complete : core::BodyState::too_large;
  request.body = results[1].bytes;
  return request;
}

/// What a request asks of the list, or what is wrong with it.
std::variant<What, core::Response> what_of(const core::Request& request, const Found& found) {
  constexpr std::string_view kFlawed = "The body is not what this address takes";
  if (takes_body(found.route->operation)) {
    if (!is_json(request)) return problem(415, "The body must be application/json");
    if (request.body_state == core::BodyState::too_large) {
      return problem(413, "A body has at most " + std::to_string(kMaxBodyBytes / 1024) + " KiB");
    }
  }
  switch (found.route->operation) {
    case Operation::add: {
      const std::optional<std::string> key = idempotency_key(request);
      if (!key) return problem(400, "The Idempotency-Key must be a string such as \"8e03978e-40d5\"");
      const auto text = read_text(request.body);
      if (const Flaws* flaws = std::get_if<Flaws>(&text)) return problem(400, kFlawed, *flaws);
      return Change(Addition{std::get<std::string>(text), *key});
    }
    case Operation::complete: {
      const auto completed = read_completed(request.body);
      if (const Flaws* flaws = std::get_if<Flaws>(&completed)) return problem(400, kFlawed, *flaws);
      return Change(Completion{found.id, std::get<bool>(completed)});
    }
    case Operation::remove: return Change(Removal{found.id});
    case Operation::changes: return ReadChanges{};
    default: return ReadTodos{};
  }
}

}  // namespace

TodoApi::TodoApi(core::Config config, core::Crypto& crypto)
    : core::Application(config.reporting),
      config_(std::move(config)),
      crypto_(crypto),
      problems_(problems_of(config_)),
      policy_{config_.api_issuer, config_.api_audience, config_.api_token_type},
      jwks_uri_(config_.api_jwks_uri) {}

Outcome TodoApi::answer(const core::Input& input, core::Context& step) {
  return std::visit([&](const auto& i) { return on(i, step); }, input);
}

// ---- In the Worker ----

Outcome TodoApi::on(const core::EdgeRequest& input, core::Context&) {
  const core::Request& request = input.request;
  const std::optional<core::Url> url = core::parse_url(request.url);
  if (!url) return Respond{problem(400, "The address cannot be understood")};
  const Found found = find_route(request.method, url->path == metadata_path() ? kMetadataPath : url->path);
  if (found.allow.empty()) return Respond{problem(404, "There is nothing here: see /openapi.json")};
  if (!found.route) return Respond{method_not_allowed(found.allow)};
  if (found.route->scope.empty()) return answer_everybody(*found.route, *url);
  if (!problems_.empty()) return Respond{not_configured(problems_)};

  const auto token = identity::read_bearer(request);
  if (const auto* refusal = std::get_if<identity::BearerRefusal>(&token)) {
    return Respond{unauthorized(*refusal, request)};
  }
  if (!jwks_uri_.empty()) return verify(request);
  return Await{identity::discovery(config_.api_issuer), continuation(Waiting::metadata, request)};
}

Outcome TodoApi::answer_everybody(const Route& route, const core::Url& url) const {
  switch (route.operation) {
    case Operation::document: return Respond{json(std::string(file("openapi.json")))};
    case Operation::metadata: {
      if (!problems_.empty()) return Respond{not_configured(problems_)};
      return Respond{
          json(core::json_text(core::Json{{"resource", config_.api_audience},
                                          {"authorization_servers", core::Json::array({config_.api_issuer})},
                                          {"scopes_supported", core::Json::array({kReadScope, kWriteScope})},
                                          {"bearer_methods_supported", core::Json::array({"header"})},
                                          {"resource_name", "Todo API"},
                                          {"resource_documentation", url.origin + "/openapi.json"}}))};
    }
    default: break;
  }
  return Respond{
      plain("This is a to-do list as an API, for access tokens of its issuer: see /openapi.json\n")};
}

Outcome TodoApi::on(const core::Resume& input, core::Context&) {
  core::WireReader reader(input.continuation);
  const Waiting waiting = static_cast<Waiting>(reader.u8());
  const core::Request request = core::read_request(reader);
  if (reader.finished() && !input.results.empty()) {
    switch (waiting) {
      case Waiting::metadata: return discovered(request, input.results);
      case Waiting::verification: return verified(with_body(request, input.results), input.results[0]);
      case Waiting::metadata_again: return discovered_again(request, input.results);
      case Waiting::object: {
        const core::EffectResult& reply = input.results[0];
        core::WireReader answer(reply.bytes);
        core::Response response = core::read_response(answer);
        if (reply.ok() && answer.finished()) return Respond{std::move(response)};
        return Respond{unavailable("The list did not answer. Whether it was changed is not known")};
      }
    }
  }
  return Respond{problem(500, "The request lost its way")};
}

Outcome TodoApi::discovered(const core::Request& request, const std::vector<core::EffectResult>& results) {
  const std::optional<std::string> found = identity::read_discovery(config_.api_issuer, results);
  if (!found)
    return Respond{unavailable("The issuer " + config_.api_issuer + " does not say where its keys are")};
  jwks_uri_ = *found;
  return verify(request);
}

Outcome TodoApi::verify(const core::Request& request) const {
  const auto token = identity::read_bearer(request);
  if (const auto* refusal = std::get_if<identity::BearerRefusal>(&token)) {
    return Respond{unauthorized(*refusal, request)};
  }
  Await await{{identity::verification(std::get<std::string>(token), policy_, jwks_uri_)},
              continuation(Waiting::verification, request)};
  if (takes_body(found(request).route->operation) && request.body_state == core::BodyState::unread) {
    await.effects.push_back(core::ReadBody{kMaxBodyBytes});
  }
  return await;
}

Outcome TodoApi::verified(const core::Request& request, const core::EffectResult& result) {
  const auto verified = identity::read_verified(result);
  if (const auto* refusal = std::get_if<identity::BearerRefusal>(&verified)) {
    return Respond{unauthorized(*refusal, request)};
  }
  if (std::holds_alternative<identity::IssuerUnreachable>(verified)) {
    if (!config_.api_jwks_uri.empty()) return Respond{no_keys()};
    return Await{identity::discovery(config_.api_issuer), continuation(Waiting::metadata_again, request)};
  }
  const auto& token = std::get<identity::BearerToken>(verified);
  const Found route = found(request);
  if (!token.allows(route.route->scope)) return Respond{forbidden(route.route->scope, request)};

  auto what = what_of(request, route);
  if (core::Response* wrong = std::get_if<core::Response>(&what)) return Respond{std::move(*wrong)};
  const Call call{std::get<What>(std::move(what)),
                  {token.subject, token.actors, token.client_id, token.token_id},
                  {header(request, "If-Match"), header(request, "If-None-Match")}};
  return Await{
      {core::CallPrincipal{identity::principal_name(crypto_, token.issuer, token.subject), call_json(call)}},
      continuation(Waiting::object, core::Request{})};
}

Outcome TodoApi::discovered_again(const core::Request& request,
                                  const std::vector<core::EffectResult>& results) {
  const std::optional<std::string> found = identity::read_discovery(config_.api_issuer, results);
  if (!found || *found == jwks_uri_) return Respond{no_keys()};
  jwks_uri_ = *found;
  return verify(request);
}

core::Response TodoApi::no_keys() const {
  return unavailable("The keys of the issuer " + config_.api_issuer + " could not be had");
}

std::string TodoApi::metadata_path() const {
  const std::optional<core::Url> resource = core::parse_url(config_.api_audience);
  return std::string(kMetadataPath) + (resource && resource->path != "/" ? resource->path : "");
}

std::string TodoApi::metadata_url(std::string_view request_url) const {
  const std::optional<core::Url> resource = core::parse_url(config_.api_audience);
  const std::optional<core::Url> here = resource ? resource : core::parse_url(request_url);
  return (here ? here->origin : "") + metadata_path();
}

core::Response TodoApi::unauthorized(const identity::BearerRefusal& refusal,
                                     const core::Request& request) const {
  const bool without = refusal.reason == identity::BearerRefusal::Reason::no_token;
  core::Response response = problem(
      401, without ? "An access token is needed" : "The access token is not valid: " + refusal.description);
  response.headers.add("WWW-Authenticate", identity::bearer_challenge(refusal, found(request).route->scope,
                                                                      metadata_url(request.url)));
  return response;
}

core::Response TodoApi::forbidden(std::string_view scope, const core::Request& request) const {
  core::Response response = problem(403, "The access token needs the scope " + std::string(scope));
  response.headers.add("WWW-Authenticate", identity::scope_challenge(scope, metadata_url(request.url)));
  return response;
}

// ---- In a person's object ----

Outcome TodoApi::on(const core::Wake&, core::Context& step) {
  create_schema(*step.storage);
  return core::Reply{};
}

Outcome TodoApi::on(const core::PrincipalCall& input, core::Context& step) {
  const std::optional<Call> call = read_call(input.call);
  if (!call || call->actor.subject.empty()) return core::Reply{};
  core::WireWriter reply;
  core::write(reply, perform(*call, step));
  return core::Reply{reply.take()};
}

Outcome TodoApi::on(const core::PrincipalRequest&, core::Context&) {
  return Respond{problem(404, "An object answers calls alone")};
}

Outcome TodoApi::on(const core::Fault&, core::Context&) {
  return Respond{problem(500, "Something went wrong here")};
}

}  // namespace todo_api
