// The host of the module, played: what the core asks for is answered as it was recorded
// (../../transcripts/tape.h), so that a step costs what the core itself costs. It must ask the same, in the
// same order, as often as it is repeated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace micro {

struct PortCall {
  /// As on the tape: 1 query, 2 ed25519_sign, 3 ed25519_public_key.
  uint8_t kind = 0;
  std::string_view first;
  std::string_view second;
  std::string_view answer;
};

struct Step {
  /// 0: in the Worker.
  uint32_t object = 0;
  std::string_view input;
  std::vector<PortCall> calls;
  std::string_view output;
};

struct Session {
  std::string_view name;
  std::string_view variables;
  std::vector<PortCall> beginning;
  std::vector<Step> steps;
};

/// Views into `tape`, which must outlive them.
std::vector<Session> read_tape(std::string_view tape);

/// Something is not as it was recorded: the program ends with this message.
[[noreturn]] void fail(std::string_view message);

/// Makes the module's instance for a session, and plays all of its steps once, each compared to the byte.
void begin(const Session& session);
/// Numbers of objects that nothing is known of: the first of so many.
uint32_t new_objects(uint32_t count);
/// One step, as often as wanted, in an object of this number: the number of its questions and the kind of
/// each is compared.
void play(const Step& step, uint32_t object);
/// One step, whose questions and output are compared to the byte.
void check(const Step& step, uint32_t object);

}  // namespace micro
