// The byte format in which values cross between the core and its host, and in which continuations are kept.
//
// Little-endian, length-prefixed, no padding. A reader never reads outside of its bytes: the first value that
// does not fit makes it fail for good (`ok()` is false, every later read gives an empty value), so that code
// can read a whole record and ask once at the end. Bytes that come back from outside (continuations) are read
// with this alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace core {

class WireWriter {
 public:
  void u8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u32(uint32_t value) { raw(&value, sizeof value); }
  void u64(uint64_t value) { raw(&value, sizeof value); }
  void i64(int64_t value) { raw(&value, sizeof value); }
  void f64(double value) { raw(&value, sizeof value); }
  /// At most 4 GiB, as everything in a 32-bit memory.
  void bytes(std::string_view value) {
    u32(static_cast<uint32_t>(value.size()));
    out_.append(value);
  }
  void append(std::string_view value) { out_.append(value); }
  /// So many bytes will follow, about.
  void reserve(size_t bytes) { out_.reserve(out_.size() + bytes); }

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void raw(const void* data, size_t size) { out_.append(static_cast<const char*>(data), size); }
  std::string out_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t u8() { return number<uint8_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  int64_t i64() { return number<int64_t>(); }
  /// A whole number as JavaScript has it: an f64. A fraction, NaN and what is 2^53 or more from zero do not
  /// fit.
  int64_t whole() {
    const double value = number<double>();
    if (std::abs(value) < 9007199254740992.0 && std::trunc(value) == value)
      return static_cast<int64_t>(value);
    fail();
    return 0;
  }
  /// A view into the reader's bytes.
  std::string_view bytes() {
    uint32_t size = u32();
    if (!ok_ || size > rest_.size()) return fail();
    std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  std::string string() { return std::string(bytes()); }

  /// False once anything did not fit.
  bool ok() const { return ok_; }
  /// True when everything was read and nothing is left.
  bool finished() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  template <typename T>
  T number() {
    if (!ok_ || rest_.size() < sizeof(T)) {
      fail();
      return T{};
    }
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view fail() {
    ok_ = false;
    rest_ = {};
    return {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace core
