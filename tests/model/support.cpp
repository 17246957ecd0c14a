#include "support.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

#include "../cpp/sqlite.h"

namespace model {

// ---- Storage ----

namespace {

/// Each thread has a database of its own: nothing in it needs a lock.
int open(sqlite3** database) {
  static const bool configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  return configured
             ? sqlite3_open_v2(":memory:", database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr)
             : SQLITE_ERROR;
}

}  // namespace

Storage::Storage() {
  if (open(&database_) != SQLITE_OK) throw std::runtime_error("no SQLite database");
}

Storage::~Storage() {
  for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

sqlite3_stmt* Storage::prepared(core::Statement statement) {
  sqlite3_stmt*& known = statements_[statement.data()];
  if (known) return known;
  const int size = static_cast<int>(statement.size());
  if (sqlite3_prepare_v3(database_, statement.data(), size, SQLITE_PREPARE_PERSISTENT, &known, nullptr) !=
      SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database_));
  }
  return known;
}

core::Rows Storage::ask(core::Statement statement, std::initializer_list<core::Value> parameters) {
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> sql(prepared(statement), sqlite3_reset);
  return core::Rows(sqlite::rows_of(sql.get(), parameters));
}

void Storage::begin() {
  ask("SAVEPOINT step", {});
}
void Storage::commit() {
  ask("RELEASE step", {});
}
void Storage::roll_back() {
  forget();
  ask("ROLLBACK TO step", {});
  ask("RELEASE step", {});
}

// ---- Crypto ----

Crypto::Crypto() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_, EVP_sha256(), nullptr);
}

Crypto::~Crypto() {
  EVP_MD_CTX_free(context_);
}

std::string Crypto::sha256(std::string_view data) {
  std::string out(32, '\0');
  EVP_DigestInit_ex(context_, nullptr, nullptr);
  EVP_DigestUpdate(context_, data.data(), data.size());
  EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

std::string Crypto::hmac_sha256(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

std::string Crypto::ed25519_sign(std::string_view seed, std::string_view message) {
  const std::string half = hmac_sha256(seed, message);
  return half + half;
}

std::string Crypto::ed25519_public_key(std::string_view seed) {
  return sha256(seed);
}

// ---- Random ----

uint64_t Random::next() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

}  // namespace model
