#include "todo_api/input.h"

#include <algorithm>

#include "core/json.h"
#include "schema/code_points.h"
#include "todo_api/todos.h"

namespace todo_api {

namespace {

/// More are not told at once.
constexpr size_t kMaxFlaws = 20;

/// White space and line terminators as ECMAScript's `\s` has them.
bool is_blank(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

/// Unicode's control characters, and the separators that are line breaks to some.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

std::string_view without_outer_blanks(std::string_view text) {
  while (!text.empty()) {
    size_t next = 0;
    if (!is_blank(schema::next_code_point(text, next))) break;
    text.remove_prefix(next);
  }
  while (!text.empty()) {
    size_t last = text.size();
    if (!is_blank(schema::previous_code_point(text, last))) break;
    text = text.substr(0, last);
  }
  return text;
}

bool has_control(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (is_control(schema::next_code_point(text, at))) return true;
  }
  return false;
}

/// As a reference token of a JSON Pointer in a URI fragment (RFC 6901 sections 3 and 6).
std::string pointer_to(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '~' || c == '/') {
      escaped.append(c == '~' ? "~0" : "~1");
    } else {
      escaped.push_back(c);
    }
  }
  return "#/" + core::percent_encode(escaped);
}

/// The one member that the body must have; what else is wrong goes to `flaws`.
std::optional<core::JsonView> only_member(core::JsonView body, std::string_view name, Flaws& flaws) {
  core::JsonObject object;
  if (body.get_object().get(object) != simdjson::SUCCESS) {
    flaws.push_back({"#", "The body must be an object"});
    return std::nullopt;
  }
  std::optional<core::JsonView> value;
  for (const auto& field : object) {
    if (field.key == name) {
      value = field.value;
    } else if (flaws.size() < kMaxFlaws) {
      flaws.push_back({pointer_to(field.key), "There is no such member here"});
    }
  }
  if (!value) flaws.push_back({pointer_to(name), "This member is missing"});
  return value;
}

/// Reads one member by `read`, which gives its value or says what is wrong with it.
template <typename T, typename Read>
std::variant<T, Flaws> read_member(std::string_view body, std::string_view name, Read read) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(body);
  if (!parsed.ok())
    return Flaws{{"#", "This is not the JSON that it must be: " + std::string(describe(parsed.fault))}};
  Flaws flaws;
  const std::optional<core::JsonView> member = only_member(parsed.root, name, flaws);
  T value{};
  const std::string wrong = member ? read(*member, value) : std::string();
  if (!wrong.empty()) flaws.push_back({pointer_to(name), wrong});
  if (!flaws.empty()) return flaws;
  return value;
}

}  // namespace

std::variant<std::string, Flaws> read_text(std::string_view body) {
  return read_member<std::string>(
      body, "todoText", [](core::JsonView member, std::string& value) -> std::string {
        std::string_view text;
        if (member.get_string().get(text) != simdjson::SUCCESS) return "This must be a string";
        text = without_outer_blanks(text);
        const size_t length = schema::count_code_points(text);
        if (length == 0) return "This must say something";
        if (length > kMaxTextLength) {
          return "This has " + std::to_string(length) + " characters; it must have at most " +
                 std::to_string(kMaxTextLength);
        }
        if (has_control(text)) return "This has a control character or a line break in it";
        value = text;
        return {};
      });
}

std::variant<bool, Flaws> read_completed(std::string_view body) {
  return read_member<bool>(body, "completed", [](core::JsonView member, bool& value) -> std::string {
    return member.get_bool().get(value) == simdjson::SUCCESS ? "" : "This must be true or false";
  });
}

bool is_json(const core::Request& request) {
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  return core::equal_ignoring_case(core::trim(type.substr(0, type.find(';'))), "application/json");
}

std::optional<std::string> idempotency_key(const core::Request& request) {
  const std::optional<std::string_view> header = request.headers.get("Idempotency-Key");
  if (!header) return std::string();
  std::string_view key = *header;
  if (key.size() >= 2 && key.starts_with('"') && key.ends_with('"')) key = key.substr(1, key.size() - 2);
  const bool written_well = std::all_of(key.begin(), key.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ',';
  });
  if (!written_well || key.empty() || key.size() > kMaxKeyLength) return std::nullopt;
  return std::string(key);
}

}  // namespace todo_api
