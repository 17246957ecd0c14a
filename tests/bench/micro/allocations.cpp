#include "allocations.h"

#include <cstdlib>
#include <new>

micro::Allocations micro::allocations;

// The forms that are left out call these (ISO C++ [new.delete]).
void* operator new(size_t size) {
  ++micro::allocations.count;
  micro::allocations.bytes += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
