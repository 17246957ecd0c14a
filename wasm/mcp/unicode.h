// What JSON Schema says of characters, it says of Unicode code points: counting and classing them, on valid
// UTF-8 (the JSON gate lets nothing else in).
#pragma once

#include <cstddef>
#include <string_view>

namespace mcp {

size_t count_code_points(std::string_view text);

/// The start of `text`: at most `count` code points.
std::string_view first_code_points(std::string_view text, size_t count);

enum class LineBreaks { forbidden, allowed };

/// True where a character of C0, DEL or C1 occurs; CR and LF count unless line breaks are allowed.
bool has_control_characters(std::string_view text, LineBreaks breaks);

/// True where every character is white space as `\s` of ECMA-262 understands it. Also for the empty text.
bool is_blank(std::string_view text);

}  // namespace mcp
