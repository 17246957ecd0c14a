// A person's to-do list, in the SQLite of their object: the items, the keys of requests that may come again,
// and who changed what through whom.
//
// An object has one writer, so that nothing is lost and nothing doubled, however many change the list at
// once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/step.h"

namespace todo_api {

/// Items of one list.
inline constexpr int64_t kMaxTodos = 1000;
/// Characters of a text (code points).
inline constexpr size_t kMaxTextLength = 500;
/// Changes that are remembered, the latest ones.
inline constexpr int64_t kMaxChanges = 1000;
/// How long a request may come again under its idempotency key, and how many keys are remembered at most.
inline constexpr core::Duration kKeyLifetime = core::days(1);
inline constexpr int64_t kMaxKeys = 10'000;

/// Who changes something, as the verified token says it.
struct Actor {
  std::string subject;
  /// Those who act for them, who does now first.
  std::vector<std::string> actors;
  std::string client_id;
  std::string token_id;
};

void create_schema(core::Storage& storage);

/// `{"todos":[{"id","text","completed"}]}`: open ones first, then by id, which is by age.
std::string todos_json(core::Storage& storage);
/// `{"changes":[{"at","change","todo","sub","act","client_id","jti"}]}`: the latest first.
std::string changes_json(core::Storage& storage);

struct Addition {
  std::string text;
  /// The header Idempotency-Key; empty: none. Keys of one client are not those of another.
  std::string key;
};
struct Completion {
  std::string id;
  bool completed;
};
struct Removal {
  std::string id;
};
using Change = std::variant<Addition, Completion, Removal>;

/// What comes of a change, told before anything is written.
enum class Prospect {
  can_be_made,
  /// The very same addition was made under its key: it is not to be made again.
  made_before,
  unknown_id,
  /// There are kMaxTodos already.
  full,
  /// Another addition was made under its key.
  key_in_use,
};
Prospect prospect_of(const Change& change, const Actor& actor, core::Context& step);

/// Makes a change that can be made, and remembers who made it through whom. A completion that changes nothing
/// leaves no trace.
void make(const Change& change, const Actor& actor, core::Context& step);

}  // namespace todo_api
