#include "core/uuid.h"

#include <cstdint>
#include <utility>

namespace core {

namespace {

/// The 122 bits that are not the same in all UUIDs of this version and variant: the first 60, of which 48 are
/// the time, and the last 62.
struct Number {
  uint64_t high;
  uint64_t low;
};
constexpr int kLowBits = 62;
constexpr uint64_t kLowMask = (uint64_t{1} << kLowBits) - 1;
/// Of the high ones, those that are random.
constexpr int kRandomHighBits = 12;
constexpr uint64_t kRandomHighMask = (1 << kRandomHighBits) - 1;
constexpr uint64_t kVersion = 7;
constexpr uint64_t kVariant = uint64_t{2} << kLowBits;

uint64_t number_of(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string text_of(Number number) {
  const uint64_t high =
      (number.high & ~kRandomHighMask) << 4 | kVersion << kRandomHighBits | (number.high & kRandomHighMask);
  const uint64_t low = kVariant | number.low;
  std::string bytes;
  for (const uint64_t half : {high, low}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(half >> shift & 0xFF));
  }
  const std::string digits = hex(bytes);
  const std::string_view view = digits;
  std::string text;
  for (const auto& [begin, length] : {std::pair{0, 8}, {8, 4}, {12, 4}, {16, 4}, {20, 12}}) {
    if (!text.empty()) text += '-';
    text += view.substr(static_cast<size_t>(begin), static_cast<size_t>(length));
  }
  return text;
}

/// Of a text that `text_of` wrote.
Number read(std::string_view text) {
  uint64_t halves[2] = {};
  size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    uint64_t& half = halves[digits++ / 16];
    half = half << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return {(halves[0] >> 4 & ~kRandomHighMask) | (halves[0] & kRandomHighMask), halves[1] & kLowMask};
}

}  // namespace

std::string uuid_v7(Instant now, Entropy& entropy) {
  const std::string random = entropy.bytes(10);
  const std::string_view view = random;
  return text_of({static_cast<uint64_t>(now.milliseconds) << kRandomHighBits |
                      (number_of(view.substr(0, 2)) & kRandomHighMask),
                  number_of(view.substr(2)) & kLowMask});
}

std::string uuid_v7_after(std::string_view last, Instant now, Entropy& entropy) {
  std::string next = uuid_v7(now, entropy);
  if (next > last) return next;
  Number number = read(last);
  number.low += number_of(entropy.bytes(4)) + 1;
  // Where the random bits are used up, the next millisecond lends its own.
  if (number.low > kLowMask) ++number.high;
  number.low &= kLowMask;
  return text_of(number);
}

}  // namespace core
