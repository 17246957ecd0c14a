#include "schema/number.h"

#include <cmath>

#include "schema/code_points.h"

namespace schema {

namespace {

/// digits * 10^exponent, without zeros at the end of the digits.
struct Decimal {
  uint64_t digits = 0;
  int exponent = 0;
};

constexpr double kTwoTo53 = 9007199254740992.0;
constexpr double kTwoTo64 = 18446744073709551616.0;
/// 10^22 is the largest power of ten that a double holds exactly.
constexpr int kExactPowers = 22;

Decimal without_zeros(Decimal decimal) {
  while (decimal.digits != 0 && decimal.digits % 10 == 0) {
    decimal.digits /= 10;
    ++decimal.exponent;
  }
  return decimal;
}

/// From a text such as 1.5e+300.
Decimal parse_decimal(std::string_view text) {
  Decimal decimal;
  bool in_fraction = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'e'; ++i) {
    if (text[i] == '.') in_fraction = true;
    if (!is_ascii_digit(static_cast<unsigned char>(text[i]))) continue;
    decimal.digits = decimal.digits * 10 + static_cast<uint64_t>(text[i] - '0');
    if (in_fraction) --decimal.exponent;
  }
  int exponent = 0;
  const bool negative = i + 1 < text.size() && text[i + 1] == '-';
  for (; i < text.size(); ++i) {
    if (is_ascii_digit(static_cast<unsigned char>(text[i]))) exponent = exponent * 10 + (text[i] - '0');
  }
  decimal.exponent += negative ? -exponent : exponent;
  return without_zeros(decimal);
}

Decimal decimal_of(const Number& number) {
  if (number.whole) return without_zeros({number.magnitude, 0});
  // Up to 15 digits or so can be tried: a quotient of two exact doubles is rounded once, as reading a decimal
  // is.
  const double real = std::abs(number.real);
  double power = 1;
  for (int exponent = 0; exponent >= -kExactPowers; --exponent, power *= 10) {
    const double digits = std::nearbyint(real * power);
    if (digits >= kTwoTo53) break;
    if (digits / power == real) return without_zeros({static_cast<uint64_t>(digits), exponent});
  }
  return parse_decimal(core::json_text(core::Json(real)));
}

/// a + b modulo `modulus`; both below it.
uint64_t add(uint64_t a, uint64_t b, uint64_t modulus) {
  return a >= modulus - b ? a - (modulus - b) : a + b;
}

uint64_t times_ten(uint64_t a, uint64_t modulus) {
  const uint64_t two = add(a, a, modulus);
  const uint64_t five = add(add(two, two, modulus), a, modulus);
  return add(five, five, modulus);
}

double as_double(const Number& number) {
  if (!number.whole) return number.real;
  const double size = static_cast<double>(number.magnitude);
  return number.negative ? -size : size;
}

}  // namespace

bool Number::is_integer() const {
  return whole || std::trunc(real) == real;
}

Number number_of(core::JsonView view) {
  Number number;
  // The element's own is_double() is true of integers too.
  switch (view.type()) {
    case simdjson::dom::element_type::UINT64: number.magnitude = view.get_uint64().value_unsafe(); break;
    case simdjson::dom::element_type::INT64: {
      const int64_t integer = view.get_int64().value_unsafe();
      number.negative = integer < 0;
      number.magnitude =
          number.negative ? 0 - static_cast<uint64_t>(integer) : static_cast<uint64_t>(integer);
      break;
    }
    default: {
      const double real = view.get_double().value_unsafe();
      number.whole = std::trunc(real) == real && std::abs(real) < kTwoTo64;
      number.negative = real < 0;
      if (number.whole)
        number.magnitude = static_cast<uint64_t>(std::abs(real));
      else
        number.real = real;
    }
  }
  return number;
}

std::strong_ordering compare(const Number& a, const Number& b) {
  if (a.whole && b.whole) {
    if (a.negative != b.negative) return b.negative <=> a.negative;
    return a.negative ? b.magnitude <=> a.magnitude : a.magnitude <=> b.magnitude;
  }
  // What is no whole number below 2^64 is beyond all of these or has a fraction, and is then below 2^53:
  // rounding the other one changes the order in neither case, but can make it equal to 2^64.
  const double left = as_double(a);
  const double right = as_double(b);
  if (left < right) return std::strong_ordering::less;
  if (left > right) return std::strong_ordering::greater;
  if (a.whole == b.whole) return std::strong_ordering::equal;
  const bool left_is_beyond = !a.whole;
  return left_is_beyond == (left > 0) ? std::strong_ordering::greater : std::strong_ordering::less;
}

bool is_multiple(const Number& value, const Number& divisor) {
  const Decimal dividend = decimal_of(value);
  const Decimal unit = decimal_of(divisor);
  if (dividend.digits == 0) return true;
  if (unit.digits == 0) return false;
  // Neither has a zero at its end: a unit with fewer places behind the point leaves a rest.
  if (dividend.exponent < unit.exponent) return false;
  uint64_t rest = dividend.digits % unit.digits;
  for (int i = dividend.exponent; i > unit.exponent && rest != 0; --i) rest = times_ten(rest, unit.digits);
  return rest == 0;
}

std::string to_text(const Number& number) {
  if (number.whole) return (number.negative ? "-" : "") + std::to_string(number.magnitude);
  return core::json_text(core::Json(number.real));
}

}  // namespace schema
