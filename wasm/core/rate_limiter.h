// How often somebody does something, counted in memory: floods are refused at no cost, before any storage is
// asked. An instance counts what it sees, and forgets it with its memory; so this bounds load, and is no
// limit of authority.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.h"

namespace core {

class RateLimiter {
 public:
  /// Keys that are counted at the same time. Where there are more, those of former minutes are forgotten, or
  /// else all.
  static constexpr size_t kMostKeys = 10'000;

  /// `most`: in each minute of the clock, for each key; 0 is no limit.
  explicit RateLimiter(int64_t most) : most_(most) {}

  /// Counts one; false where the minute's are used up.
  bool admit(std::string_view key, Instant now);

 private:
  struct Count {
    int64_t minute = 0;
    int64_t number = 0;
  };
  int64_t most_;
  std::unordered_map<std::string, Count> counts_;
};

/// Seconds until the next minute of the clock: 1 to 60.
int64_t seconds_to_next_minute(Instant now);

}  // namespace core
