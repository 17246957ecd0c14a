// The authority against its model (tests/model), with the fuzzer choosing what happens: grants, calls that
// end or wait, answers, revocations, pauses, bounds, time, crashes.
#include "fuzz.h"
#include "world.h"

namespace {

using Kind = model::Step::Kind;

constexpr size_t kMostSteps = 80;
/// Milliseconds; below zero: around the next moment at which something changes by itself (history.h).
constexpr int64_t kWaits[] = {0,
                              0,
                              0,
                              1,
                              50,
                              999,
                              1'000,
                              60'000,
                              -1,
                              -2,
                              -3,
                              60'001,
                              59'999,
                              9 * 60'000,
                              15 * 60'000,
                              16 * 60'000,
                              3'600'000,
                              86'400'000,
                              7 * 86'400'000,
                              31 * int64_t{86'400'000}};

/// Six bytes each: what, who, where, which (two bytes), and when. So a change of a byte is a change of one
/// thing.
std::vector<model::Step> history_of(fuzz::Numbers& numbers) {
  std::vector<model::Step> history;
  while (!numbers.empty() && history.size() < kMostSteps) {
    model::Step step{static_cast<Kind>(numbers.below(static_cast<size_t>(Kind::nothing) + 1))};
    step.client = static_cast<int>(numbers.below(model::kClients));
    step.place = static_cast<int>(numbers.below(model::kPlaces));
    step.pick = numbers.of(2);
    const uint8_t when = numbers.u8();
    step.wait = kWaits[(when & 0x7f) % std::size(kWaits)];
    step.crashes = when >= 0xf0;
    history.push_back(step);
  }
  return history;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static model::World world;
  fuzz::Numbers numbers(fuzz::text_of(data, size));
  const std::vector<model::Step> history = history_of(numbers);
  if (history.empty()) return 0;
  const auto problem = world.run(history, 1);
  if (!problem) return 0;
  std::string told;
  for (size_t i = 0; i <= problem->step; ++i)
    told += "\n  " + std::to_string(i + 1) + ". " + model::describe(history[i]);
  fuzz::broken(problem->what, told);
}
