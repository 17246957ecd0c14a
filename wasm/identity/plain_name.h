// What somebody calls themselves, as it can stand in our sentences.
#pragma once

#include <string>
#include <string_view>

namespace identity {

/// Without the characters that turn the direction of what stands around them (Unicode UAX 9), and without
/// control characters.
std::string plain_name(std::string_view name);

}  // namespace identity
