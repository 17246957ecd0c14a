// The tokens that a resource server holds for its deputies, and how the one that a client came with becomes
// one for an API behind it (RFC 8693): in the human's name (`sub`), by this server (`act`), with the scopes
// that a tool needs and no others. The client's own token goes to its issuer alone.
//
// They lie in the principal's object, end with their grant, and are never part of a waiting call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config.h"
#include "core/json.h"
#include "core/step.h"
#include "identity/bearer.h"

namespace identity {

/// An exchanged token is not used any more this long before its end.
inline constexpr core::Duration kExchangeMargin = core::seconds(20);

/// Safe to repeat.
void create_token_exchange_schema(core::Storage& storage);

/// The issuer's token endpoint, for calls that go on in an isolate that has not asked for it.
void keep_token_endpoint(core::Storage& storage, std::string_view url);
/// The newest token of a grant replaces the one before.
void keep_subject_token(core::Storage& storage, std::string_view grant_id, std::string_view token,
                        core::Instant expires_at);
/// Nothing where it is over.
std::optional<std::string> subject_token(core::Storage& storage, std::string_view grant_id,
                                         core::Instant now);
/// Both kinds. Until when they live on elsewhere stays known.
void forget_tokens_of(core::Storage& storage, std::string_view grant_id);

/// Until when tokens of a grant are good at the issuer and at the API, whatever happens here.
struct LiveTokens {
  core::Instant own;
  core::Instant exchanged;
};
LiveTokens live_tokens(core::Storage& storage, std::string_view grant_id);

/// Whom a token is exchanged for, and what it must allow.
struct Exchange {
  std::string_view grant_id;
  std::string_view subject;
  std::string_view scope;
};
/// One from before that is still good.
std::optional<std::string> exchanged_token(core::Context& step, const core::Config& config,
                                           const Exchange& exchange);
/// Nothing where the client's token is over, or the issuer is not known: the client has to come again.
std::optional<core::Fetch> exchange_request(core::Context& step, const core::Config& config,
                                            const Exchange& exchange);
/// Keeps what the issuer gave. Why not, as a sentence, where it is no token for this very purpose.
std::optional<std::string> keep_exchanged(core::Context& step, const core::Config& config,
                                          const Exchange& exchange, const core::EffectResult& answer);
/// The API does not take it (any more).
void forget_exchanged(core::Storage& storage, const Exchange& exchange);
/// `Authorization` of this server at the issuer (RFC 6749 section 2.3.1).
std::string client_authentication(const core::Config& config);

/// The claims of a JWT as JSON, unverified; nothing where it is none.
std::optional<std::string> claims_of(std::string_view token);

}  // namespace identity
