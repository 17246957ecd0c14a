// UUIDs whose order is the order of time.
#pragma once

#include <string>

#include "core/crypto.h"
#include "core/time.h"

namespace shop {

/// A UUID version 7 (RFC 9562 section 5.7): 48 bits of `now`, 74 random bits.
std::string uuid_v7(core::Instant now, core::Entropy& entropy);

}  // namespace shop
