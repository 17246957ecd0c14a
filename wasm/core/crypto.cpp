#include "core/crypto.h"

#include <algorithm>

#include "core/wire.h"

namespace core {

namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string hkdf_sha256(Crypto& crypto, std::string_view secret, std::string_view salt,
                        std::string_view info) {
  const std::string no_salt(32, '\0');
  const std::string key = crypto.hmac_sha256(salt.empty() ? std::string_view(no_salt) : salt, secret);
  return crypto.hmac_sha256(key, std::string(info) + '\x01');
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

std::string base64url(std::string_view bytes) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* to = text.data();
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      *to++ = kAlphabet[bits >> count & 63];
    }
  }
  if (count > 0) *to++ = kAlphabet[bits << (6 - count) & 63];
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const size_t digit = std::string_view(kAlphabet).find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  // Neither a digit too many nor bits that say nothing: one text for each sequence of bytes.
  if (count == 6 || (bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Entropy::Entropy(Crypto& crypto, std::string_view given)
    : crypto_(crypto),
      ready_(given.substr(0, given.size() - std::min(given.size(), kSeed))),
      seed_(given.substr(ready_.size())) {}

std::string Entropy::bytes(size_t count) {
  if (count <= ready_.size() - used_) {
    used_ += count;
    return ready_.substr(used_ - count, count);
  }
  WireWriter input;
  input.append(seed_);
  input.u32(drawn_++);
  return crypto_.sha256(input.str()).substr(0, count);
}

}  // namespace core
