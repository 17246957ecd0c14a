#include "player.h"

#include <cstdint>
#include <cstring>

#include "core/wire.h"

// What wasm/module/exports.cpp exports.
extern "C" {
char* input_buffer(uint32_t size);
char* result_buffer(uint32_t size);
void configure(uint32_t size);
const char* step(uint32_t size, uint32_t object);
}

namespace micro {

namespace {

enum class Compare { kinds, bytes };

/// The numbers of a session's objects are less than this.
constexpr uint32_t kObjectsOfSession = 100;

const std::vector<PortCall>* expected = nullptr;
size_t asked = 0;
Compare compare = Compare::bytes;

std::vector<PortCall> read_calls(core::WireReader& reader) {
  std::vector<PortCall> calls(reader.u32());
  for (PortCall& call : calls) {
    call.kind = reader.u8();
    call.first = reader.bytes();
    call.second = reader.bytes();
    call.answer = reader.bytes();
  }
  return calls;
}

std::string_view answer(uint8_t kind, std::string_view first, std::string_view second) {
  if (asked == expected->size()) fail("the core asks more than was recorded");
  const PortCall& call = (*expected)[asked++];
  if (call.kind != kind) fail("the core asks something else than was recorded");
  if (compare == Compare::bytes && (call.first != first || call.second != second)) {
    fail("the core asks about something else than was recorded: " + std::string(first));
  }
  return call.answer;
}

void copy(std::string_view bytes, char* to) {
  std::memcpy(to, bytes.data(), bytes.size());
}

void expect(const std::vector<PortCall>& calls, Compare how) {
  expected = &calls;
  asked = 0;
  compare = how;
}

void all_asked() {
  if (asked != expected->size()) fail("the core asks less than was recorded");
}

uint32_t give(std::string_view bytes) {
  copy(bytes, input_buffer(static_cast<uint32_t>(bytes.size())));
  return static_cast<uint32_t>(bytes.size());
}

const char* run(const Step& recorded, Compare how, uint32_t object) {
  expect(recorded.calls, how);
  const uint32_t size = give(recorded.input);
  const char* output = step(size, object);
  all_asked();
  return output;
}

}  // namespace

std::vector<Session> read_tape(std::string_view tape) {
  std::vector<Session> sessions;
  core::WireReader file(tape);
  while (file.ok() && !file.finished()) {
    Session session;
    session.name = file.bytes();
    core::WireReader reader(file.bytes());
    session.variables = reader.bytes();
    session.beginning = read_calls(reader);
    while (reader.ok() && !reader.finished()) {
      Step step;
      step.object = reader.u32();
      step.input = reader.bytes();
      step.calls = read_calls(reader);
      step.output = reader.bytes();
      session.steps.push_back(std::move(step));
    }
    if (!reader.ok()) fail("the tape is broken");
    sessions.push_back(std::move(session));
  }
  return sessions;
}

void begin(const Session& session) {
  expect(session.beginning, Compare::bytes);
  configure(give(session.variables));
  all_asked();
  const uint32_t objects = new_objects(kObjectsOfSession);
  for (const Step& recorded : session.steps) {
    check(recorded, recorded.object == 0 ? 0 : objects + recorded.object);
  }
}

uint32_t new_objects(uint32_t count) {
  static uint32_t next = 1;
  const uint32_t first = next;
  next += count;
  return first;
}

void play(const Step& recorded, uint32_t object) {
  run(recorded, Compare::kinds, object);
}

void check(const Step& recorded, uint32_t object) {
  const char* output = run(recorded, Compare::bytes, object);
  uint32_t size = 0;
  std::memcpy(&size, output, sizeof size);
  if (std::string_view(output + sizeof size, size) != recorded.output) {
    fail("the core answers something else than was recorded");
  }
}

}  // namespace micro

// What wasm/module/exports.cpp imports.
extern "C" {

uint32_t host_query(const char* sql, uint32_t sql_size, const char* values, uint32_t values_size) {
  const std::string_view rows = micro::answer(1, {sql, sql_size}, {values, values_size});
  // What they cost comes first; nobody counted it.
  constexpr size_t kCost = 8;
  const uint32_t size = static_cast<uint32_t>(kCost + rows.size());
  char* result = result_buffer(size);
  std::memset(result, 0, kCost);
  micro::copy(rows, result + kCost);
  return size;
}

void host_ed25519_sign(const char* seed, const char* data, uint32_t size, char* signature) {
  micro::copy(micro::answer(2, {seed, 32}, {data, size}), signature);
}

void host_ed25519_public_key(const char* seed, char* key) {
  micro::copy(micro::answer(3, {seed, 32}, {}), key);
}

}  // extern "C"
