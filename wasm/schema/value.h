// JSON values: what type they have, when two are equal, and how a message shows them.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace schema {

/// Types as bits. A number without a fraction is an integer too.
enum Type : uint8_t {
  kNull = 1,
  kBoolean = 2,
  kObject = 4,
  kArray = 8,
  kNumber = 16,
  kString = 32,
  kInteger = 64
};

/// One bit, and two for an integer.
uint8_t types_of(core::JsonView value);

/// Bytes that are the same for two values exactly if JSON Schema (2020-12 core section 4.2.2) counts them as
/// equal: members in any order, 1 and 1.0 alike.
std::string canonical(core::JsonView value);

/// How much of a value a message repeats, in code points.
inline constexpr size_t kShownLength = 40;

/// For a message: the JSON text of a scalar, shortened; of others what they are.
std::string shown(core::JsonView value);
std::string shown(std::string_view text);

}  // namespace schema
