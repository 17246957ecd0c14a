// SHA-256, HMAC and Ed25519 come through a port (in the module a library and node:crypto, module/host.h; in
// native tests OpenSSL); what is built of them is here and in core/jws.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

class Crypto {
 public:
  virtual ~Crypto() = default;
  Crypto() = default;
  Crypto(const Crypto&) = delete;
  Crypto& operator=(const Crypto&) = delete;

  /// 32 bytes (FIPS 180-4).
  virtual std::string sha256(std::string_view data) = 0;
  /// 32 bytes (RFC 2104).
  virtual std::string hmac_sha256(std::string_view key, std::string_view data) = 0;
  /// 64 bytes (RFC 8032). `seed`: the 32 bytes that are the private key.
  virtual std::string ed25519_sign(std::string_view seed, std::string_view message) = 0;
  /// 32 bytes.
  virtual std::string ed25519_public_key(std::string_view seed) = 0;
};

/// HKDF-SHA256 (RFC 5869) for one block: 32 bytes that belong to `info` alone. `salt` may be empty.
std::string hkdf_sha256(Crypto& crypto, std::string_view secret, std::string_view salt,
                        std::string_view info);

/// Compares without leaving early, so that the time tells nothing of where two secrets differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// base64url without padding (RFC 4648 section 5).
std::string base64url(std::string_view bytes);
/// Nothing where the text is no canonical base64url without padding.
std::optional<std::string> base64url_decode(std::string_view text);
/// Lower-case hexadecimal.
std::string hex(std::string_view bytes);

/// Unpredictable bytes for one step, from those that the host gave it: a step is a function of its input.
class Entropy {
 public:
  static constexpr size_t kSeed = 32;
  /// `given`: at least kSeed bytes. What comes before the last kSeed of them is handed out as it is; once
  /// that is used up, bytes are drawn from the last.
  Entropy(Crypto& crypto, std::string_view given);
  /// `count` from 1 to 32; every call gives other bytes.
  std::string bytes(size_t count);
  /// A random identifier of 128 bits as 22 characters of base64url.
  std::string identifier() { return base64url(bytes(16)); }

 private:
  Crypto& crypto_;
  std::string ready_;
  size_t used_ = 0;
  std::string seed_;
  uint32_t drawn_ = 0;
};

}  // namespace core
