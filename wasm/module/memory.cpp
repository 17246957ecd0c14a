// memcpy and memmove of the modules, in place of those of Emscripten's C library: these copy byte by byte
// where two addresses are not aligned alike, as those of texts rarely are, and workerd's V8 checks each
// access in code. Compiled without built-in functions and outside of the LTO: else the compiler would see
// copies here, and make calls of these functions out of them.

#include <cstddef>
#include <cstdint>

namespace {

/// A number anywhere: WebAssembly asks for no alignment (Core Specification 2.0, section 4.4.7).
template <typename Word>
struct [[gnu::packed, gnu::may_alias]] Anywhere {
  Word word;
};

/// Copies `count` words from the beginning and as many up to the end, which may overlap, so that it is all of
/// `size` bytes where these are no more than both. Everything is read before anything is written.
template <typename Word, size_t count>
void copy_ends(char* to, const char* from, size_t size) {
  const size_t tail = size - count * sizeof(Word);
  const auto read = [](const char* at, size_t i) {
    return reinterpret_cast<const Anywhere<Word>*>(at)[i].word;
  };
  const auto write = [](char* at, size_t i, Word word) {
    reinterpret_cast<Anywhere<Word>*>(at)[i].word = word;
  };
  Word first[count], last[count];
  for (size_t i = 0; i < count; ++i) first[i] = read(from, i);
  for (size_t i = 0; i < count; ++i) last[i] = read(from + tail, i);
  for (size_t i = 0; i < count; ++i) write(to, i, first[i]);
  for (size_t i = 0; i < count; ++i) write(to + tail, i, last[i]);
}

}  // namespace

extern "C" void* memmove(void* target, const void* source, size_t size) {
  char* const to = static_cast<char*>(target);
  const char* const from = static_cast<const char*>(source);
  if (size > 64) {
    // V8 leaves the module for this instruction (bulk memory, WebAssembly 2.0), which takes longer than what
    // is below.
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.copy 0, 0"
                     :
                     : "r"(to), "r"(from), "r"(size)
                     : "memory");
  } else if (size > 32) {
    copy_ends<uint64_t, 4>(to, from, size);
  } else if (size >= 16) {
    copy_ends<uint64_t, 2>(to, from, size);
  } else if (size >= 8) {
    copy_ends<uint64_t, 1>(to, from, size);
  } else if (size >= 4) {
    copy_ends<uint32_t, 1>(to, from, size);
  } else if (size >= 2) {
    copy_ends<uint16_t, 1>(to, from, size);
  } else if (size == 1) {
    *to = *from;
  }
  return target;
}

extern "C" void* memcpy(void* target, const void* source, size_t size) {
  return memmove(target, source, size);
}
