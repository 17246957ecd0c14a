// Where an issuer's keys are, as its metadata says (OpenID Connect Discovery 1.0 section 4, RFC 8414 section
// 3).
//
// PingFederate and most others serve the first kind, plain OAuth servers the second: both are asked at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"

namespace identity {

/// True where tokens and keys may come from there: https, or http on this machine.
bool is_safe_address(std::string_view url);

/// What to fetch. `issuer` is a safe address.
std::vector<core::Effect> discovery(std::string_view issuer);

/// What this server needs to know of an issuer. `text`: all of it, as JSON.
struct IssuerMetadata {
  std::string text;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
};
/// Nothing where no answer is metadata of that very issuer, with addresses that are safe.
std::optional<IssuerMetadata> read_metadata(std::string_view issuer,
                                            const std::vector<core::EffectResult>& answers);
std::optional<IssuerMetadata> metadata_of(std::string_view issuer, std::string_view text);
/// The metadata of the authorization server for clients that look for it at the resource (RFC 8414).
std::string client_metadata(const IssuerMetadata& metadata);

/// The address of the key set. Nothing where no answer is metadata of that very issuer with an address that
/// is safe.
std::optional<std::string> read_discovery(std::string_view issuer,
                                          const std::vector<core::EffectResult>& answers);

}  // namespace identity
