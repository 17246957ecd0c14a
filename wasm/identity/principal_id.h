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

/// The credentials of `Authorization: Bearer` (RFC 6750 section 2.1).
std::optional<std::string_view> bearer_token(const core::Request& request);

}  // namespace identity
