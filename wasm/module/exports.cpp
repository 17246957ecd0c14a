// The module's exports and imports: bytes in linear memory, pointer and length, no JavaScript glue.
//
// The host writes an input to `input_buffer(size)`, calls `step`, and reads the output where `step` says: u32
// length, then the bytes. The output stands until the next call. After a trap the instance is in an unknown
// state: the host throws it away.

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "core/application.h"
#include "core/json.h"

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))
#define IMPORT(name) extern "C" __attribute__((import_module("host"), import_name(#name)))

// Runs one statement on the storage of the object whose step this is. Returns the number of bytes of the
// answer, which the host has written to `result_buffer(size)`: u32 rows read, u32 rows written, and the rows
// (core/storage.h).
IMPORT(query)
uint32_t host_query(const char* sql, uint32_t sql_size, const char* values, uint32_t values_size);
IMPORT(sha256) void host_sha256(const char* data, uint32_t size, char* digest);
IMPORT(hmac_sha256)
void host_hmac_sha256(const char* key, uint32_t key_size, const char* data, uint32_t size, char* mac);
// A seed is 32 bytes.
IMPORT(ed25519_sign)
void host_ed25519_sign(const char* seed, const char* data, uint32_t size, char* signature);
IMPORT(ed25519_public_key) void host_ed25519_public_key(const char* seed, char* key);

namespace {

std::string input, result, output;
std::unique_ptr<core::Application> application;

class HostStorage final : public core::Storage {
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

class HostCrypto final : public core::Crypto {
 public:
  std::string sha256(std::string_view data) override {
    std::string digest(32, '\0');
    host_sha256(data.data(), static_cast<uint32_t>(data.size()), digest.data());
    return digest;
  }
  std::string hmac_sha256(std::string_view key, std::string_view data) override {
    std::string mac(32, '\0');
    host_hmac_sha256(key.data(), static_cast<uint32_t>(key.size()), data.data(),
                     static_cast<uint32_t>(data.size()), mac.data());
    return mac;
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

/// Of the objects that this instance serves, by their numbers.
std::map<uint32_t, HostStorage> storages;
HostCrypto crypto;

/// Beyond so many, the one that has been awake for longest is forgotten: it is asked again.
constexpr size_t kMostObjects = 256;

HostStorage& storage_of(uint32_t object) {
  if (storages.size() == kMostObjects && !storages.contains(object)) storages.erase(storages.begin());
  HostStorage& storage = storages[object];
  storage.used = {};
  return storage;
}

char* buffer(std::string& memory, uint32_t size) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

/// Where the host reads `bytes`: after their length.
const char* put(const std::string& bytes) {
  const uint32_t length = static_cast<uint32_t>(bytes.size());
  output.resize(sizeof length);
  std::memcpy(output.data(), &length, sizeof length);
  output += bytes;
  return output.data();
}

}  // namespace

EXPORT(input_buffer) char* input_buffer(uint32_t size) {
  return buffer(input, size);
}
EXPORT(result_buffer) char* result_buffer(uint32_t size) {
  return buffer(result, size);
}
/// The largest body that the core takes, in bytes.
EXPORT(body_limit) uint32_t body_limit() {
  return static_cast<uint32_t>(core::kMaxJsonBytes);
}

/// Takes the Worker's variables as a JSON object from the input buffer. Once, before any step.
EXPORT(configure) void configure(uint32_t size) {
  application = core::make_application(core::read_config(std::string_view(input).substr(0, size)), crypto);
}

/// The scopes that the application knows (core/application.h). After `configure`.
EXPORT(scopes) const char* scopes() {
  return put(application->scopes());
}

/// A decision of the audit trail, made again on the input buffer's text (core/application.h). After
/// `configure`.
EXPORT(replay) const char* replay(uint32_t size) {
  return put(application->replay(std::string_view(input).substr(0, size)));
}

/// One step on the input buffer's bytes, in the object of this number; 0: in the Worker, where there is no
/// storage. What an object's storage answered is remembered under its number, so an object gets a new one
/// when it wakes up, and when anything that its steps wrote was taken back.
EXPORT(step) const char* step(uint32_t size, uint32_t object) {
  const std::string bytes = core::run_step(*application, std::string_view(input).substr(0, size), crypto,
                                           object == 0 ? nullptr : &storage_of(object));
  return put(bytes);
}
