// The module's exports: bytes in linear memory, pointer and length, no JavaScript glue.
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
#include "module/host.h"

namespace {

std::string input, output;
std::unique_ptr<core::Application> application;
host::Crypto crypto;

/// Of the objects that this instance serves, by their numbers.
std::map<uint32_t, host::Storage> storages;

/// Beyond so many, the one that has been awake for longest is forgotten: it is asked again.
constexpr size_t kMostObjects = 256;

host::Storage& storage_of(uint32_t object) {
  if (storages.size() == kMostObjects && !storages.contains(object)) storages.erase(storages.begin());
  host::Storage& storage = storages[object];
  storage.used = {};
  return storage;
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
  return host::buffer(input, size);
}
EXPORT(result_buffer) char* result_buffer(uint32_t size) {
  return host::buffer(host::result, size);
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
