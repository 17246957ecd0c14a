#include "identity/keys.h"

namespace identity {

Keys::Keys(const core::Config& config, core::Crypto& crypto) : crypto_(crypto) {
  for (const std::string* secret : {&config.authority_secret, &config.authority_secret_previous}) {
    if (secret->empty()) continue;
    const std::string key_id = core::hkdf_sha256(crypto, *secret, "mcp-deputy", "key id");
    keys_.push_back({core::base64url(key_id)[0],
                     core::hkdf_sha256(crypto, *secret, "mcp-deputy", "principal"),
                     core::hkdf_sha256(crypto, *secret, "mcp-deputy", "page sign-in"),
                     core::hkdf_sha256(crypto, *secret, "mcp-deputy", "receipts")});
  }
}

std::string Keys::tag(const Key& key, core::Crypto& crypto, Purpose purpose, std::string_view data) {
  std::string_view secret;
  switch (purpose) {
    case Purpose::principal: secret = key.principal; break;
    case Purpose::page_sign_in: secret = key.page_sign_in; break;
  }
  return key.id + core::base64url(crypto.hmac_sha256(secret, data).substr(0, 16));
}

std::string Keys::mac(Purpose purpose, std::string_view data) const {
  return tag(keys_.front(), crypto_, purpose, data);
}

bool Keys::verify(Purpose purpose, std::string_view data, std::string_view given) const {
  for (const Key& key : keys_) {
    // The key's id is public: it only saves the work for the other key.
    if (given.empty() || given[0] != key.id) continue;
    if (core::equal_in_constant_time(tag(key, crypto_, purpose, data), given)) return true;
  }
  return false;
}

std::vector<std::string> Keys::signing_seeds() const {
  std::vector<std::string> seeds;
  for (const Key& key : keys_) seeds.push_back(key.signing_seed);
  return seeds;
}

}  // namespace identity
