// How often and how much memory was asked for: the program's own operator new, which all of the core's memory
// comes from.
#pragma once

#include <cstdint>

namespace micro {

struct Allocations {
  uint64_t count = 0;
  /// As asked for, without what the allocator adds.
  uint64_t bytes = 0;
};

/// Since the program began.
extern Allocations allocations;

}  // namespace micro
