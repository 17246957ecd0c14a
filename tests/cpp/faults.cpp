// Whatever goes wrong, wherever: what was acknowledged is there, once, and nothing is there by half.
//
// A story is told from its beginning to its end, and told again for each place where a fault can be: the
// first statement, the second, and so on until there is none left; each commit; each effect.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "story.h"

using namespace testing;

TEST_CASE("Faults: without any, the story ends well") {
  Story story;
  story.tell();
  story.check_end();
}

namespace {

/// Tells the story with the fault at the `first` place, and then at each `step` places, until there is none
/// left. Gives how often that was.
int64_t tell_with(Fault fault, const std::string& name, int64_t first, int64_t step) {
  int64_t stories = 0;
  for (int64_t place = first;; place += step, ++stories) {
    CAPTURE(name, place);
    Story story(fault, place);
    story.tell();
    if (!story.host.chances.happened) return stories;
    story.check_end();
  }
}

}  // namespace

// In each run at other places. All of them take some three minutes under sanitizers:
// `EVERY_PLACE=1 build/native/deputy_tests "Faults*"`.
TEST_CASE("Faults: at statements, commits and effects, one after the other") {
  const bool every = std::getenv("EVERY_PLACE") != nullptr;
  std::random_device random;
  for (const auto& [fault, name] : kFaults) {
    const int64_t step = every ? 1 : fault == Fault::statement ? 25 : 5;
    const int64_t stories = tell_with(fault, name, 1 + random() % step, step);
    CHECK(stories > (every ? 5 : 0));
    if (every) WARN(name << ": " << stories << " places");
  }
}

// ---- In another order ----

namespace {

/// Two calls of the same purchase, whose tokens are being checked; the delivery of an earlier order, which is
/// on its way; and a revocation. `order` says whose turn it is: a call begins and goes on.
void interleave(const std::vector<int>& order) {
  constexpr int kRevocation = 2, kDelivery = 3;
  Story story;
  story.appoint();
  story.sign_in();
  story.buy("earlier");
  story.host.now = *story.host.stored_alarm;
  story.host.restart();  // tokens are checked anew
  const core::Outcome delivery = story.host.begin(core::Alarm{});
  std::map<int, core::Outcome> begun;
  bool revoked = false;
  const auto answered = [&](const core::Outcome& outcome) {
    const core::Response& answer = std::get<core::Respond>(outcome).response;
    CHECK(story.placed("twice", answer) == !revoked);
    if (revoked) CHECK(answer.status == 401);
  };
  for (const int who : order) {
    if (who == kRevocation) {
      story.revoke();
      revoked = true;
    } else if (who == kDelivery) {
      story.host.go_on(delivery);
    } else if (!begun.contains(who)) {
      const auto& [call, outcome] =
          *begun.emplace(who, story.host.begin(core::PrincipalRequest{story.buy_request("twice")})).first;
      // The other one has been through: the token is known.
      if (std::holds_alternative<core::Respond>(outcome)) answered(outcome);
    } else if (std::holds_alternative<core::Await>(begun.at(who))) {
      answered(story.host.go_on(begun.at(who)));
    }
  }
  story.host.pass(core::minutes(20));
  story.check();
  CHECK(story.number("SELECT count(*) FROM orders") == static_cast<int64_t>(story.bought.size()));
  CHECK(story.host.kv["ORDERS"].size() == story.bought.size());
  CHECK(story.number("SELECT count(*) FROM deliveries") == 0);
}

}  // namespace

TEST_CASE("Faults: two calls, a delivery and a revocation in every order") {
  std::vector<int> order = {0, 0, 1, 1, 2, 3};
  int64_t orders = 0;
  do {
    // The two calls are alike: one of them begins first.
    if (std::find(order.begin(), order.end(), 0) > std::find(order.begin(), order.end(), 1)) continue;
    CAPTURE(order);
    interleave(order);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 90);
}
