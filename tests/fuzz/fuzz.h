// What all fuzzers share. A find is a report of a sanitizer, an exception, or something that `must` be so and
// is not: the program ends there, and libFuzzer keeps the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

[[noreturn]] inline void broken(std::string_view what, std::string_view about) {
  std::fprintf(stderr, "BROKEN: %.*s\n  %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(about.size()), about.data());
  std::abort();
}

inline void must(bool holds, std::string_view what, std::string_view about = {}) {
  if (!holds) broken(what, about);
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// An input as numbers, of which there are always more: behind its end they are 0.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  uint8_t u8() {
    if (rest_.empty()) return 0;
    const uint8_t value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  uint64_t of(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= uint64_t{u8()} << (8 * i);
    return value;
  }
  /// From 0 to `below` - 1.
  size_t below(size_t below) { return static_cast<size_t>(of(below > 256 ? 2 : 1)) % below; }
  std::string_view rest() const { return rest_; }
  std::string_view take(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

/// The parts of a text between line breaks, the empty ones too.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace fuzz
