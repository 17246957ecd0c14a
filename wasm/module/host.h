// The ports of a module: what it imports from its host, as pointer and length in linear memory.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/crypto.h"
#include "core/storage.h"
#include "core/wire.h"
#include "module/sha256.h"

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))
#define IMPORT(name) extern "C" __attribute__((import_module("host"), import_name(#name)))

// Runs one statement on the storage of the object whose step this is. Returns the number of bytes of the
// answer, which the host has written to `result_buffer(size)`: u32 rows read, u32 rows written, and the rows
// (core/storage.h).
IMPORT(query)
uint32_t host_query(const char* sql, uint32_t sql_size, const char* values, uint32_t values_size);
// A seed is 32 bytes.
IMPORT(ed25519_sign)
void host_ed25519_sign(const char* seed, const char* data, uint32_t size, char* signature);
IMPORT(ed25519_public_key) void host_ed25519_public_key(const char* seed, char* key);

namespace host {

/// Where the host writes answers. It keeps its memory.
inline std::string result;

inline char* buffer(std::string& memory, uint32_t size) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

class Storage final : public core::Storage {
 public:
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override {
    const std::string values = core::encode_values(parameters);
    const uint32_t size = host_query(statement.data(), static_cast<uint32_t>(statement.size()), values.data(),
                                     static_cast<uint32_t>(values.size()));
    // Before the rows, what they cost: u32 read, u32 written.
    core::WireReader reader(std::string_view(result).substr(0, size));
    used.read += reader.u32();
    used.written += reader.u32();
    return core::Rows(std::string(reader.rest()));
  }
};

class Crypto final : public core::Crypto {
 public:
  std::string sha256(std::string_view data) override { return host::sha256(data); }
  std::string hmac_sha256(std::string_view key, std::string_view data) override {
    return host::hmac_sha256(key, data);
  }
  std::string ed25519_sign(std::string_view seed, std::string_view message) override {
    std::string signature(64, '\0');
    host_ed25519_sign(seed.data(), message.data(), static_cast<uint32_t>(message.size()), signature.data());
    return signature;
  }
  std::string ed25519_public_key(std::string_view seed) override {
    std::string key(32, '\0');
    host_ed25519_public_key(seed.data(), key.data());
    return key;
  }
};

}  // namespace host
