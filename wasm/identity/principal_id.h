// How a principal is named towards the outside.
//
// `name`: a pseudonym of 22 characters, made of the identity provider and its id for the human. It names the
// object. `user id`: the name with a MAC, 45 characters. It is what the OAuth provider puts before its grants
// and tokens, so that the Worker can route by a token's prefix, and refuse made-up ones without asking any
// object: merely calling an object with a made-up name would create its storage.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "identity/keys.h"

namespace identity {

inline constexpr size_t kPrincipalNameLength = 22;

std::string principal_name(core::Crypto& crypto, std::string_view provider, std::string_view subject);
std::string user_id(const Keys& keys, std::string_view principal_name);
/// The name in a user id whose MAC is good; nothing for any other text.
std::optional<std::string> verified_name(const Keys& keys, std::string_view user_id);

/// The three parts of a code or token of the OAuth provider, `user:grant:secret`; nothing for any other text.
struct TokenParts {
  std::string_view user_id;
  std::string_view grant_id;
  std::string_view secret;
};
std::optional<TokenParts> split_token(std::string_view token);
/// The principal whom a code or token of ours belongs to; nothing where the prefix is not of our making.
std::optional<std::string> principal_of_token(const Keys& keys, std::string_view token);

/// The same, for whoever asks about the same people again and again: user ids that were found good are
/// remembered, for a MAC costs as much as all else that is done with a call before its hop.
class PrincipalMemory {
 public:
  /// User ids kept; where there are more, all are forgotten.
  static constexpr size_t kCapacity = 10'000;

  explicit PrincipalMemory(const Keys& keys) : keys_(keys) {}
  std::optional<std::string> of_token(std::string_view token);

 private:
  const Keys& keys_;
  std::unordered_set<std::string> good_;
};

/// The credentials of `Authorization: Bearer` (RFC 6750 section 2.1).
std::optional<std::string_view> bearer_token(const core::Request& request);

}  // namespace identity
