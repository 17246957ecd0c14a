// SHA-256 inside of the module, by the C of the npm package hash-wasm: most of what is digested here is a
// token or an argument of some bytes, and for these asking the host would take several times as long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// Of hash-wasm's src/sha256.c: one digest at a time. Data goes in, and the digest comes out, by its buffer.
extern "C" {
void Hash_Init(uint32_t bits);
uint8_t* Hash_GetBuffer();
void Hash_Update(uint32_t size);
void Hash_Final();
}

namespace host {

/// What the library's buffer holds (its src/hash-wasm.h), in bytes.
inline constexpr size_t kHashBuffer = 16 * 1024;

/// 32 bytes (FIPS 180-4).
inline std::string sha256(std::string_view data) {
  Hash_Init(256);
  for (; !data.empty(); data.remove_prefix(std::min(data.size(), kHashBuffer))) {
    const std::string_view part = data.substr(0, kHashBuffer);
    std::memcpy(Hash_GetBuffer(), part.data(), part.size());
    Hash_Update(static_cast<uint32_t>(part.size()));
  }
  Hash_Final();
  return std::string(reinterpret_cast<const char*>(Hash_GetBuffer()), 32);
}

/// 32 bytes (RFC 2104).
inline std::string hmac_sha256(std::string_view key, std::string_view data) {
  constexpr size_t kBlock = 64;
  std::string inner = key.size() > kBlock ? sha256(key) : std::string(key);
  inner.resize(kBlock, '\0');
  std::string outer = inner;
  for (char& byte : inner) byte = static_cast<char>(byte ^ 0x36);
  for (char& byte : outer) byte = static_cast<char>(byte ^ 0x5c);
  return sha256(outer += sha256(inner.append(data)));
}

}  // namespace host
