// What copies memory: natively the C library, in wasm wasm/module/memory.cpp, which is where this test
// counts.
#include <array>
#include <cstring>

#include "catch.h"

namespace {

constexpr size_t kMargin = 100;
constexpr size_t kMost = 200;
using Bytes = std::array<char, kMargin + kMost + kMargin>;

/// Called through these, a copy is not what the compiler makes of it.
void* (*volatile copy)(void*, const void*, size_t) = std::memcpy;
void* (*volatile move)(void*, const void*, size_t) = std::memmove;

Bytes numbered() {
  Bytes bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 37 + i / 256);
  return bytes;
}

/// One byte after the other, from a copy of what was there.
Bytes moved(const Bytes& before, size_t to, size_t from, size_t size) {
  Bytes after = before;
  for (size_t i = 0; i < size; ++i) after[to + i] = before[from + i];
  return after;
}

}  // namespace

TEST_CASE("Memory: what is moved is what was there, of every size and over every distance") {
  const Bytes before = numbered();
  size_t wrong = 0;
  for (size_t size = 0; size <= kMost; ++size) {
    for (size_t to = 0; to <= 2 * kMargin; ++to) {
      Bytes bytes = before;
      wrong += move(&bytes[to], &bytes[kMargin], size) != &bytes[to];
      wrong += bytes != moved(before, to, kMargin, size);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Memory: what is copied is what was there, of every size and wherever both lie") {
  const Bytes before = numbered();
  size_t wrong = 0;
  for (size_t size = 0; size <= kMost; ++size) {
    for (size_t to = 0; to < 16; ++to) {
      for (size_t from = 0; from < 16; ++from) {
        Bytes bytes{};
        wrong += copy(&bytes[to], &before[from], size) != &bytes[to];
        Bytes expected{};
        for (size_t i = 0; i < size; ++i) expected[to + i] = before[from + i];
        wrong += bytes != expected;
      }
    }
  }
  CHECK(wrong == 0);
}
