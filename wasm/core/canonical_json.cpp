#include "core/canonical_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace core {

namespace {

constexpr double kTwoTo53 = 9007199254740992.0;

/// A whole number as large as the largest that the digits of a double need: 10 * 2^1076 and 10 * 2^1025.
class Big {
 public:
  explicit Big(uint64_t value) : words_{static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)} {}

  void times_two(int times) {
    for (; times >= 31; times -= 31) multiply(uint32_t{1} << 31);
    multiply(uint32_t{1} << times);
  }
  void times_ten(int times) {
    for (; times >= 9; times -= 9) multiply(1'000'000'000);
    for (; times > 0; --times) multiply(10);
  }
  friend Big operator+(const Big& a, const Big& b) {
    Big sum(0);
    uint64_t carry = 0;
    for (size_t i = 0; i < kWords; ++i) {
      carry += uint64_t{a.words_[i]} + b.words_[i];
      sum.words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    return sum;
  }
  /// `other` is not larger.
  void subtract(const Big& other) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < kWords; ++i) {
      const uint64_t difference = uint64_t{words_[i]} - other.words_[i] - borrow;
      words_[i] = static_cast<uint32_t>(difference);
      borrow = difference >> 63;
    }
  }
  friend std::strong_ordering operator<=>(const Big& a, const Big& b) {
    for (size_t i = kWords; i-- > 0;) {
      if (a.words_[i] != b.words_[i]) return a.words_[i] <=> b.words_[i];
    }
    return std::strong_ordering::equal;
  }

 private:
  void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t& word : words_) {
      carry += uint64_t{word} * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }

  static constexpr size_t kWords = 35;
  std::array<uint32_t, kWords> words_;  // the lowest first
};

/// 0.digits * 10^exponent.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

/// Steele and White's free-format algorithm ("Dragon4"), in exact arithmetic: digits are generated until what
/// is left is within half the distance to the neighbouring double. `value` is over 0.
Decimal shortest_decimal(double value) {
  constexpr int kFractionBits = 52;
  constexpr uint64_t kHidden = uint64_t{1} << kFractionBits;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const int biased = static_cast<int>(bits >> kFractionBits);
  const uint64_t fraction = bits & (kHidden - 1);
  const uint64_t mantissa = biased == 0 ? fraction : fraction | kHidden;
  const int power = std::max(biased, 1) - 1075;  // value = mantissa * 2^power
  // Below a power of two the doubles lie twice as close as above it.
  const bool uneven = fraction == 0 && biased > 1;

  // value = rest / unit; above and below are half the distances to the neighbours, in the same unit.
  Big rest(mantissa), unit(1), above(1), below(1);
  rest.times_two(1 + std::max(power, 0) + (uneven ? 1 : 0));
  unit.times_two(1 + std::max(-power, 0) + (uneven ? 1 : 0));
  above.times_two(std::max(power, 0) + (uneven ? 1 : 0));
  below.times_two(std::max(power, 0));

  // A tie is read as the even neighbour: then the limits themselves belong to what is read as this double.
  const bool even = mantissa % 2 == 0;
  const auto reaches = [&](const Big& number, const Big& limit) {
    return even ? number >= limit : number > limit;
  };

  // Nearly the logarithm of the value; the loops make it exact.
  Decimal decimal;
  decimal.exponent = (power + kFractionBits) * 30103 / 100000;
  unit.times_ten(decimal.exponent);
  for (Big* big : {&rest, &above, &below}) big->times_ten(-decimal.exponent);
  for (; reaches(rest + above, unit); ++decimal.exponent) unit.times_ten(1);
  const auto shift = [&] {
    for (Big* big : {&rest, &above, &below}) big->times_ten(1);
  };
  for (shift(); !reaches(rest + above, unit); shift()) --decimal.exponent;
  for (;; shift()) {
    char digit = '0';
    for (; rest >= unit; ++digit) rest.subtract(unit);
    const bool down = reaches(below, rest);
    const bool up = reaches(rest + above, unit);
    if (down || up) {
      // Both: to the nearer one, and to the even digit from the middle.
      const std::strong_ordering half = rest + rest <=> unit;
      if (up && (!down || half > 0 || (half == 0 && digit % 2 == 1))) ++digit;
      decimal.digits += digit;
      return decimal;
    }
    decimal.digits += digit;
  }
}

/// The order of RFC 8785 section 3.2.3: by UTF-16 code units. It is that of the bytes of UTF-8, but that what
/// takes four bytes there (a pair of surrogates, from D800) comes before U+E000 and all after it.
bool before_in_utf16(std::string_view a, std::string_view b) {
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
  };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return rank(x) < rank(y); });
}

void append(std::string& out, JsonView value);

void append(std::string& out, JsonObject object) {
  std::vector<std::pair<std::string_view, JsonView>> members;
  for (const auto& field : object) members.emplace_back(field.key, field.value);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return before_in_utf16(a.first, b.first); });
  char separator = '{';
  for (const auto& [name, value] : members) {
    out += separator;
    out += json_quote(name);
    out += ':';
    append(out, value);
    separator = ',';
  }
  out += members.empty() ? "{}" : "}";
}

void append(std::string& out, JsonArray array) {
  out += '[';
  for (JsonView item : array) {
    if (out.back() != '[') out += ',';
    append(out, item);
  }
  out += ']';
}

void append(std::string& out, JsonView value) {
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: append(out, value.get_object().value_unsafe()); break;
    case simdjson::dom::element_type::ARRAY: append(out, value.get_array().value_unsafe()); break;
    // The escapes of json_quote are those of RFC 8785 section 3.2.2.2.
    case simdjson::dom::element_type::STRING: out += json_quote(value.get_string().value_unsafe()); break;
    case simdjson::dom::element_type::INT64:
      out += canonical_number(static_cast<double>(value.get_int64().value_unsafe()));
      break;
    case simdjson::dom::element_type::UINT64:
      out += canonical_number(static_cast<double>(value.get_uint64().value_unsafe()));
      break;
    case simdjson::dom::element_type::DOUBLE:
      out += canonical_number(value.get_double().value_unsafe());
      break;
    case simdjson::dom::element_type::BOOL: out += value.get_bool().value_unsafe() ? "true" : "false"; break;
    case simdjson::dom::element_type::NULL_VALUE: out += "null"; break;
  }
}

}  // namespace

std::string canonical_json(JsonView value) {
  std::string out;
  append(out, value);
  return out;
}

std::string canonical_number(double value) {
  // Most numbers. -0 is 0.
  if (std::abs(value) < kTwoTo53 && std::trunc(value) == value) {
    return std::to_string(static_cast<int64_t>(value));
  }
  const auto [digits, exponent] = shortest_decimal(std::abs(value));
  const int count = static_cast<int>(digits.size());
  std::string text = value < 0 ? "-" : "";
  if (exponent > 21 || exponent <= -6) {
    text += digits[0];
    if (count > 1) text.append(".").append(digits, 1);
    return text.append(exponent > 0 ? "e+" : "e").append(std::to_string(exponent - 1));
  }
  if (exponent <= 0) return text.append("0.").append(static_cast<size_t>(-exponent), '0').append(digits);
  if (exponent >= count) return text.append(digits).append(static_cast<size_t>(exponent - count), '0');
  return text.append(digits, 0, static_cast<size_t>(exponent))
      .append(".")
      .append(digits, static_cast<size_t>(exponent));
}

}  // namespace core
