// What an object does when it wakes up.
#include "app_support.h"

using namespace testing;

namespace {

/// Something that one deputy had held until now.
void hold(AppHost& host) {
  host.storage.query(
      "INSERT INTO held (use_id, measure, grant_id, amount, at, held_until) VALUES ('use', 'usd', 'grant', "
      "1, 0, ?)",
      {host.now.milliseconds});
}
bool holds(AppHost& host) {
  return !host.storage.query("SELECT 1 FROM held").empty();
}

}  // namespace

TEST_CASE("Wake: without its settings an object does not start, and says why") {
  json variables = shop_variables();
  variables.erase("AUTHORITY_SECRET");
  AppHost host(variables);
  host.log.clear();
  CHECK(response_of(host.in_object(core::Wake{})).status == 503);
  REQUIRE(host.log.size() == 1);
  CHECK(json::parse(host.log[0])["reason"] == "not_configured");
  CHECK(host.storage.filled_tables().empty());
}

TEST_CASE("Wake: what counts for nothing any more is forgotten once a day") {
  AppHost host;
  const int64_t day = core::days(1).milliseconds;
  host.now = core::Instant{(host.now.milliseconds / day + 1) * day};
  for (int time = 0; time < 2; ++time) {
    hold(host);
    host.in_object(core::Wake{});
    CHECK_FALSE(holds(host));
    hold(host);
    host.now = host.now + core::milliseconds(day - 1);
    host.in_object(core::Wake{});
    CHECK(holds(host));
    host.storage.query("DELETE FROM held");
    host.now = host.now + core::milliseconds(1);
  }
}
