#include "core/due.h"

namespace core {

std::optional<Instant> earliest(Storage& storage, Lookup least) {
  const auto row = storage.look_up(least);
  if (row->is_null(0, 0)) return std::nullopt;
  return Instant{row->integer(0, 0)};
}

bool is_due(Context& step, Lookup least) {
  const std::optional<Instant> at = earliest(*step.storage, least);
  if (!at) return false;
  if (*at <= step.now) return true;
  step.wake_at(*at);
  return false;
}

void wake_for(Context& step, Lookup least) {
  if (const std::optional<Instant> at = earliest(*step.storage, least)) step.wake_at(*at);
}

}  // namespace core
