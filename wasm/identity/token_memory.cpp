#include "identity/token_memory.h"

namespace identity {

std::optional<ValidToken> TokenMemory::find(const std::string& token_hash, core::Instant now) const {
  const auto found = tokens_.find(token_hash);
  if (found == tokens_.end() || found->second.expires_at <= now) return std::nullopt;
  return found->second;
}

void TokenMemory::remember(const std::string& token_hash, ValidToken token) {
  if (!tokens_.insert_or_assign(token_hash, std::move(token)).second) return;
  order_.push_back(token_hash);
  while (order_.size() > kCapacity) {
    tokens_.erase(order_.front());
    order_.pop_front();
  }
}

void TokenMemory::forget(std::string_view grant_id) {
  // The hash stays in `order_` until its turn comes: erasing a token that is gone does no harm.
  for (auto it = tokens_.begin(); it != tokens_.end();) {
    it = it->second.grant_id == grant_id ? tokens_.erase(it) : std::next(it);
  }
}

}  // namespace identity
