#include "ports.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

#include "../transcripts/tape.h"
#include "sqlite.h"

namespace testing {

using transcripts::Kind;

namespace {

void note_fact(std::string_view name, std::string_view fact) {
  transcripts::note(Kind::fact, name, {}, fact);
}

}  // namespace

// ---- Storage ----

NativeStorage::NativeStorage() {
  if (sqlite3_open(":memory:", &database_) != SQLITE_OK) throw std::runtime_error("no SQLite database");
}

NativeStorage::~NativeStorage() {
  sqlite3_close(database_);
}

core::Rows NativeStorage::ask(core::Statement statement, std::initializer_list<core::Value> parameters) {
  const std::string rows = answer(statement, parameters);
  transcripts::note(Kind::query, {statement.data(), statement.size()}, core::encode_values(parameters), rows);
  return core::Rows(rows);
}

std::string NativeStorage::answer(core::Statement statement, std::initializer_list<core::Value> parameters) {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  const int state =
      sqlite3_prepare_v2(database_, statement.data(), static_cast<int>(statement.size()), &prepared, &tail);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> guard(prepared, sqlite3_finalize);
  if (state != SQLITE_OK) {
    throw std::runtime_error(std::string(sqlite3_errmsg(database_)) +
                             " in: " + std::string(statement.data(), statement.size()));
  }
  if (tail != statement.data() + statement.size()) throw std::runtime_error("more than one statement");
  return sqlite::rows_of(prepared, parameters);
}

void NativeStorage::run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database_));
  }
}

void NativeStorage::begin() {
  run("SAVEPOINT step");
}
void NativeStorage::commit() {
  run("RELEASE step");
}
void NativeStorage::roll_back() {
  forget();
  run("ROLLBACK TO step; RELEASE step");
}

int64_t NativeStorage::rows_written() const {
  const int64_t rows = sqlite3_total_changes(database_);
  note_fact("rows written", std::to_string(rows));
  return rows;
}

std::string NativeStorage::filled_tables() {
  const core::Rows tables(answer("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", {}));
  std::string filled;
  for (size_t i = 0; i < tables.size(); ++i) {
    const std::string name(tables.text(i, 0));
    sqlite3_stmt* prepared = nullptr;
    const std::string sql = "SELECT count(*) FROM " + name;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) continue;
    sqlite3_step(prepared);
    const int64_t rows = sqlite3_column_int64(prepared, 0);
    sqlite3_finalize(prepared);
    if (rows > 0) filled += (filled.empty() ? "" : ", ") + name + ' ' + std::to_string(rows);
  }
  note_fact("filled tables", filled);
  return filled;
}

// ---- Crypto ----

std::string NativeCrypto::sha256(std::string_view data) {
  std::string out(32, '\0');
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
             nullptr);
  return out;
}

std::string NativeCrypto::hmac_sha256(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

namespace {

using Ed25519Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Ed25519Key ed25519_key(std::string_view seed) {
  if (seed.size() != 32) throw std::runtime_error("the seed of an Ed25519 key is 32 bytes");
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                       reinterpret_cast<const unsigned char*>(seed.data()), seed.size()),
          EVP_PKEY_free};
}

}  // namespace

std::string NativeCrypto::ed25519_sign(std::string_view seed, std::string_view message) {
  const Ed25519Key key = ed25519_key(seed);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> signing(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string out(64, '\0');
  size_t size = out.size();
  EVP_DigestSignInit(signing.get(), nullptr, nullptr, nullptr, key.get());
  EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(message.data()), message.size());
  transcripts::note(Kind::ed25519_sign, seed, message, out);
  return out;
}

std::string NativeCrypto::ed25519_public_key(std::string_view seed) {
  std::string out(32, '\0');
  size_t size = out.size();
  EVP_PKEY_get_raw_public_key(ed25519_key(seed).get(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

// ---- The tape ----

void observe(std::string_view output) {
  transcripts::note(Kind::output, output);
}

size_t recorded(size_t generated) {
  note_fact("generated", std::to_string(generated));
  return generated;
}

}  // namespace testing
