// The application's steps in a principal's object that no client asks for.
#include "app_support.h"
#include "shop/outbox.h"

using namespace testing;

TEST_CASE("the alarm delivers what is due, and what was delivered is not delivered again") {
  AppHost host;
  core::Entropy entropy(host.crypto, std::string(32, 'e'));
  core::Context step{host.now, entropy, host.crypto, &host.storage};
  shop::enqueue(step, "order:a:1", "{}", host.now + core::days(30));
  host.now = host.now + core::seconds(1);
  const core::Outcome due = host.in_object(core::Alarm{});
  CHECK(effect_of<core::PutOrder>(due).key == "order:a:1");

  SECTION("delivered") {
    host.resume_in_object(await_of(due), {succeeded()});
    CHECK_FALSE(shop::next_due(host.storage));
    CHECK_FALSE(host.alarm);
  }
  SECTION("failed, and tried again later") {
    host.resume_in_object(await_of(due), {failed()});
    CHECK(shop::next_due(host.storage) > host.now);
    CHECK(host.alarm == shop::next_due(host.storage));
  }
}

TEST_CASE("a flow that was lost without a continuation troubles nobody") {
  AppHost host;
  for (const std::string& continuation : {std::string(), std::string("\x07"), std::string("\x07garbage")}) {
    CHECK_NOTHROW(host.in_object(core::Lost{continuation}));
  }
}
