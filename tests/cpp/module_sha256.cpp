// Digests that the module computes itself, beside OpenSSL's. They are observed: in wasm they must be what
// they were natively.
#include "catch.h"
#include "module/sha256.h"
#include "ports.h"
#include "support.h"

namespace {

/// Natively OpenSSL's; in wasm nobody else computes digests.
testing::NativeCrypto other;

/// Bytes that are never alike for long.
std::string numbered(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + i / 256);
  return bytes;
}

}  // namespace

TEST_CASE("SHA-256 gives what FIPS 180-4 and its examples list") {
  CHECK(core::hex(host::sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(core::hex(host::sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(core::hex(host::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(core::hex(host::sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 is that of OpenSSL, of every length up to some blocks and around the library's buffer") {
  size_t wrong = 0;
  const auto compare = [&](size_t from, size_t to) {
    for (size_t size = from; size <= to; ++size) {
      const std::string digest = host::sha256(numbered(size));
      testing::observe(digest);
      wrong += digest != other.sha256(numbered(size));
    }
  };
  compare(0, 300);
  for (size_t buffers : {1, 2, 3})
    compare(buffers * host::kHashBuffer - 70, buffers * host::kHashBuffer + 70);
  CHECK(wrong == 0);
}

TEST_CASE("HMAC-SHA-256 gives what RFC 4231 lists, with keys shorter and longer than a block") {
  CHECK(core::hex(host::hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(core::hex(host::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(core::hex(host::hmac_sha256(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA-256 is that of OpenSSL, with keys of every length up to two blocks") {
  size_t wrong = 0;
  for (size_t size = 0; size <= 130; ++size) {
    const std::string mac = host::hmac_sha256(numbered(size), numbered(3 * size));
    testing::observe(mac);
    wrong += mac != other.hmac_sha256(numbered(size), numbered(3 * size));
  }
  CHECK(wrong == 0);
}
