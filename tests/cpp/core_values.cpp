// Time, wire format, rows and crypto.
#include "catch.h"
#include "core/crypto.h"
#include "core/storage.h"
#include "core/time.h"
#include "core/wire.h"
#include "support.h"

namespace {

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string iso(int64_t milliseconds) {
  return core::iso8601(core::Instant{milliseconds});
}

}  // namespace

// ---- Time ----

TEST_CASE("Moments are written as JavaScript writes them") {
  // Each expected text was made by `new Date(ms).toISOString()`.
  CHECK(iso(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso(1) == "1970-01-01T00:00:00.001Z");
  CHECK(iso(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(iso(951'782'400'000) == "2000-02-29T00:00:00.000Z");
  CHECK(iso(1'795'253'400'123) == "2026-11-21T09:30:00.123Z");
  CHECK(iso(4'107'542'399'999) == "2100-02-28T23:59:59.999Z");
  CHECK(iso(4'107'542'400'000) == "2100-03-01T00:00:00.000Z");
  CHECK(iso(-2'203'891'200'000) == "1900-03-01T00:00:00.000Z");
  CHECK(iso(-62'135'596'800'000) == "0001-01-01T00:00:00.000Z");
}

TEST_CASE("Moments outside of the years 0 to 9999 are clamped") {
  CHECK(iso(-62'167'219'200'000) == "0000-01-01T00:00:00.000Z");
  CHECK(iso(-62'167'219'200'001) == "0000-01-01T00:00:00.000Z");
  CHECK(iso(INT64_MIN) == "0000-01-01T00:00:00.000Z");
  CHECK(iso(253'402'300'799'999) == "9999-12-31T23:59:59.999Z");
  CHECK(iso(INT64_MAX) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("Seconds of tokens are moments of the years 1970 to 9999, whatever they say") {
  CHECK(core::at_second(1'790'000'000).milliseconds == 1'790'000'000'000);
  CHECK(core::at_second(253'402'300'799).milliseconds == 253'402'300'799'000);
  CHECK(core::at_second(INT64_MAX).milliseconds == 253'402'300'799'000);
  CHECK(core::at_second(-1).milliseconds == 0);
  CHECK(core::at_second(INT64_MIN).milliseconds == 0);
}

TEST_CASE("Moments and lengths of time add up") {
  const core::Instant noon{43'200'000};
  CHECK(noon + core::minutes(1) - noon == core::seconds(60));
  CHECK((noon - core::hours(12)).milliseconds == 0);
  CHECK(core::days(2) > core::hours(47));
  CHECK(noon < noon + core::milliseconds(1));
}

// ---- Wire ----

TEST_CASE("What is written is read back in order") {
  core::WireWriter writer;
  writer.u8(255);
  writer.u32(4'000'000'000u);
  writer.u64(UINT64_MAX);
  writer.i64(INT64_MIN);
  writer.f64(-5);
  writer.bytes(std::string("a\0b", 3));
  writer.bytes("");
  core::WireReader reader(writer.str());
  CHECK(reader.u8() == 255);
  CHECK(reader.u32() == 4'000'000'000u);
  CHECK(reader.u64() == UINT64_MAX);
  CHECK(reader.i64() == INT64_MIN);
  CHECK(reader.whole() == -5);
  CHECK(reader.string() == std::string("a\0b", 3));
  CHECK(reader.bytes().empty());
  CHECK(reader.finished());
}

TEST_CASE("Numbers are little-endian, texts have their length in front") {
  core::WireWriter writer;
  writer.u32(1);
  writer.bytes("ab");
  CHECK(core::hex(writer.str()) == "01000000020000006162");
}

TEST_CASE("A reader stops for good at the first value that does not fit") {
  core::WireWriter writer;
  writer.bytes("abc");
  writer.u32(7);
  for (size_t size = 0; size < writer.str().size(); ++size) {
    CAPTURE(size);
    core::WireReader reader(std::string_view(writer.str()).substr(0, size));
    reader.bytes();
    reader.u32();
    CHECK_FALSE(reader.ok());
    CHECK_FALSE(reader.finished());
    CHECK(reader.u8() == 0);
    CHECK(reader.bytes().empty());
    CHECK(reader.rest().empty());
  }
}

TEST_CASE("A length that lies reads nothing") {
  core::WireReader reader(std::string_view("\xFF\xFF\xFF\xFFxyz", 7));
  CHECK(reader.bytes().empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("Bytes that are left over are noticed") {
  core::WireWriter writer;
  writer.u8(1);
  writer.u8(2);
  core::WireReader reader(writer.str());
  reader.u8();
  CHECK(reader.ok());
  CHECK_FALSE(reader.finished());
}

// ---- Rows ----

TEST_CASE("Rows hold what SQL gave, with the types that it had") {
  testing::NativeStorage storage;
  storage.query("CREATE TABLE t (a INTEGER, b TEXT)");
  storage.query("INSERT INTO t VALUES (?, ?), (?, ?)",
                {int64_t{9'007'199'254'740'991}, std::string_view("x"), core::Value(), std::string_view("")});
  const core::Rows rows = storage.query("SELECT a, b FROM t ORDER BY rowid");
  REQUIRE(rows.size() == 2);
  CHECK(rows.integer(0, 0) == 9'007'199'254'740'991);
  CHECK(rows.text(0, 1) == "x");
  CHECK(rows.is_null(1, 0));
  CHECK(rows.integer(1, 0) == 0);
  CHECK_FALSE(rows.is_null(1, 1));
  CHECK(rows.optional_text(1, 1) == "");
  CHECK(rows.text(0, 0).empty());
  CHECK_FALSE(rows.optional_text(1, 0));
}

// A short answer lies inside of its std::string, so that a move would leave the views into it behind.
static_assert(!std::is_copy_constructible_v<core::Rows> && !std::is_move_constructible_v<core::Rows>);

TEST_CASE("Rows made of nonsense are empty") {
  CHECK(core::Rows("").empty());
  CHECK(core::Rows("abc").empty());
  core::WireWriter writer;
  writer.u32(1'000'000);
  writer.u32(1'000'000);
  CHECK(core::Rows(writer.take()).empty());
  core::WireWriter cut;
  cut.u32(1);
  cut.u32(1);
  cut.u8(2);
  cut.u32(100);
  cut.append("short");
  const core::Rows rows(cut.take());
  for (size_t row = 0; row < rows.size(); ++row) CHECK(rows.text(row, 0).empty());
}

TEST_CASE("A statement without rows gives none") {
  testing::NativeStorage storage;
  storage.query("CREATE TABLE t (a INTEGER)");
  CHECK(storage.query("SELECT a FROM t").empty());
  CHECK(storage.query("DELETE FROM t").empty());
}

// ---- Crypto ----

TEST_CASE("HKDF gives what RFC 5869 lists, as far as one block goes") {
  testing::NativeCrypto crypto;
  CHECK(core::hex(core::hkdf_sha256(crypto, unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                                    unhex("000102030405060708090a0b0c"), unhex("f0f1f2f3f4f5f6f7f8f9"))) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  CHECK(core::hex(core::hkdf_sha256(crypto, unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), "", "")) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("HKDF gives each purpose a key of its own") {
  testing::NativeCrypto crypto;
  CHECK(core::hkdf_sha256(crypto, "secret", "", "a") != core::hkdf_sha256(crypto, "secret", "", "b"));
  CHECK(core::hkdf_sha256(crypto, "secret", "", "a") != core::hkdf_sha256(crypto, "other", "", "a"));
}

TEST_CASE("base64url is that of RFC 4648, without padding") {
  CHECK(core::base64url("") == "");
  CHECK(core::base64url("f") == "Zg");
  CHECK(core::base64url("fo") == "Zm8");
  CHECK(core::base64url("foo") == "Zm9v");
  CHECK(core::base64url("foob") == "Zm9vYg");
  CHECK(core::base64url("fooba") == "Zm9vYmE");
  CHECK(core::base64url("foobar") == "Zm9vYmFy");
  CHECK(core::base64url("\xFB\xFF\xBF") == "-_-_");
}

TEST_CASE("Hexadecimal is lower case, two digits a byte") {
  CHECK(core::hex(std::string_view("\x00\x0F\xF0\xFF", 4)) == "000ff0ff");
}

TEST_CASE("Comparing in constant time still compares") {
  CHECK(core::equal_in_constant_time("", ""));
  CHECK(core::equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(core::equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(core::equal_in_constant_time("abc", "ab"));
  CHECK_FALSE(core::equal_in_constant_time("\x80", std::string_view("\0", 1)));
}

TEST_CASE("Entropy hands out what it was given beyond its seed, then draws from the seed") {
  testing::NativeCrypto crypto;
  const std::string seed(core::Entropy::kSeed, 's');
  core::Entropy given(crypto, "0123456789" + seed), drawn(crypto, seed);
  CHECK(given.bytes(4) == "0123");
  CHECK(given.bytes(4) == "4567");
  CHECK(given.bytes(4) == drawn.bytes(4));  // two are left, which are not enough
  CHECK(given.bytes(2) == "89");
  CHECK(given.bytes(1) == drawn.bytes(1));
}

TEST_CASE("Entropy never repeats within a step and repeats exactly with the seed") {
  testing::NativeCrypto crypto;
  core::Entropy first(crypto, "seed-seed-seed-seed-seed-seed-se");
  core::Entropy again(crypto, "seed-seed-seed-seed-seed-seed-se");
  core::Entropy other(crypto, "tree-tree-tree-tree-tree-tree-tr");
  const std::string one = first.bytes(16);
  CHECK(one.size() == 16);
  CHECK(again.bytes(16) == one);
  CHECK(other.bytes(16) != one);
  CHECK(first.bytes(16) != one);
  CHECK(first.identifier().size() == 22);
  CHECK(first.bytes(32).size() == 32);
}
