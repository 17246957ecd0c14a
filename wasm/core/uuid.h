// UUIDs whose order is the order of time.
#pragma once

#include <string>
#include <string_view>

#include "core/crypto.h"
#include "core/time.h"

namespace core {

/// A UUID version 7 (RFC 9562 section 5.7): 48 bits of `now`, 74 random bits.
std::string uuid_v7(Instant now, Entropy& entropy);

/// The same, and always greater than `last`, a UUID of ours or empty: also within a millisecond, and when
/// the clock was set back. It is `last` plus a random number of 32 bits then (RFC 9562 section 6.2, method
/// 2), so that it cannot be counted out from `last`.
std::string uuid_v7_after(std::string_view last, Instant now, Entropy& entropy);

}  // namespace core
