// The core's ports as native tests have them: SQLite in memory, and OpenSSL. In wasm the same classes are
// answered from a tape (../transcripts/replayed_tests.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/crypto.h"
#include "core/storage.h"

struct sqlite3;

namespace testing {

/// SQLite in memory. Integers are bound as doubles, as workerd binds them, so that a statement that only
/// works with integers fails here too. A statement that fails throws.
class NativeStorage final : public core::Storage {
 public:
  NativeStorage();
  ~NativeStorage() override;

  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override;

  /// What a host does around a step.
  void begin();
  void commit();
  void roll_back();

  /// Rows written since the start: a step that must not write leaves it as it was.
  int64_t rows_written() const;
  /// Rows of each table that has any: "calls 1, streams 2".
  std::string filled_tables();

 private:
  std::string answer(core::Statement statement, std::initializer_list<core::Value> parameters);
  void run(const char* sql);
  sqlite3* database_ = nullptr;
};

class NativeCrypto final : public core::Crypto {
 public:
  std::string sha256(std::string_view data) override;
  std::string hmac_sha256(std::string_view key, std::string_view data) override;
  std::string ed25519_sign(std::string_view seed, std::string_view message) override;
  std::string ed25519_public_key(std::string_view seed) override;
};

/// Goes to the tape of the test that runs, where there is one: what a step gave.
void observe(std::string_view output);
/// What Catch2 has generated, for the tape too.
size_t recorded(size_t generated);

}  // namespace testing
