#include "core/rate_limiter.h"

namespace core {

namespace {

constexpr int64_t kMinute = minutes(1).milliseconds;

}  // namespace

bool RateLimiter::admit(std::string_view key, Instant now) {
  if (most_ == 0) return true;
  const int64_t minute = now.milliseconds / kMinute;
  const auto found = counts_.find(std::string(key));
  if (found == counts_.end() && counts_.size() == kMostKeys) {
    std::erase_if(counts_, [&](const auto& entry) { return entry.second.minute != minute; });
    if (counts_.size() == kMostKeys) counts_.clear();
  }
  Count& count = found != counts_.end() ? found->second : counts_[std::string(key)];
  if (count.minute != minute) count = {minute, 0};
  if (count.number == most_) return false;
  ++count.number;
  return true;
}

int64_t seconds_to_next_minute(Instant now) {
  return (kMinute - now.milliseconds % kMinute + 999) / 1000;
}

}  // namespace core
