// The Unicode properties of `\p{...}`: ECMA-262 section 22.2.2.9, all properties of its tables but those of
// strings.
#pragma once

#include <optional>
#include <string_view>

#include "schema/code_set.h"

namespace schema {

/// The code points of `\p{name=value}`, or of `\p{name}` where `value` is empty: a general category or a
/// binary property. Nothing where there is no such property; names are compared exactly, as ECMA-262 wants.
std::optional<CodeSet> unicode_property(std::string_view name, std::string_view value);

}  // namespace schema
