// What this server signs for others to check without it: JSON Web Signatures (RFC 7515) with Ed25519 (RFC
// 8037), and the public key as a JSON Web Key (RFC 7517).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/crypto.h"

namespace core {

/// A private key, with its name: the public key's thumbprint (RFC 7638).
class Signer {
 public:
  /// `seed`: 32 bytes (`Crypto`).
  Signer(Crypto& crypto, std::string seed) : crypto_(crypto), seed_(std::move(seed)) {}

  const std::string& key_id() const;
  /// The compact form, over the bytes of `payload_json` as they are. `typ` says what kind of thing is signed,
  /// so that no signature of one kind is taken for one of another.
  std::string sign(std::string_view typ, std::string_view payload_json) const;

 private:
  Crypto& crypto_;
  std::string seed_;
  /// Empty until it is asked for: a process that has just begun need not know it to answer `initialize`.
  mutable std::string key_id_;
};

/// The public key as a JSON text, for a JWK Set.
std::string public_jwk(Crypto& crypto, std::string_view seed);

}  // namespace core
