#include "core/json.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <vector>

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace core {

namespace {

/// The white space of JSON.
constexpr std::string_view kBlanks = " \t\r\n";
/// What ends a number or a word.
constexpr std::string_view kDelimiters = " \t\r\n\"[]{},:";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Parsers that were used, and whose memory the next gate can have: a call has half a dozen small texts. Not
/// in native builds, where AddressSanitizer is to see a view that outlives its gate.
#ifdef __wasm__
constexpr size_t kMostSpareParsers = 8;
#else
constexpr size_t kMostSpareParsers = 0;
#endif
/// In bytes of text; a parser has some fourteen times as much memory.
constexpr size_t kMostSpareCapacity = 8 * 1024;

std::vector<std::unique_ptr<simdjson::dom::parser>>& spare_parsers() {
  thread_local std::vector<std::unique_ptr<simdjson::dom::parser>> parsers;
  return parsers;
}

constexpr size_t kFewNames = 8;

bool has_duplicate_name(JsonView value) {
  if (value.is_array()) {
    for (JsonView item : JsonArray(value.get_array().value_unsafe())) {
      if (has_duplicate_name(item)) return true;
    }
    return false;
  }
  if (!value.is_object()) return false;
  const JsonObject object = value.get_object().value_unsafe();
  // Each name with all before it, as long as that is less work than to sort them.
  size_t count = 0;
  for (auto field = object.begin(); field != object.end(); ++field, ++count) {
    if (has_duplicate_name(field.value())) return true;
    if (count >= kFewNames) continue;
    for (auto before = object.begin(); before != field; ++before) {
      if (before.key() == field.key()) return true;
    }
  }
  if (count <= kFewNames) return false;
  std::vector<std::string_view> names;
  names.reserve(count);
  for (const auto& field : object) names.push_back(field.key);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

/// Where the string that begins at `quote` ends: at its closing quote, or at the text's end.
size_t end_of_string(std::string_view text, size_t quote) {
  for (size_t i = quote + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return text.size();
}

/// Walks brackets outside of strings: the depth that a parser would have to reach.
bool deeper_than(std::string_view text, size_t limit) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"': i = end_of_string(text, i); break;
      case '[':
      case '{':
        if (++depth > limit) return true;
        break;
      case ']':
      case '}':
        if (depth > 0) --depth;
        break;
    }
  }
  return false;
}

/// Where the first value of the text would end if it were valid: after its closing bracket or quote, or after
/// its word. The text's size where it does not end.
size_t end_of_first_value(std::string_view text) {
  size_t depth = 0;
  for (size_t i = std::min(text.find_first_not_of(kBlanks), text.size()); i < text.size(); ++i) {
    switch (text[i]) {
      case '"': i = end_of_string(text, i); break;
      case '[':
      case '{': ++depth; continue;
      case ']':
      case '}':
        if (depth > 0) --depth;
        break;
      default:
        if (depth == 0) return std::min(text.find_first_of(kDelimiters, i), text.size());
        continue;
    }
    if (depth == 0) return std::min(i + 1, text.size());
  }
  return text.size();
}

/// True where a whole value is followed by more: tells a trailing tail from other syntax errors.
bool has_trailing_content(simdjson::dom::parser& parser, std::string_view text) {
  const size_t end = end_of_first_value(text);
  if (text.find_first_not_of(kBlanks, end) == std::string_view::npos) return false;
  simdjson::dom::element root;
  return parser.parse(text.data(), end, true).get(root) == simdjson::SUCCESS;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// RFC 8259 section 6, the whole of `text`.
bool is_number(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > begin;
  };
  const auto accept = [&](std::string_view characters) {
    const bool found = i < text.size() && characters.find(text[i]) != std::string_view::npos;
    if (found) ++i;
    return found;
  };
  accept("-");
  if (!accept("0") && !digits()) return false;
  if (accept(".") && !digits()) return false;
  if (accept("eE")) {
    accept("+-");
    if (!digits()) return false;
  }
  return i == text.size();
}

bool fits_into_64_bits(std::string_view integer) {
  int64_t with_sign;
  uint64_t without;
  const char* end = integer.data() + integer.size();
  return std::from_chars(integer.data(), end, with_sign).ec == std::errc() ||
         std::from_chars(integer.data(), end, without).ec == std::errc();
}

/// What is wrong with a text that has a number which the parser does not take: its form, or only its size.
JsonFault number_fault(std::string_view text) {
  JsonFault fault = JsonFault::big_number;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = end_of_string(text, i);
    } else if (c == '-' || is_digit(c)) {
      const size_t end = std::min(text.find_first_of(kDelimiters, i), text.size());
      const std::string_view number = text.substr(i, end - i);
      if (!is_number(number)) return JsonFault::syntax;
      const bool is_integer = number.find_first_of(".eE") == std::string_view::npos;
      if (is_integer && !fits_into_64_bits(number)) fault = JsonFault::big_integer;
      i = end - 1;
    }
  }
  return fault;
}

// Quoting looks at eight characters together; the first is the lowest byte.
static_assert(std::endian::native == std::endian::little);

/// Eight bytes that are all this one.
constexpr uint64_t eight(uint64_t byte) {
  return byte * 0x0101010101010101;
}

/// Marks, by its highest bit, the first of eight bytes that is less than `most` (at most 128); those after it
/// may be marked without reason.
constexpr uint64_t below(uint64_t bytes, uint64_t most) {
  return (bytes - eight(most)) & ~bytes & eight(0x80);
}

/// Marks so what a string literal has to escape (RFC 8259 section 7).
constexpr uint64_t to_escape(uint64_t bytes) {
  return below(bytes, ' ') | below(bytes ^ eight('"'), 1) | below(bytes ^ eight('\\'), 1);
}

uint64_t first_eight(std::string_view text) {
  uint64_t bytes;
  std::memcpy(&bytes, text.data(), sizeof bytes);
  return bytes;
}

/// What an escape adds at most to the character: `\u0000`.
constexpr size_t kEscape = 5;

/// How long its literal can be.
size_t most_quoted(std::string_view text) {
  size_t length = 2 + text.size();
  for (; text.size() >= 8; text.remove_prefix(8)) {
    length += kEscape * static_cast<size_t>(std::popcount(to_escape(first_eight(text))));
  }
  return length + kEscape * text.size();
}

/// Gives where it ends.
char* write_escape(char* to, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\': *to++ = c; return to;
    case '\b': *to++ = 'b'; return to;
    case '\f': *to++ = 'f'; return to;
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    default: break;
  }
  for (const char digit :
       {'u', '0', '0', kHex[static_cast<size_t>(c) >> 4], kHex[static_cast<size_t>(c) & 15]})
    *to++ = digit;
  return to;
}

}  // namespace

std::string_view describe(JsonFault fault) {
  switch (fault) {
    case JsonFault::none: return "valid";
    case JsonFault::empty: return "the body is empty";
    case JsonFault::too_large: return "the text is larger than 1 MiB";
    case JsonFault::too_deep: return "arrays and objects are nested deeper than 64 levels";
    case JsonFault::not_utf8: return "the text is not valid UTF-8";
    case JsonFault::big_integer: return "an integer does not fit into 64 bits";
    case JsonFault::big_number: return "a number is too large";
    case JsonFault::trailing: return "there is more text after the JSON value";
    case JsonFault::duplicate_name: return "an object has the same name twice";
    case JsonFault::syntax: return "the text is not valid JSON";
  }
  return "the text is not valid JSON";
}

JsonGate::JsonGate() {
  if (spare_parsers().empty()) {
    parser_ = std::make_unique<simdjson::dom::parser>(kMaxJsonBytes);
  } else {
    parser_ = std::move(spare_parsers().back());
    spare_parsers().pop_back();
  }
}

JsonGate::~JsonGate() {
  if (spare_parsers().size() < kMostSpareParsers && parser_->capacity() <= kMostSpareCapacity)
    spare_parsers().push_back(std::move(parser_));
}

JsonView empty_object() {
  static JsonGate gate;
  static const JsonView object = gate.parse("{}").root;
  return object;
}

JsonResult JsonGate::parse(std::string_view text) {
  JsonResult result = read(text);
  // A view of nothing at all must not be asked anything.
  if (!result.ok()) result.root = parser_->parse("null", 4, true).value_unsafe();
  return result;
}

JsonResult JsonGate::read(std::string_view text) {
  if (text.size() > kMaxJsonBytes) return {JsonFault::too_large, {}};
  if (text.find_first_not_of(kBlanks) == std::string_view::npos) return {JsonFault::empty, {}};
  if (!simdjson::validate_utf8(text.data(), text.size())) return {JsonFault::not_utf8, {}};
  // The parser would pass over it, others would not.
  if (text.starts_with(kByteOrderMark)) return {JsonFault::syntax, {}};
  if (deeper_than(text, kMaxJsonDepth)) return {JsonFault::too_deep, {}};
  simdjson::dom::element root;
  // simdjson reads a few bytes beyond the end: it copies the text into padded memory of its own.
  switch (parser_->parse(text.data(), text.size(), true).get(root)) {
    case simdjson::SUCCESS: break;
    case simdjson::BIGINT_ERROR: return {JsonFault::big_integer, {}};
    case simdjson::EMPTY: return {JsonFault::empty, {}};
    case simdjson::DEPTH_ERROR: return {JsonFault::too_deep, {}};
    case simdjson::NUMBER_ERROR: return {number_fault(text), {}};
    default: return {has_trailing_content(*parser_, text) ? JsonFault::trailing : JsonFault::syntax, {}};
  }
  if (has_duplicate_name(root)) return {JsonFault::duplicate_name, {}};
  return {JsonFault::none, root};
}

std::optional<JsonView> member(JsonView object, std::string_view name) {
  JsonView value;
  if (!object.is_object() || object.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<std::string_view> string_member(JsonView object, std::string_view name) {
  const std::optional<JsonView> value = member(object, name);
  std::string_view text;
  if (!value || value->get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<int64_t> integer_member(JsonView object, std::string_view name) {
  const std::optional<JsonView> value = member(object, name);
  int64_t number;
  if (!value || value->get_int64().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<bool> boolean_member(JsonView object, std::string_view name) {
  const std::optional<JsonView> value = member(object, name);
  bool flag;
  if (!value || value->get_bool().get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

std::vector<std::string> string_list(std::optional<JsonView> list) {
  std::vector<std::string> out;
  JsonArray array;
  if (!list || list->get_array().get(array) != simdjson::SUCCESS) return out;
  for (JsonView item : array) {
    std::string_view text;
    if (item.get_string().get(text) == simdjson::SUCCESS) out.emplace_back(text);
  }
  return out;
}

std::string json_quote(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

void append_quoted(std::string& out, std::string_view text) {
  if (!simdjson::validate_utf8(text)) {
    out += json_text(Json(text));  // which mends it
    return;
  }
  const size_t at = out.size();
  out.resize(at + most_quoted(text));
  char* to = out.data() + at;
  *to++ = '"';
  while (text.size() >= 8) {
    const uint64_t bytes = first_eight(text);
    std::memcpy(to, &bytes, sizeof bytes);
    const uint64_t found = to_escape(bytes);
    if (found == 0) {
      to += 8;
      text.remove_prefix(8);
    } else {
      const size_t before = static_cast<size_t>(std::countr_zero(found)) / 8;
      to = write_escape(to + before, text[before]);
      text.remove_prefix(before + 1);
    }
  }
  for (const char c : text) {
    if (to_escape(eight(static_cast<unsigned char>(c))) == 0) {
      *to++ = c;
    } else {
      to = write_escape(to, c);
    }
  }
  *to++ = '"';
  out.resize(static_cast<size_t>(to - out.data()));
}

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_text(JsonView view) {
  switch (view.type()) {
    case simdjson::dom::element_type::OBJECT: {
      std::string out = "{";
      for (const auto& field : JsonObject(view.get_object().value_unsafe())) {
        if (out.size() > 1) out += ',';
        out += json_quote(field.key) + ':' + json_text(field.value);
      }
      return out + '}';
    }
    case simdjson::dom::element_type::ARRAY: {
      std::string out = "[";
      for (JsonView item : JsonArray(view.get_array().value_unsafe())) {
        if (out.size() > 1) out += ',';
        out += json_text(item);
      }
      return out + ']';
    }
    case simdjson::dom::element_type::STRING: return json_quote(view.get_string().value_unsafe());
    case simdjson::dom::element_type::INT64: return std::to_string(view.get_int64().value_unsafe());
    case simdjson::dom::element_type::UINT64: return std::to_string(view.get_uint64().value_unsafe());
    case simdjson::dom::element_type::DOUBLE: return json_text(Json(view.get_double().value_unsafe()));
    case simdjson::dom::element_type::BOOL: return view.get_bool().value_unsafe() ? "true" : "false";
    case simdjson::dom::element_type::NULL_VALUE: return "null";
  }
  return "null";
}

}  // namespace core
