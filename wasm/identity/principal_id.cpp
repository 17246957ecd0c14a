#include "identity/principal_id.h"

namespace identity {

std::string principal_name(core::Crypto& crypto, std::string_view provider, std::string_view subject) {
  std::string data = "principal\n";
  data.append(provider).append("\n").append(subject);
  return core::base64url(crypto.sha256(data).substr(0, 16));
}

std::string user_id(const Keys& keys, std::string_view principal_name) {
  return std::string(principal_name) + keys.mac(Purpose::principal, principal_name);
}

std::optional<std::string> verified_name(const Keys& keys, std::string_view user_id) {
  if (user_id.size() <= kPrincipalNameLength) return std::nullopt;
  const std::string_view name = user_id.substr(0, kPrincipalNameLength);
  if (!keys.verify(Purpose::principal, name, user_id.substr(kPrincipalNameLength))) return std::nullopt;
  return std::string(name);
}

std::optional<TokenParts> split_token(std::string_view token) {
  const size_t first = token.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find(':', first + 1);
  if (second == std::string_view::npos || token.find(':', second + 1) != std::string_view::npos)
    return std::nullopt;
  TokenParts parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                   token.substr(second + 1)};
  if (parts.user_id.empty() || parts.grant_id.empty() || parts.secret.empty()) return std::nullopt;
  return parts;
}

std::optional<std::string> principal_of_token(const Keys& keys, std::string_view token) {
  const std::optional<TokenParts> parts = split_token(token);
  if (!parts) return std::nullopt;
  return verified_name(keys, parts->user_id);
}

std::optional<std::string> PrincipalMemory::of_token(std::string_view token) {
  const std::optional<TokenParts> parts = split_token(token);
  if (!parts) return std::nullopt;
  std::string user_id(parts->user_id);
  if (good_.contains(user_id)) return user_id.substr(0, kPrincipalNameLength);
  std::optional<std::string> name = verified_name(keys_, user_id);
  if (!name) return std::nullopt;
  if (good_.size() == kCapacity) good_.clear();
  good_.insert(std::move(user_id));
  return name;
}

std::optional<std::string_view> bearer_token(const core::Request& request) {
  const std::optional<std::string_view> value = request.headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!value || value->size() <= kScheme.size() ||
      !core::equal_ignoring_case(value->substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const std::string_view token = core::trim(value->substr(kScheme.size()));
  if (token.empty() || token.find_first_of(" \t,") != std::string_view::npos) return std::nullopt;
  return token;
}

}  // namespace identity
