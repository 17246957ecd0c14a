// What this server signs for others to check without it: JSON Web Signatures (RFC 7515) with Ed25519 (RFC
// 8037), and the public key as a JSON Web Key (RFC 7517).
#pragma once

#include <string>
#include <string_view>

#include "core/crypto.h"

namespace core {

/// A private key and its name. Both are empty where there is none.
struct SigningKey {
  /// 32 bytes (`Crypto`).
  std::string seed;
  /// Its public key's thumbprint (RFC 7638).
  std::string id;
};
/// `seed`: 32 bytes, or none.
SigningKey signing_key(Crypto& crypto, std::string seed);

/// The compact form, over the bytes of `payload_json` as they are. `typ` says what kind of thing is signed,
/// so that no signature of one kind is taken for one of another.
std::string sign_jws(Crypto& crypto, const SigningKey& key, std::string_view typ,
                     std::string_view payload_json);

/// The public key as a JSON text, for a JWK Set.
std::string public_jwk(Crypto& crypto, std::string_view seed);

}  // namespace core
