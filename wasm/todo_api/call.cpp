#include "todo_api/call.h"

#include "core/json.h"
#include "todo_api/routes.h"

namespace todo_api {

namespace {

using core::Overloaded;

constexpr std::string_view kTodos = "todos", kChanges = "changes", kAdd = "add", kComplete = "complete",
                           kRemove = "remove";

void put(core::Json& json, std::string_view name, const std::optional<std::string>& text) {
  if (text) json[std::string(name)] = *text;
}

std::optional<std::string> text(core::JsonView json, std::string_view name) {
  const std::optional<std::string_view> value = core::string_member(json, name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::optional<decltype(Call::what)> what_of(core::JsonView json) {
  const std::string what = text(json, "what").value_or("");
  const std::string id = text(json, "id").value_or("");
  if (what == kTodos) return ReadTodos{};
  if (what == kChanges) return ReadChanges{};
  if (what == kAdd) return Addition{text(json, "text").value_or(""), text(json, "key").value_or("")};
  if (what == kComplete) return Completion{id, core::boolean_member(json, "completed").value_or(false)};
  if (what == kRemove) return Removal{id};
  return std::nullopt;
}

core::Response list(const Preconditions& preconditions, std::string body, core::Context& step) {
  const std::string tag = entity_tag(step.crypto, body);
  switch (judge(preconditions, tag)) {
    case Verdict::holds: break;
    case Verdict::match_fails: return precondition_failed();
    case Verdict::none_match_fails: return not_modified(tag);
  }
  return tagged_json(step.crypto, std::move(body));
}

/// The answer to a change is the list (RFC 9110 section 8.7), with its tag.
core::Response list_after_change(core::Context& step) {
  core::Response response = tagged_json(step.crypto, todos_json(*step.storage));
  response.headers.add("Content-Location", kTodosPath);
  return response;
}

core::Response change(const Change& change, const Call& call, core::Context& step) {
  // Preconditions count only where nothing else stands against it (RFC 9110 section 13.2.1). What was made
  // before is answered, though its If-Match no longer holds: that was its own doing.
  switch (prospect_of(change, call.actor, step)) {
    case Prospect::can_be_made: break;
    case Prospect::made_before: return list_after_change(step);
    case Prospect::unknown_id: return problem(404, "There is no todo with this id");
    case Prospect::full:
      return problem(409, "The list has " + std::to_string(kMaxTodos) + " todos already: delete some first");
    case Prospect::key_in_use:
      return problem(422, "This Idempotency-Key was used with another todo: each todo has a key of its own");
  }
  if (call.preconditions.any()) {
    const std::string tag = entity_tag(step.crypto, todos_json(*step.storage));
    if (judge(call.preconditions, tag) != Verdict::holds) return precondition_failed();
  }
  make(change, call.actor, step);
  return list_after_change(step);
}

}  // namespace

std::string call_json(const Call& call) {
  core::Json json = std::visit(
      Overloaded{[](const ReadTodos&) {
                   return core::Json{{"what", kTodos}};
                 },
                 [](const ReadChanges&) {
                   return core::Json{{"what", kChanges}};
                 },
                 [](const Change& any) {
                   return std::visit(
                       Overloaded{
                           [](const Addition& c) {
                             return core::Json{{"what", kAdd}, {"text", c.text}, {"key", c.key}};
                           },
                           [](const Completion& c) {
                             return core::Json{{"what", kComplete}, {"id", c.id}, {"completed", c.completed}};
                           },
                           [](const Removal& c) {
                             return core::Json{{"what", kRemove}, {"id", c.id}};
                           }},
                       any);
                 }},
      call.what);
  json["sub"] = call.actor.subject;
  json["act"] = call.actor.actors;
  json["client_id"] = call.actor.client_id;
  json["jti"] = call.actor.token_id;
  put(json, "if_match", call.preconditions.if_match);
  put(json, "if_none_match", call.preconditions.if_none_match);
  return core::json_text(json);
}

std::optional<Call> read_call(std::string_view json) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(json);
  if (!parsed.ok()) return std::nullopt;
  std::optional<decltype(Call::what)> what = what_of(parsed.root);
  if (!what) return std::nullopt;
  return Call{std::move(*what),
              {text(parsed.root, "sub").value_or(""), core::string_list(core::member(parsed.root, "act")),
               text(parsed.root, "client_id").value_or(""), text(parsed.root, "jti").value_or("")},
              {text(parsed.root, "if_match"), text(parsed.root, "if_none_match")}};
}

core::Response perform(const Call& call, core::Context& step) {
  core::Storage& storage = *step.storage;
  return std::visit(
      Overloaded{[&](const ReadTodos&) { return list(call.preconditions, todos_json(storage), step); },
                 [&](const ReadChanges&) { return list(call.preconditions, changes_json(storage), step); },
                 [&](const Change& any) { return change(any, call, step); }},
      call.what);
}

}  // namespace todo_api
