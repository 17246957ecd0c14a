#include "mcp/unicode.h"

#include <cstdint>

namespace mcp {

namespace {

bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

/// Takes the first code point off a text that is valid UTF-8 and not empty.
uint32_t next_code_point(std::string_view& text) {
  const unsigned char first = static_cast<unsigned char>(text[0]);
  size_t length = 1;
  while (length < text.size() && !starts_code_point(text[length])) ++length;
  uint32_t code = first;
  if (length > 1) code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(length);
  return code;
}

/// WhiteSpace and LineTerminator of ECMA-262.
bool is_white_space(uint32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
         code == 0x205F || code == 0x3000 || code == 0xFEFF;
}

}  // namespace

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += starts_code_point(c) ? 1 : 0;
  return count;
}

std::string_view first_code_points(std::string_view text, size_t count) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!starts_code_point(text[i])) continue;
    if (count == 0) return text.substr(0, i);
    --count;
  }
  return text;
}

bool has_control_characters(std::string_view text, LineBreaks breaks) {
  while (!text.empty()) {
    const uint32_t code = next_code_point(text);
    if ((code == '\n' || code == '\r') && breaks == LineBreaks::allowed) continue;
    if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return true;
  }
  return false;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    if (!is_white_space(next_code_point(text))) return false;
  }
  return true;
}

}  // namespace mcp
