// Whatever goes wrong, wherever: what was acknowledged is there, once, and nothing is there by half.
//
// A story is told from its beginning to its end, and told again for each place where a fault can be: the
// first statement, the second, and so on until there is none left; each commit; each effect.
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

// All of it takes minutes under sanitizers: `build/native/deputy_tests "[every place]"`.
TEST_CASE("Faults: at each statement, each commit and each effect, one after the other", "[.][every place]") {
  for (const auto& [fault, name] : kFaults) {
    const int64_t stories = tell_with(fault, name, 1, 1);
    CHECK(stories > 5);
    WARN(name << ": " << stories << " places");
  }
}

TEST_CASE("Faults: at some of the places, others in each run") {
  std::random_device random;
  for (const auto& [fault, name] : kFaults) {
    const int64_t step = fault == Fault::statement ? 25 : 5;
    CHECK(tell_with(fault, name, 1 + random() % step, step) > 0);
  }
}
