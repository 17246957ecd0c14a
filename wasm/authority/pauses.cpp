#include "authority/pauses.h"

namespace authority {

void create_pauses_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS pauses (cause TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID");
}

void pause(core::Storage& storage, std::string_view cause, core::Instant now) {
  storage.query("INSERT INTO pauses (cause, since) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {cause, now.milliseconds});
}

void resume(core::Storage& storage, std::string_view cause) {
  storage.query("DELETE FROM pauses WHERE cause = ?", {cause});
}

bool paused(core::Storage& storage, std::string_view cause) {
  return !storage.query("SELECT 1 FROM pauses WHERE cause = ?", {cause}).empty();
}

}  // namespace authority
