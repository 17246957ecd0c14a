#include "tape.h"

#include <cstdlib>
#include <fstream>
#include <optional>

namespace transcripts {

namespace {

const char* file() {
  static const char* const name = std::getenv("TRANSCRIPTS");
  return name;
}

void append(const char* path, std::string_view name, std::string_view session) {
  core::WireWriter entry;
  entry.bytes(name);
  entry.bytes(session);
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out.write(entry.str().data(), static_cast<std::streamsize>(entry.str().size()));
}

struct TestTape {
  std::string name;
  core::WireWriter tape;
};
std::optional<TestTape> test;

}  // namespace

core::Rows ObjectStorage::ask(core::Statement statement, std::initializer_list<core::Value> parameters) {
  if (!heard_) return real_.query(statement, parameters);
  const core::Rows rows = real_.query(statement, parameters);
  heard_({statement.data(), statement.size()}, core::encode_values(parameters), rows.encoded());
  return core::Rows(std::string(rows.encoded()));
}

bool Tape::recording() {
  return file() != nullptr;
}

Tape::Tape(std::string_view name, std::string_view variables, core::Crypto& real)
    : heard_(*this, real), real_(real), name_(name) {
  session_.bytes(variables);
}

Tape::~Tape() {
  if (!recording()) return;
  append(file(), name_, session_.str());
}

core::Crypto& Tape::crypto() {
  return recording() ? heard_ : real_;
}

Heard Tape::heard() {
  if (!recording()) return {};
  return [this](std::string_view statement, std::string_view values, std::string_view rows) {
    called(Kind::query, statement, values, rows);
  };
}

void Tape::called(Kind kind, std::string_view first, std::string_view second, std::string_view answer) {
  ++count_;
  calls_.u8(static_cast<uint8_t>(kind));
  calls_.bytes(first);
  calls_.bytes(second);
  calls_.bytes(answer);
}

void Tape::end_calls() {
  session_.u32(count_);
  session_.append(calls_.take());
  calls_ = {};
  count_ = 0;
}

void Tape::configured() {
  if (recording()) end_calls();
}

void Tape::step(uint32_t object, const std::function<std::string()>& input,
                const std::function<std::string()>& output) {
  if (!recording() || stopped_) return;
  session_.u32(object);
  session_.bytes(input());
  end_calls();
  session_.bytes(output());
}

std::string Tape::Crypto::sha256(std::string_view data) {
  return real_.sha256(data);
}

std::string Tape::Crypto::hmac_sha256(std::string_view key, std::string_view data) {
  return real_.hmac_sha256(key, data);
}

std::string Tape::Crypto::ed25519_sign(std::string_view seed, std::string_view message) {
  std::string answer = real_.ed25519_sign(seed, message);
  tape_.called(Kind::ed25519_sign, seed, message, answer);
  return answer;
}

std::string Tape::Crypto::ed25519_public_key(std::string_view seed) {
  std::string answer = real_.ed25519_public_key(seed);
  tape_.called(Kind::ed25519_public_key, seed, {}, answer);
  return answer;
}

// ---- Tests of the protocol ----

void begin_test(std::string_view name) {
  if (std::getenv("TEST_TAPES")) test = TestTape{std::string(name), {}};
}

void end_test() {
  if (test) append(std::getenv("TEST_TAPES"), test->name, test->tape.str());
  test.reset();
}

void note(Kind kind, std::string_view first, std::string_view second, std::string_view answer) {
  if (!test) return;
  test->tape.u8(static_cast<uint8_t>(kind));
  test->tape.bytes(first);
  test->tape.bytes(second);
  test->tape.bytes(answer);
}

}  // namespace transcripts
