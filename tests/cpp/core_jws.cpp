// Ed25519 and what is signed with it, by the vectors of the specifications.
#include "core/jws.h"

#include "core/json.h"
#include "support.h"

using testing::json;

namespace {

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// RFC 8037 appendix A.1, and the first of RFC 8032 section 7.1.
const std::string kSeed = *core::base64url_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");

}  // namespace

TEST_CASE("Ed25519 gives what RFC 8032 lists") {
  struct Vector {
    const char *seed, *key, *message, *signature;
  };
  testing::NativeCrypto crypto;
  for (const Vector& vector :
       {Vector{
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"},
        Vector{
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"},
        Vector{
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"}}) {
    CHECK(core::hex(crypto.ed25519_public_key(unhex(vector.seed))) == vector.key);
    CHECK(core::hex(crypto.ed25519_sign(unhex(vector.seed), unhex(vector.message))) == vector.signature);
  }
}

TEST_CASE("JWS: a signature is that of RFC 8037 appendix A.4") {
  testing::NativeCrypto crypto;
  const std::string signed_part =
      core::base64url(R"({"alg":"EdDSA"})") + '.' + core::base64url("Example of Ed25519 signing");
  CHECK(core::base64url(crypto.ed25519_sign(kSeed, signed_part)) ==
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST_CASE("JWS: a key is named by its thumbprint, that of RFC 8037 appendix A.3") {
  testing::NativeCrypto crypto;
  CHECK(core::Signer(crypto, kSeed).key_id() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("JWS: the public key is a JSON Web Key without the private part") {
  testing::NativeCrypto crypto;
  CHECK(core::public_jwk(crypto, kSeed) ==
        R"({"alg":"EdDSA","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","kty":"OKP",)"
        R"("use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
}

TEST_CASE("JWS: header, payload and signature, each in base64url") {
  testing::NativeCrypto crypto;
  const std::string jws = core::Signer(crypto, kSeed).sign("receipt+jwt", R"({"n": 1})");
  const size_t first = jws.find('.'), second = jws.rfind('.');
  CHECK(core::base64url_decode(jws.substr(0, first)) ==
        R"({"alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"receipt+jwt"})");
  CHECK(core::base64url_decode(jws.substr(first + 1, second - first - 1)) == R"({"n": 1})");
  CHECK(core::base64url_decode(jws.substr(second + 1)) == crypto.ed25519_sign(kSeed, jws.substr(0, second)));
}
