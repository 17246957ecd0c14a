#include "authority/pauses.h"

#include "authority/grants.h"

namespace authority {

void pause(core::Storage& storage, std::string_view grant_id, std::string_view cause, core::Instant now) {
  storage.query("INSERT INTO pauses (grant_id, cause, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                {grant_id, cause, now.milliseconds});
  if (grant_id != kAllDeputies) happen(storage, grant_id, Event::pause);
}

void resume(core::Storage& storage, std::string_view grant_id, std::string_view cause) {
  storage.query("DELETE FROM pauses WHERE grant_id = ? AND cause = ?", {grant_id, cause});
  const bool last = storage.query("SELECT 1 FROM pauses WHERE grant_id = ?", {grant_id}).empty();
  if (grant_id != kAllDeputies && last) happen(storage, grant_id, Event::resume);
}

bool paused(core::Storage& storage, std::string_view grant_id, std::string_view cause) {
  return !storage.query("SELECT 1 FROM pauses WHERE grant_id = ? AND cause = ?", {grant_id, cause}).empty();
}

}  // namespace authority
