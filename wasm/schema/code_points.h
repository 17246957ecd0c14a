// Unicode code points in UTF-8, which is how JSON Schema counts characters and how patterns see a text. The
// JSON gate lets nothing in but valid UTF-8; on other bytes these answer something, and stay within the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace schema {

inline constexpr char32_t kMaxCodePoint = 0x10FFFF;

inline bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

/// The code point that begins at `at` (below `text.size()`), and `at` moved behind it.
inline char32_t next_code_point(std::string_view text, size_t& at) {
  const unsigned char first = static_cast<unsigned char>(text[at++]);
  if (first < 0xC0) return first;
  char32_t code = first < 0xE0 ? first & 0x1Fu : first < 0xF0 ? first & 0x0Fu : first & 0x07u;
  while (at < text.size() && !starts_code_point(text[at]))
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
  return code;
}

/// The code point that ends at `at` (over 0), and `at` moved to where it begins.
inline char32_t previous_code_point(std::string_view text, size_t& at) {
  do --at;
  while (at > 0 && !starts_code_point(text[at]));
  size_t begin = at;
  return next_code_point(text, begin);
}

inline size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += starts_code_point(c) ? 1 : 0;
  return count;
}

/// The start of `text`: at most `count` code points.
inline std::string_view first_code_points(std::string_view text, size_t count) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!starts_code_point(text[i])) continue;
    if (count == 0) return text.substr(0, i);
    --count;
  }
  return text;
}

inline bool is_ascii_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
inline bool is_ascii_letter(char32_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
/// The value of a hexadecimal digit; -1 for anything else.
inline int hex_value(char32_t c) {
  if (is_ascii_digit(c)) return static_cast<int>(c - '0');
  const char32_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a') + 10 : -1;
}

}  // namespace schema
