// The alarm of the whole application: what leaves, and what becomes of it.
#include "app_support.h"
#include "core/outbox.h"

using namespace testing;

namespace {

/// A delivery that is due.
struct Due : AppHost {
  explicit Due(const core::Outgoing& outgoing = core::OutgoingCopy{"ORDERS", "key", "value"}) {
    core::Entropy entropy(crypto, std::string(32, 'e'));
    core::Context context{now, entropy, crypto, &storage};
    core::enqueue(context, outgoing, now + core::days(1));
    now = now + core::kBatchDelay;
  }
};

}  // namespace

TEST_CASE("Deliveries: what has arrived is not delivered again") {
  Due host;
  const core::Outcome delivery = host.in_object(core::Alarm{});
  CHECK(effect_of<core::PutCopy>(delivery).key == "key");
  host.resume_in_object(await_of(delivery), {succeeded()});
  CHECK_FALSE(core::next_due(host.storage));
  CHECK_FALSE(host.alarm);
}

TEST_CASE("Deliveries: what has not arrived is tried again") {
  Due host;
  const core::Outcome delivery = host.in_object(core::Alarm{});
  host.resume_in_object(await_of(delivery), {failed()});
  CHECK(core::next_due(host.storage) == host.now + core::kFirstRetry);
  CHECK(host.alarm == core::next_due(host.storage));
}

TEST_CASE("Deliveries: each has its own result") {
  Due host;
  core::Entropy entropy(host.crypto, std::string(32, 'e'));
  core::Context context{host.now, entropy, host.crypto, &host.storage};
  core::enqueue(context, core::OutgoingDelete{"ORDERS", "other"}, host.now + core::days(1));
  core::enqueue(context, core::OutgoingPost{"https://hooks.example/", {}, "{}"}, host.now + core::days(1));
  host.now = host.now + core::kBatchDelay;
  const core::Outcome delivery = host.in_object(core::Alarm{});
  const std::vector<core::Effect>& effects = await_of(delivery).effects;
  REQUIRE(effects.size() == 3);
  CHECK(std::get<core::PutCopy>(effects[0]).binding == "ORDERS");
  CHECK(std::get<core::DeleteCopy>(effects[1]).key == "other");
  CHECK(std::get<core::Fetch>(effects[2]).url == "https://hooks.example/");
  host.resume_in_object(await_of(delivery), {succeeded(), failed(), succeeded("", 204)});
  host.now = host.now + core::kFirstRetry;
  CHECK(effect_of<core::DeleteCopy>(host.in_object(core::Alarm{})).key == "other");
}

TEST_CASE("Deliveries: what an older version has left leaves when the object wakes") {
  AppHost host;
  host.storage.query(
      "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value TEXT NOT NULL,"
      " expires_at INTEGER NOT NULL, due_at INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0)");
  host.storage.query("INSERT INTO outbox (key, value, expires_at, due_at) VALUES ('key', 'value', ?, ?)",
                     {host.now.milliseconds + 60'000, host.now.milliseconds});
  host.in_object(core::Wake{});
  CHECK(host.alarm == host.now);
  CHECK(effect_of<core::PutCopy>(host.in_object(core::Alarm{})).binding == "ORDERS");
}
