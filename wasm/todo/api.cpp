#include "todo/api.h"

#include "core/json.h"
#include "identity/token_exchange.h"
#include "todo/todo.h"

namespace todo {

namespace {

using mcp::ToolResult;
using mcp::Waiting;

/// Tries of what may be repeated, and the pause between them.
constexpr int kTries = 2;
constexpr core::Duration kPause = core::milliseconds(300);

constexpr std::string_view kComeAgain =
    "The token that you came with is over. Call again: your client gets a new one.";

std::string numbered(std::string_view key, int number) {
  return std::string(key) + "." + std::to_string(number);
}

bool may_mend(const core::EffectResult& result) {
  return !result.ok() || result.code >= 500;
}

/// The token, or why there is none yet, or none at all.
std::variant<std::string, Waiting, ToolResult> token_for(mcp::Call& call, std::string_view key,
                                                         const identity::Exchange& exchange) {
  if (auto token = identity::exchanged_token(call.step, call.config, exchange)) return *std::move(token);
  for (int number = 1; number <= kTries; ++number) {
    const std::string name = numbered(std::string(key) + ".exchange", number);
    if (!call.result_of(name)) {
      std::optional<core::Fetch> request = identity::exchange_request(call.step, call.config, exchange);
      if (!request) return ToolResult::error(std::string(kComeAgain));
      call.perform(name, *std::move(request));
      return call.wait();
    }
    const core::EffectResult answer = *call.result_of(name);
    if (may_mend(answer) && number < kTries) {
      if (!call.sleep(name + ".pause", kPause)) return call.wait();
      continue;
    }
    // The next run finds it in the table: a waiting call has no token in it.
    call.forget(name);
    if (auto problem = identity::keep_exchanged(call.step, call.config, exchange, answer)) {
      return ToolResult::error(*std::move(problem));
    }
    if (auto token = identity::exchanged_token(call.step, call.config, exchange)) return *std::move(token);
    return ToolResult::error("The issuer gave a token that is over already. Try again later.");
  }
  return ToolResult::error("The issuer of your token did not exchange it.");
}

/// What the API says of a failure (RFC 9457), for the agent.
std::string failure_of(const core::EffectResult& answer) {
  core::JsonGate gate;
  const core::JsonResult problem = gate.parse(answer.bytes);
  const auto text = [&](std::string_view name) {
    return problem.ok() ? std::string(core::string_member(problem.root, name).value_or("")) : std::string();
  };
  std::string told = text("detail").empty() ? text("title") : text("detail");
  if (told.empty()) told = "It gave no reason";
  return "The Todo API answered with HTTP status " + std::to_string(answer.code) + ": " + told + '.';
}

identity::Exchange exchange_for(const mcp::Call& call, std::string_view scope) {
  return {call.caller.grant_id, call.caller.subject, scope};
}

}  // namespace

Outcome ask(mcp::Call& call, std::string_view key, const Request& request) {
  const identity::Exchange exchange = exchange_for(call, request.scope);
  for (int number = 1; number <= kTries; ++number) {
    const std::string name = numbered(key, number);
    if (!call.result_of(name)) {
      auto token = token_for(call, name, exchange);
      if (Waiting* waiting = std::get_if<Waiting>(&token)) return *waiting;
      if (ToolResult* problem = std::get_if<ToolResult>(&token)) return std::move(*problem);
      core::Fetch fetch{std::string(request.method), call.config.api_url + request.path, {}, request.body};
      fetch.headers.add("Authorization", "Bearer " + std::get<std::string>(token));
      fetch.headers.add("Accept", "application/json");
      if (!request.body.empty()) fetch.headers.add("Content-Type", "application/json");
      if (request.repeats == Request::Repeats::by_key) {
        fetch.headers.add("Idempotency-Key", '"' + call.once(std::string(key) + ".key") + '"');
      }
      call.perform(name, std::move(fetch));
      return call.wait();
    }
    const core::EffectResult& answer = *call.result_of(name);
    if (answer.ok() && answer.code == 200) return Answered{answer.bytes};
    if (answer.ok() && answer.code == 404 && request.repeats == Request::Repeats::until_gone) {
      // A try before did it, and its answer was lost: what may be repeated, the platform repeats by itself
      // too.
      return ask(call, std::string(key) + ".after",
                 {.method = "GET", .path = "/api/todos", .scope = kScopeRead});
    }
    if (number == kTries) break;
    if (answer.ok() && answer.code == 401) {
      // It was revoked at the issuer, or its key is gone: another one, once. A later run must keep that one.
      if (!call.result_of(numbered(key, number + 1))) {
        identity::forget_exchanged(*call.step.storage, exchange);
      }
    } else if (may_mend(answer)) {
      if (!call.sleep(name + ".pause", kPause)) return call.wait();
    } else {
      return ToolResult::error(failure_of(answer));
    }
  }
  const core::EffectResult& last = *call.result_of(numbered(key, kTries));
  if (!last.ok()) return ToolResult::error("The Todo API did not answer. Try again later.");
  return ToolResult::error(failure_of(last));
}

std::variant<std::string, mcp::ToolOutcome> text_of_entry(mcp::Call& call, std::string_view id) {
  Outcome list = ask(call, "list", {.method = "GET", .path = "/api/todos", .scope = kScopeRead});
  const Answered* answered = std::get_if<Answered>(&list);
  if (!answered) return conclude(std::move(list));
  core::JsonGate gate;
  const core::JsonResult json = gate.parse(answered->json);
  const auto todos = json.ok() ? core::member(json.root, "todos") : std::nullopt;
  if (todos && todos->is_array()) {
    for (const core::JsonView entry : core::JsonArray(todos->get_array().value_unsafe())) {
      if (core::string_member(entry, "id") != id) continue;
      return std::string(core::string_member(entry, "text").value_or(""));
    }
  }
  return mcp::ToolResult::error("There is no entry with this id. Read the list for the ids.");
}

Outcome claims_of_exchanged(mcp::Call& call, std::string_view scope) {
  auto token = token_for(call, "peek", exchange_for(call, scope));
  if (Waiting* waiting = std::get_if<Waiting>(&token)) return *waiting;
  if (ToolResult* problem = std::get_if<ToolResult>(&token)) return std::move(*problem);
  return Answered{identity::claims_of(std::get<std::string>(token)).value_or("{}")};
}

mcp::ToolOutcome conclude(Outcome outcome) {
  if (Waiting* waiting = std::get_if<Waiting>(&outcome)) return *waiting;
  if (ToolResult* problem = std::get_if<ToolResult>(&outcome)) return std::move(*problem);
  // What comes from outside goes through the gate.
  core::JsonGate gate;
  const core::JsonResult list = gate.parse(std::get<Answered>(outcome).json);
  if (!list.ok() || !core::member(list.root, "todos")) {
    return ToolResult::error("The Todo API answered with something that is no list.");
  }
  return ToolResult::json(core::json_text(list.root));
}

std::string list_schema() {
  return R"({"type":"object","properties":{"todos":{"type":"array","items":{"type":"object","properties":)"
         R"({"id":{"type":"string"},"text":{"type":"string"},"completed":{"type":"boolean"}},)"
         R"("required":["id","text","completed"]}}},"required":["todos"]})";
}

}  // namespace todo
