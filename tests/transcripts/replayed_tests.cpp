// The tests of the protocol as a module of their own, with the core as it ships: what they ask of their ports
// is answered from the tape of the same test (tape.h), which replay-tests.js holds. Each output must be the
// one there.
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "module/host.h"
#include "ports.h"
#include "replayed_catch.h"

// The next output of a step.
IMPORT(output) void host_output(const char* data, uint32_t size);
// Something that the tape knows: how many bytes of it are in the result buffer.
IMPORT(fact) uint32_t host_fact(const char* name, uint32_t size);
// Whether the section of this name was entered here.
IMPORT(section) uint32_t host_section(const char* name, uint32_t size);
// Whether the test was run (once more).
IMPORT(run) uint32_t host_run();
// Does not come back.
IMPORT(failed) void host_failed(const char* what, uint32_t size);

namespace {

std::string input;
host::Storage storage;
host::Crypto crypto;

std::string fact(std::string_view name) {
  return host::result.substr(0, host_fact(name.data(), static_cast<uint32_t>(name.size())));
}

int64_t number(std::string_view name) {
  const std::string digits = fact(name);
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

namespace replayed {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

bool section(const char* name) {
  return host_section(name, static_cast<uint32_t>(std::strlen(name))) != 0;
}

void failed(const char* what, const char* file, int line) {
  const std::string text = std::string(file) + ':' + std::to_string(line) + ": " + what;
  host_failed(text.data(), static_cast<uint32_t>(text.size()));
  __builtin_trap();
}

}  // namespace replayed

namespace testing {

// ---- Ports ----

NativeStorage::NativeStorage() = default;
NativeStorage::~NativeStorage() = default;
core::Rows NativeStorage::ask(core::Statement statement, std::initializer_list<core::Value> parameters) {
  return storage.ask(statement, parameters);
}
void NativeStorage::begin() {}
void NativeStorage::commit() {}
void NativeStorage::roll_back() {
  forget();
}
int64_t NativeStorage::rows_written() const {
  return number("rows written");
}
std::string NativeStorage::filled_tables() {
  return fact("filled tables");
}

std::string NativeCrypto::sha256(std::string_view data) {
  return crypto.sha256(data);
}
std::string NativeCrypto::hmac_sha256(std::string_view key, std::string_view data) {
  return crypto.hmac_sha256(key, data);
}
std::string NativeCrypto::ed25519_sign(std::string_view seed, std::string_view message) {
  return crypto.ed25519_sign(seed, message);
}
std::string NativeCrypto::ed25519_public_key(std::string_view seed) {
  return crypto.ed25519_public_key(seed);
}

void observe(std::string_view output) {
  host_output(output.data(), static_cast<uint32_t>(output.size()));
}
size_t recorded(size_t) {
  return static_cast<size_t>(number("generated"));
}

}  // namespace testing

// ---- Exports ----

EXPORT(input_buffer) char* input_buffer(uint32_t size) {
  return host::buffer(input, size);
}
EXPORT(result_buffer) char* result_buffer(uint32_t size) {
  return host::buffer(host::result, size);
}
EXPORT(tests) uint32_t number_of_tests() {
  return static_cast<uint32_t>(replayed::tests().size());
}
/// The test whose name is in the input buffer, as often as it was run. 0: there is none.
EXPORT(run_test) uint32_t run_test(uint32_t size) {
  const std::string_view name = std::string_view(input).substr(0, size);
  for (const replayed::Test& test : replayed::tests()) {
    if (name != test.name) continue;
    while (host_run()) test.run();
    return 1;
  }
  return 0;
}
