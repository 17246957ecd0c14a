// Time is an argument of the core, never something that it asks for.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>

namespace core {

/// A length of time in milliseconds.
struct Duration {
  int64_t milliseconds = 0;
  friend constexpr auto operator<=>(Duration, Duration) = default;
};
constexpr Duration milliseconds(int64_t n) {
  return {n};
}
constexpr Duration seconds(int64_t n) {
  return {n * 1000};
}
constexpr Duration minutes(int64_t n) {
  return {n * 60'000};
}
constexpr Duration hours(int64_t n) {
  return {n * 3'600'000};
}
constexpr Duration days(int64_t n) {
  return {n * 86'400'000};
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z, as the host's clock gives them.
struct Instant {
  int64_t milliseconds = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant t, Duration d) { return {t.milliseconds + d.milliseconds}; }
  friend constexpr Instant operator-(Instant t, Duration d) { return {t.milliseconds - d.milliseconds}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.milliseconds - b.milliseconds}; }
};

/// The last second of the year 9999, counted from 1970.
inline constexpr int64_t kLastSecond = 253'402'300'799;

/// The moment so many seconds after 1970, as tokens tell time (RFC 7519 section 2): not before it, and not
/// after the end of 9999.
constexpr Instant at_second(int64_t seconds) {
  return {std::clamp<int64_t>(seconds, 0, kLastSecond) * 1000};
}

/// RFC 3339 in UTC with milliseconds, as JavaScript's `toISOString` writes it: 2026-11-21T09:30:00.000Z.
/// Years 0 to 9999; what lies outside is clamped.
std::string iso8601(Instant instant);

}  // namespace core
