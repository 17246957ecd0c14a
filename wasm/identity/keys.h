// Keys derived from AUTHORITY_SECRET, one for each purpose, so that nothing made for one purpose is good for
// another. After a change of the secret the previous one is still accepted; new things are made with the
// current one alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/crypto.h"

namespace identity {

enum class Purpose {
  principal,     // the names of principals (principal_id.h)
  page_sign_in,  // what a browser keeps while its human signs in to the page (page_sign_in.h)
};

class Keys {
 public:
  Keys(const core::Config& config, core::Crypto& crypto);

  /// A MAC of 128 bits as 22 characters of base64url, after one character that names the key: 23 in all.
  std::string mac(Purpose purpose, std::string_view data) const;
  /// True where `tag` is the MAC of `data` under the current or the previous secret.
  bool verify(Purpose purpose, std::string_view data, std::string_view tag) const;
  /// The seeds of the keys that sign receipts (Ed25519), the current one first.
  std::vector<std::string> signing_seeds() const;

 private:
  struct Key {
    char id;
    std::string principal;
    std::string page_sign_in;
    std::string signing_seed;
  };
  static std::string tag(const Key& key, core::Crypto& crypto, Purpose purpose, std::string_view data);

  core::Crypto& crypto_;
  std::vector<Key> keys_;  // the current one first
};

}  // namespace identity
