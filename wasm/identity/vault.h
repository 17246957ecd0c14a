// Where the OAuth provider keeps grants, codes and tokens: a KV-shaped store inside the principal's own
// object, strongly consistent, and the place where a grant begins and ends.
//
// The provider believes that it talks to a KV namespace. Its keys are `grant:{user}:{grant}` and
// `token:{user}:{grant}:{token}`. What always holds:
//  - keys of another principal are refused;
//  - the first write of a grant makes it; a delete of a grant, or of any of its tokens, ends it for good (RFC
//  7009
//    revocation, a replayed code and a new authorization of the same client all come as deletes);
//  - nothing can be written for an ended grant, and nothing of it can be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/step.h"
#include "identity/keys.h"

namespace identity {

/// A refresh token that was replaced may be repeated for this long (parallel clients, lost answers); used
/// later it ends its grant (RFC 9700 section 4.14.2).
inline constexpr core::Duration kRefreshGrace = core::seconds(30);

void create_vault_schema(core::Storage& storage);

struct VaultAnswer {
  /// JSON: {"value"}, {"keys", "complete"}, {} or {"error": code, "description"}.
  std::string json;
  /// The grant that this call made.
  std::optional<std::string> begun = {};
  /// Grants that no token can use any more: to be ended.
  std::vector<std::string> expired = {};
  /// The grant that the provider deletes, or a token of: to be ended.
  std::optional<std::string> deleted = {};
};

/// `call`: {"operation": "get" | "put" | "delete" | "list", "key" | "prefix", "value", "expires_at"
/// (seconds), "expires_in" (seconds), "metadata"}. `principal`: whose object this is, empty before the first
/// grant.
VaultAnswer vault(core::JsonView call, const Keys& keys, std::string_view principal, core::Context& step);

/// Forgets all tokens of a grant that has ended.
void forget_tokens(core::Storage& storage, std::string_view grant_id);

/// What a refresh token is to this object.
enum class RefreshToken {
  unknown_or_current,  // the OAuth provider's business
  replaced_just_now,   // within the grace: the provider's business too
  replaced,            // a replay: it ends its grant
};
RefreshToken examine_refresh_token(core::Storage& storage, core::Crypto& crypto, std::string_view token,
                                   core::Instant now);

}  // namespace identity
