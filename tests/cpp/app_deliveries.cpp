// The alarm of the whole application: copies that leave, and what becomes of them.
#include "app_support.h"
#include "core/outbox.h"

using namespace testing;

namespace {

/// A copy that is due.
struct Due : AppHost {
  Due() {
    core::Entropy entropy(crypto, std::string(32, 'e'));
    core::Context context{now, entropy, crypto, &storage};
    core::enqueue(context, "key", "value", now + core::days(1));
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
