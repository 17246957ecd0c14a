// Access tokens that the OAuth provider has validated, remembered by their hash so that the next call need
// not ask it again. Valid tokens only, bounded, never past their expiry. It says what a token is, not whether
// its grant still stands: that is read from storage on every call.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/time.h"

namespace identity {

struct ValidToken {
  std::string grant_id;
  /// The resource that the token is for (RFC 8707), as the provider gave it.
  std::string audience;
  core::Instant expires_at;
  /// What the client asked this token for: all that the grant allows, or less (RFC 6749 section 6).
  std::vector<std::string> scopes{};
};

class TokenMemory {
 public:
  /// Tokens kept; the oldest goes first.
  static constexpr size_t kCapacity = 4096;

  std::optional<ValidToken> find(const std::string& token_hash, core::Instant now) const;
  void remember(const std::string& token_hash, ValidToken token);
  /// Forgets every token of a grant.
  void forget(std::string_view grant_id);

 private:
  std::unordered_map<std::string, ValidToken> tokens_;
  std::deque<std::string> order_;
};

}  // namespace identity
