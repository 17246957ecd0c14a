// JSON: one gate in, one way out.
//
// Every untrusted JSON text enters through `JsonGate`: UTF-8, a size and a depth limit, nothing after the
// value, and no name twice in one object (parsers disagree on which of two wins; checking one and acting on
// the other is a bypass). What leaves is built by nlohmann/json or spliced in as text that is already JSON
// (`JsonText`), never printed twice.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simdjson.h"

// Compiled once, in json.cpp, and not in each of a hundred files.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace core {

/// What is built to be sent: members keep their order.
using Json = nlohmann::ordered_json;
/// What came in, in the gate's memory: valid until the gate's next parse.
using JsonView = simdjson::dom::element;
using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;

/// Limits of a JSON text from outside.
inline constexpr size_t kMaxJsonBytes = 1024 * 1024;
inline constexpr size_t kMaxJsonDepth = 64;

enum class JsonFault {
  none,
  empty,           // no text at all
  too_large,       // over kMaxJsonBytes
  too_deep,        // nested over kMaxJsonDepth
  not_utf8,        // bytes that are not UTF-8
  big_integer,     // an integer outside of 64 bits
  big_number,      // another number that no double can hold
  trailing,        // something after the value
  duplicate_name,  // one name twice in an object
  syntax,          // any other violation of RFC 8259
};
/// A sentence for the error message.
std::string_view describe(JsonFault fault);

struct JsonResult {
  JsonFault fault = JsonFault::none;
  /// Of what was refused: null, which has no members and is nothing else either.
  JsonView root;
  bool ok() const { return fault == JsonFault::none; }
};

class JsonGate {
 public:
  JsonGate();
  ~JsonGate();
  JsonGate(const JsonGate&) = delete;
  JsonGate& operator=(const JsonGate&) = delete;

  /// The view in the result lives until the next call of `parse` on this gate, or its end.
  JsonResult parse(std::string_view text);

 private:
  JsonResult read(std::string_view text);

  std::unique_ptr<simdjson::dom::parser> parser_;
};

/// `{}`, for ever.
JsonView empty_object();

/// Readers that answer nothing instead of throwing: a missing member and one of another type are both absent.
std::optional<JsonView> member(JsonView object, std::string_view name);
std::optional<std::string_view> string_member(JsonView object, std::string_view name);
std::optional<int64_t> integer_member(JsonView object, std::string_view name);
std::optional<bool> boolean_member(JsonView object, std::string_view name);

/// The strings of an array; what is no array has none, and items that are no strings are left out.
std::vector<std::string> string_list(std::optional<JsonView> list);

/// A JSON string literal, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);
/// The same, at the end of `out`.
void append_quoted(std::string& out, std::string_view text);
/// The text of what was built. Bytes that are not UTF-8 become U+FFFD.
std::string json_text(const Json& json);
/// A value that came in, written anew (never its original bytes).
std::string json_text(JsonView view);

}  // namespace core
