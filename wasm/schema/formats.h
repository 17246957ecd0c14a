// The values of `format`: JSON Schema 2020-12 validation section 7.3. All but idn-hostname, which needs the
// tables of IDNA; for the same reason an A-label (xn--...) in a hostname is not decoded.
#pragma once

#include <string_view>

namespace schema {

struct Format {
  std::string_view name;
  bool (*check)(std::string_view text);
  /// What a string of this format is, to complete "it must be ...".
  std::string_view words;
};

/// Nothing where the name is not known: such a format asserts nothing.
const Format* find_format(std::string_view name);

bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);

}  // namespace schema
