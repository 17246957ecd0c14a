// Canonical JSON (RFC 8785): one text for each value, whoever writes it, so that a digest or a signature over
// it means the value. No white space, members in the order of their names as UTF-16, numbers and strings
// as ECMAScript writes them.
#pragma once

#include <string>

#include "core/json.h"

namespace core {

/// Integers are doubles here as everywhere in that format: beyond 2^53 the nearest one is meant.
std::string canonical_json(JsonView value);

/// ECMA-262 Number::toString: the shortest decimal that is read as this very double, the nearest one where
/// there are several. `value` is finite.
std::string canonical_number(double value);

}  // namespace core
