// The JSON gate, and canonical JSON: what comes in comes out as the same value, and another parser agrees on
// what is JSON and what is not.
#include "core/json.h"

#include <cmath>
#include <cstdlib>
#include <set>

#include "core/canonical_json.h"
#include "fuzz.h"

namespace {

using core::JsonFault;
using core::JsonView;
using fuzz::must;

/// Members, and how deep they are, as a parser of its own counts them: with each name as often as it stands
/// there.
class Counter : public nlohmann::json_sax<nlohmann::json> {
 public:
  size_t names = 0, depth = 0, deepest = 0;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t&) override {
    ++names;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool enter() {
    deepest = std::max(deepest, ++depth);
    return true;
  }
  bool leave() {
    --depth;
    return true;
  }
};

/// What was let in keeps its promises. Gives the number of names.
size_t look_at(JsonView view) {
  size_t names = 0;
  if (view.is_array()) {
    for (const JsonView item : core::JsonArray(view.get_array().value_unsafe())) names += look_at(item);
  } else if (view.is_object()) {
    std::set<std::string_view> seen;
    for (const auto [name, value] : core::JsonObject(view.get_object().value_unsafe())) {
      must(seen.insert(name).second, "a name stands twice in an object", name);
      names += 1 + look_at(value);
    }
  } else if (view.is_string()) {
    const std::string_view text = view.get_string().value_unsafe();
    core::JsonGate gate;
    const core::JsonResult again = gate.parse(core::json_quote(text));
    must(again.ok() && again.root.get_string().value_unsafe() == text, "a string is quoted as another", text);
  } else if (view.is_double()) {
    const double value = view.get_double().value_unsafe();
    must(std::isfinite(value), "a number is none");
    const std::string text = core::canonical_number(value);
    must(std::strtod(text.c_str(), nullptr) == value, "a number is written as another one", text);
  }
  return names;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  static core::JsonGate gate, second, third;
  const core::JsonResult result = gate.parse(text);

  Counter counted;
  // It passes over a byte order mark, and ends with the first NUL.
  const bool json = !text.starts_with("\xEF\xBB\xBF") && text.find('\0') == std::string_view::npos &&
                    nlohmann::json::sax_parse(text, &counted, nlohmann::json::input_format_t::json, true);
  switch (result.fault) {
    case JsonFault::none:
      must(json, "another parser refuses it", text);
      must(counted.deepest <= core::kMaxJsonDepth, "it is too deep", text);
      break;
    case JsonFault::empty: must(!json, "it is not empty", text); break;
    case JsonFault::too_large: must(size > core::kMaxJsonBytes, "it is not too large"); break;
    // What is wrong besides may come first.
    case JsonFault::too_deep:
      must(!json || counted.deepest > core::kMaxJsonDepth, "it is not too deep", text);
      break;
    case JsonFault::duplicate_name: must(!json || counted.names > 1, "no name stands twice", text); break;
    case JsonFault::big_integer:
    case JsonFault::big_number: break;
    case JsonFault::not_utf8:
    case JsonFault::trailing:
    case JsonFault::syntax: must(!json, "another parser takes it", text); break;
  }
  must(!describe(result.fault).empty() || result.ok(), "a fault without a sentence");
  if (!result.ok()) return 0;
  must(look_at(result.root) == counted.names, "another number of names", text);

  const std::string canonical = core::canonical_json(result.root);
  const core::JsonResult again = second.parse(canonical);
  // 1e20 is written with all of its digits there, and is too long an integer then.
  if (again.fault == JsonFault::big_integer || again.fault == JsonFault::too_large) return 0;
  must(again.ok(), "its canonical form is not let in", canonical);
  must(core::canonical_json(again.root) == canonical, "its canonical form has another one", canonical);

  const std::string written = core::json_text(result.root);
  const core::JsonResult copy = third.parse(written);
  must(copy.ok(), "what is written anew is not let in", written);
  must(core::canonical_json(copy.root) == canonical, "what is written anew is another value", written);
  return 0;
}
