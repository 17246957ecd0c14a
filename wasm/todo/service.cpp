#include "service.h"

#include <array>

#include "todo/todo.h"

namespace {

using authority::Measure;
using Scope = authority::Vocabulary::Scope;

constexpr std::array kScopes = {
    Scope{todo::kScopeRead, "read your to-do list"},
    Scope{todo::kScopeWrite, "change your to-do list for you"},
};

constexpr std::array kMeasures = {
    Measure{.name = authority::kCalls, .one = "call", .many = "calls"},
    Measure{.name = todo::kChanges, .one = "change", .many = "changes"},
    Measure{.name = todo::kDeletions, .one = "deletion", .many = "deletions"},
};

constexpr std::array kPresets = {
    Preset{"look", "Look only", "It can read your list. It changes nothing.", "todo_api:read",
           R"([{"measure":"calls","most":60,"per":"minute"}])", R"([{"measure":"deletions","amount":0}])"},
    Preset{"keep", "May keep the list, asks before it deletes", "It can add entries and mark them as done.",
           "todo_api:read todo_api:write",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"changes","most":200,"per":"day"},)"
           R"({"measure":"deletions","most":20,"per":"day"}])",
           R"([{"measure":"deletions","amount":0}])"},
    Preset{"all", "May do everything with the list", "It can delete entries too, and need not ask.",
           "todo_api:read todo_api:write",
           R"([{"measure":"calls","most":60,"per":"minute"},{"measure":"changes","most":200,"per":"day"},)"
           R"({"measure":"deletions","most":200,"per":"day"}])",
           "[]"},
};

constexpr Service kService = {
    .name = "MCP To-do list",
    .short_name = "todo",
    .heading = "A to-do list, kept by your agent",
    .receipt_key = "mcp.todo/receipt",
    .scopes = kScopes,
    .scopes_of_issuer = "openid profile",
    .measures = kMeasures,
    .presets = kPresets,
    .first_bounds = R"({"limits":[{"measure":"calls","most":60,"per":"minute"}],)"
                    R"("ask_above":[{"measure":"deletions","amount":0}]})",
    .offer = todo::offer,
    .create_schema = todo::create_schema,
    .erase_personal_details = todo::erase_personal_details,
    .refusal_when_banned = todo::refusal_when_banned,
};

}  // namespace

const Service& service() {
  return kService;
}
