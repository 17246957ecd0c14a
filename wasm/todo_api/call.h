// What the Worker asks of a person's object, as a JSON text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "todo_api/answers.h"
#include "todo_api/todos.h"

namespace todo_api {

struct ReadTodos {};
struct ReadChanges {};

struct Call {
  std::variant<ReadTodos, ReadChanges, Change> what;
  Actor actor;
  Preconditions preconditions;
};

std::string call_json(const Call& call);
/// Nothing where it is no call of ours.
std::optional<Call> read_call(std::string_view json);

/// Does it in the object; gives the answer to the client.
core::Response perform(const Call& call, core::Context& step);

}  // namespace todo_api
