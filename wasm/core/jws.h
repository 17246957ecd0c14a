// What this server signs for others to check without it: JSON Web Signatures (RFC 7515) with Ed25519 (RFC
// 8037), and the public key as a JSON Web Key (RFC 7517). A key is the 32 bytes of its seed (`Crypto`).
#pragma once

#include <string>
#include <string_view>

#include "core/crypto.h"

namespace core {

/// The name of a key: its thumbprint (RFC 7638).
std::string key_id(Crypto& crypto, std::string_view seed);

/// The compact form, over the bytes of `payload_json` as they are. `typ` says what kind of thing is signed,
/// so that no signature of one kind is taken for one of another.
std::string sign_jws(Crypto& crypto, std::string_view seed, std::string_view typ,
                     std::string_view payload_json);

/// The public key as a JSON text, for a JWK Set.
std::string public_jwk(Crypto& crypto, std::string_view seed);

}  // namespace core
