// What the model runs on: SQLite and OpenSSL behind the core's ports, made for a million short steps
// (statements are prepared once), and random numbers that are the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/crypto.h"
#include "core/storage.h"

struct sqlite3;
struct sqlite3_stmt;
struct evp_md_ctx_st;

namespace model {

/// SQLite in memory. Integers are bound as doubles, as workerd binds them. A statement that fails throws.
class Storage final : public core::Storage {
 public:
  Storage();
  ~Storage() override;

  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override;

  /// What a host does around a step; they nest.
  void begin();
  void commit();
  void roll_back();

 private:
  sqlite3_stmt* prepared(core::Statement statement);

  sqlite3* database_ = nullptr;
  /// By the address of the text, as the real host remembers them.
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

class Crypto final : public core::Crypto {
 public:
  Crypto();
  ~Crypto() override;
  std::string sha256(std::string_view data) override;
  std::string hmac_sha256(std::string_view key, std::string_view data) override;
  // Signatures are tested elsewhere (tests/cpp/core_jws.cpp); real ones would take half of the time here.
  std::string ed25519_sign(std::string_view seed, std::string_view message) override;
  std::string ed25519_public_key(std::string_view seed) override;

 private:
  evp_md_ctx_st* context_;
};

/// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /// From 0 to `below` - 1.
  uint64_t below(uint64_t below) { return next() % below; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  template <typename T, size_t N>
  T of(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  uint64_t state_;
};

}  // namespace model
