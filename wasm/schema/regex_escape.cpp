#include "schema/regex_escape.h"

#include "schema/unicode.h"

namespace schema {

namespace {

constexpr std::string_view kSyntaxCharacters = "^$\\.*+?()[]{}|/";

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

const CodeSet& white_space() {
  static const CodeSet set = {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680},
                              {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                              {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  return set;
}

const CodeSet& word_characters() {
  static const CodeSet set = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  return set;
}

char32_t PatternReader::peek() const {
  if (at_end()) return kEnd;
  size_t at = at_;
  return next_code_point(pattern_, at);
}

char32_t PatternReader::next() {
  return at_end() ? kEnd : next_code_point(pattern_, at_);
}

bool PatternReader::accept(std::string_view text) {
  const bool found = next_is(text);
  if (found) at_ += text.size();
  return found;
}

std::optional<uint32_t> PatternReader::accept_number() {
  if (!is_ascii_digit(peek())) return std::nullopt;
  uint64_t number = 0;
  while (is_ascii_digit(peek())) number = std::min<uint64_t>(number * 10 + (next() - '0'), UINT32_MAX);
  return static_cast<uint32_t>(number);
}

void PatternReader::fail(std::string_view message) {
  if (failed()) return;
  const size_t place = count_code_points(pattern_.substr(0, at_));
  error_.append(message).append(", at character ").append(std::to_string(place));
  at_ = pattern_.size();
}

std::optional<CodeSet> PatternReader::class_escape() {
  const char32_t letter = peek();
  CodeSet set;
  switch (letter) {
    case 'd':
    case 'D': set.add('0', '9'); break;
    case 's':
    case 'S': set = white_space(); break;
    case 'w':
    case 'W': set = word_characters(); break;
    case 'p':
    case 'P': break;
    default: return std::nullopt;
  }
  next();
  if (letter == 'p' || letter == 'P') set = property();
  if (letter < 'a') set.invert();
  return set;
}

CodeSet PatternReader::property() {
  std::string name;
  std::string value;
  const auto read = [&](std::string& word) {
    while (is_ascii_letter(peek()) || is_ascii_digit(peek()) || peek() == '_')
      word += static_cast<char>(next());
  };
  bool complete = accept("{");
  read(name);
  if (accept("=")) {
    read(value);
    complete = complete && !value.empty();
  }
  complete = complete && accept("}");
  const std::optional<CodeSet> set = complete ? unicode_property(name, value) : std::nullopt;
  if (!set) fail("\\p has no Unicode property in braces that ECMA-262 knows");
  return set.value_or(CodeSet());
}

char32_t PatternReader::hex_digits(int count) {
  char32_t code = 0;
  for (int i = 0; i < count; ++i) {
    const int digit = hex_value(peek());
    if (digit < 0) {
      fail("an escape lacks hexadecimal digits");
      return 0;
    }
    next();
    code = code << 4 | static_cast<char32_t>(digit);
  }
  return code;
}

char32_t PatternReader::unicode_escape() {
  if (accept("{")) {
    char32_t code = hex_digits(1);
    while (hex_value(peek()) >= 0) code = std::min<char32_t>(code << 4 | hex_digits(1), kMaxCodePoint + 1);
    if (!accept("}") || code > kMaxCodePoint) fail("\\u{...} is no code point");
    return code;
  }
  const char32_t high = hex_digits(4);
  if (high < 0xD800 || high > 0xDBFF || !next_is("\\u")) return high;
  const size_t before = at_;
  accept("\\u");
  if (hex_value(peek()) >= 0) {
    const char32_t low = hex_digits(4);
    if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }
  if (!failed()) at_ = before;
  return high;
}

char32_t PatternReader::character_escape() {
  const char32_t letter = next();
  switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'v': return '\v';
    case 'f': return '\f';
    case 'r': return '\r';
    case '0':
      if (is_ascii_digit(peek())) fail("\\0 has a digit behind it");
      return 0;
    case 'c':
      if (is_ascii_letter(peek())) return next() & 0x1F;
      fail("\\c has no letter behind it");
      return 0;
    case 'x': return hex_digits(2);
    case 'u': return unicode_escape();
    default: break;
  }
  if (letter >= 0x80 || kSyntaxCharacters.find(static_cast<char>(letter)) == std::string_view::npos)
    fail("a backslash stands before a character that needs none");
  return letter;
}

std::string PatternReader::group_name() {
  const CodeSet start = unicode_property("ID_Start", "").value_or(CodeSet());
  const CodeSet rest = unicode_property("ID_Continue", "").value_or(CodeSet());
  std::string name;
  while (!failed() && !accept(">")) {
    char32_t code = next();
    if (code == '\\') code = accept("u") ? unicode_escape() : kEnd;
    const bool fits = code == '$' || code == '_' || (name.empty() ? start : rest).contains(code) ||
                      (!name.empty() && (code == 0x200C || code == 0x200D));
    if (!fits || code > kMaxCodePoint) {
      fail("a group's name is not an identifier between < and >");
      break;
    }
    append_utf8(name, code);
  }
  if (name.empty()) fail("a group's name is empty");
  return name;
}

}  // namespace schema
