// Catch2's macros for tests that run in wasm: a test takes the way that it took natively, as its tape says,
// and a check that does not hold ends it. (A library of Catch2's version 3 cannot be linked into wasm.)
#pragma once

#include <vector>

namespace replayed {

struct Test {
  const char* name;
  void (*run)();
};
std::vector<Test>& tests();

struct Registered {
  Registered(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

/// Whether this section was entered natively, now.
bool section(const char* name);
[[noreturn]] void failed(const char* what, const char* file, int line);

inline void check(bool holds, const char* what, const char* file, int line) {
  if (!holds) failed(what, file, line);
}
template <typename... Ts>
void captured(const Ts&...) {}

}  // namespace replayed

#define REPLAYED_JOINED(first, second) first##second
#define REPLAYED_JOIN(first, second) REPLAYED_JOINED(first, second)
#define REPLAYED_TEST(name, run)                          \
  static void run();                                      \
  static const replayed::Registered run##_is(name, &run); \
  static void run()
#define REPLAYED_NAMED(name, run) REPLAYED_TEST(name, run)

#define TEST_CASE(name) REPLAYED_NAMED(name, REPLAYED_JOIN(test_at_, __LINE__))
#define SECTION(name) if (replayed::section(name))
#define CHECK(...) replayed::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define CHECK_FALSE(...) replayed::check(!(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define REQUIRE(...) CHECK(__VA_ARGS__)
#define REQUIRE_FALSE(...) CHECK_FALSE(__VA_ARGS__)
#define FAIL(what) replayed::failed(what, __FILE__, __LINE__)
#define CAPTURE(...) replayed::captured(__VA_ARGS__)
#define UNSCOPED_INFO(...) static_cast<void>(0)
#define INFO(...) static_cast<void>(0)
// The tape knows the value (`recorded` in tests/cpp/ports.h).
#define GENERATE(...) \
  size_t {            \
    0                 \
  }
