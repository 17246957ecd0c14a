// What an instance of the module was given, what it asked of its ports and what it gave, written down byte by
// byte: tests/transcripts replays it on the module that ships. Recorded where the environment variable
// TRANSCRIPTS names a file; otherwise all of this does nothing.
//
//   file    = { bytes(name) bytes(session) }
//   session = bytes(variables) calls { u32(object) bytes(input) calls bytes(output) }
//   calls   = u32(count) { u8(kind) bytes(first) bytes(second) bytes(answer) }
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/crypto.h"
#include "core/storage.h"
#include "core/wire.h"

namespace transcripts {

/// What an entry of a tape is, and what its first and second field are. KIND in ports.js is the same.
enum class Kind : uint8_t {
  query = 1,           // statement, parameters
  ed25519_sign,        // seed, message
  ed25519_public_key,  // seed
  // In tapes of tests only:
  output,   // what a step gave
  fact,     // its name
  run,      // the name of the test
  section,  // its name
};

/// What a storage was asked and what it answered.
using Heard = std::function<void(std::string_view statement, std::string_view values, std::string_view rows)>;

/// A storage as the steps of one object see it: what a test reads and writes beside them is not heard, and
/// not known to them.
class ObjectStorage final : public core::Storage {
 public:
  ObjectStorage(core::Storage& real, Heard heard) : real_(real), heard_(std::move(heard)) {}

 private:
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override;

  core::Storage& real_;
  Heard heard_;
};

class Tape {
 public:
  /// `variables`: JSON, as the module is configured with them. `real` answers.
  Tape(std::string_view name, std::string_view variables, core::Crypto& real);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  static bool recording();

  /// For the instance and its steps.
  core::Crypto& crypto();
  /// For the storage of its object; empty where nothing is recorded.
  Heard heard();

  /// The instance has been made.
  void configured();
  /// `object`: as the module is told, 0 in the Worker; one that has forgotten has another number.
  void step(uint32_t object, const std::function<std::string()>& input,
            const std::function<std::string()>& output);
  /// A step that threw: what comes after it does not count.
  void stop() { stopped_ = true; }

 private:
  class Crypto final : public core::Crypto {
   public:
    Crypto(Tape& tape, core::Crypto& real) : tape_(tape), real_(real) {}
    std::string sha256(std::string_view data) override;
    std::string hmac_sha256(std::string_view key, std::string_view data) override;
    std::string ed25519_sign(std::string_view seed, std::string_view message) override;
    std::string ed25519_public_key(std::string_view seed) override;

   private:
    Tape& tape_;
    core::Crypto& real_;
  };

  void called(Kind kind, std::string_view first, std::string_view second, std::string_view answer);
  void end_calls();

  Crypto heard_;
  core::Crypto& real_;
  std::string name_;
  core::WireWriter session_;
  core::WireWriter calls_;
  uint32_t count_ = 0;
  bool stopped_ = false;
};

// ---- Tests of the protocol ----
//
// They have servers and tools of their own, so it is the test that is run again, in wasm
// (replayed_tests.cpp): what it asked of its ports, what its steps gave and which way it took, in order.
// Recorded where the environment variable TEST_TAPES names a file.
//
//   file  = { bytes(name) bytes(tape) }
//   tape  = { u8(kind) bytes(first) bytes(second) bytes(answer) }

void begin_test(std::string_view name);
void end_test();
/// Does nothing outside of such a test.
void note(Kind kind, std::string_view first, std::string_view second = {}, std::string_view answer = {});

}  // namespace transcripts
