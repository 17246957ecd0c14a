#include "core/jws.h"

#include "core/json.h"

namespace core {

namespace {

/// `x`: the public key in base64url.
std::string thumbprint(Crypto& crypto, std::string_view x) {
  // RFC 7638 section 3: the required members alone, sorted, without white space.
  return base64url(crypto.sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + std::string(x).append(R"("})")));
}

}  // namespace

const std::string& Signer::key_id() const {
  if (key_id_.empty()) key_id_ = thumbprint(crypto_, base64url(crypto_.ed25519_public_key(seed_)));
  return key_id_;
}

std::string Signer::sign(std::string_view typ, std::string_view payload_json) const {
  // Neither a thumbprint nor a type has anything to escape.
  std::string header = R"({"alg":"EdDSA","kid":")";
  header.append(key_id()).append(R"(","typ":")").append(typ).append(R"("})");
  const std::string signed_part = base64url(header) + '.' + base64url(payload_json);
  return signed_part + '.' + base64url(crypto_.ed25519_sign(seed_, signed_part));
}

std::string public_jwk(Crypto& crypto, std::string_view seed) {
  const std::string x = base64url(crypto.ed25519_public_key(seed));
  return json_text(Json{{"alg", "EdDSA"},
                        {"crv", "Ed25519"},
                        {"kid", thumbprint(crypto, x)},
                        {"kty", "OKP"},
                        {"use", "sig"},
                        {"x", x}});
}

}  // namespace core
