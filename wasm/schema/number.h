// JSON numbers as mathematics sees them: 1 and 1.0 are one number, 64-bit integers keep every digit, and
// 0.0075 is a multiple of 0.0001. JSON Schema 2020-12 core section 4.2.2 and 6.3.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/json.h"

namespace schema {

struct Number {
  /// A whole number below 2^64 in size: `magnitude`, and `negative` (never of 0). Otherwise it is `real`.
  bool whole = true;
  bool negative = false;
  uint64_t magnitude = 0;
  double real = 0;

  bool is_integer() const;
};

/// Of a view that is a number.
Number number_of(core::JsonView number);

/// Exact, also between an integer and a number with a fraction.
std::strong_ordering compare(const Number& a, const Number& b);

/// Whether `value` divided by `divisor` (over 0) is whole, by the decimal digits of both: a double stands for
/// the shortest decimal that is read as this double.
bool is_multiple(const Number& value, const Number& divisor);

std::string to_text(const Number& number);

}  // namespace schema
