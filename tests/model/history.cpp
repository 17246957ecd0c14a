#include "history.h"

#include <array>

#include "core/json.h"

namespace model {

namespace {

using authority::Period;
using Kind = Step::Kind;

struct Weight {
  Kind kind;
  std::string_view name;
  uint64_t weight;
};
constexpr std::array<Weight, 18> kWeights = {{
    {Kind::authorise, "authorise", 40},
    {Kind::use, "use", 200},
    {Kind::begin, "begin", 150},
    {Kind::go_on, "go on", 230},
    {Kind::stop, "stop", 20},
    {Kind::again, "again", 80},
    {Kind::many, "many", 1},
    {Kind::answer, "answer", 110},
    {Kind::revoke, "revoke", 8},
    {Kind::revoke_all, "revoke all", 1},
    {Kind::pause, "pause", 10},
    {Kind::resume, "resume", 30},
    {Kind::bounds, "bounds", 35},
    {Kind::ceilings, "ceilings", 14},
    {Kind::alarm, "alarm", 50},
    {Kind::forget, "forget", 20},
    {Kind::archive, "archive", 6},
    {Kind::nothing, "nothing", 20},
}};

int64_t random_wait(Random& random) {
  const uint64_t n = random.below(100);
  const auto up_to = [&](int64_t most) {
    return static_cast<int64_t>(random.below(static_cast<uint64_t>(most)));
  };
  if (n < 45) return 0;
  if (n < 70) return 1 + up_to(50);
  if (n < 85) return up_to(20'000);
  if (n < 90) return up_to(20 * 60'000);
  if (n < 98) return -1 - up_to(3);
  if (n < 99) return up_to(4 * 3'600'000);
  return up_to(random.one_in(9) ? int64_t{32} * 86'400'000 : int64_t{2} * 86'400'000);
}

}  // namespace

std::vector<Step> random_history(Random& random, size_t steps) {
  uint64_t total = 0;
  for (const Weight& weight : kWeights) total += weight.weight;
  std::vector<Step> history;
  for (size_t i = 0; i < steps; ++i) {
    Step step{Kind::authorise, static_cast<int>(i), 0, random.next(), 0, false};
    if (i >= kClients) {
      uint64_t at = random.below(total);
      for (const Weight& weight : kWeights) {
        step.kind = weight.kind;
        if (at < weight.weight) break;
        at -= weight.weight;
      }
      step.client = static_cast<int>(random.below(kClients));
      step.place = static_cast<int>(random.below(kPlaces));
      step.wait = random_wait(random);
      step.crashes = random.one_in(25);
    }
    history.push_back(step);
  }
  return history;
}

std::string describe(const Step& step) {
  std::string text;
  constexpr const char* kBesides[] = {
      "", "1 ms before the next change: ", "at the next change: ", "1 ms after the next change: "};
  if (step.wait < 0) text += kBesides[-step.wait];
  if (step.wait > 0) text += std::to_string(step.wait) + " ms later: ";
  for (const Weight& weight : kWeights) {
    if (weight.kind == step.kind) text += weight.name;
  }
  text += " client " + std::to_string(step.client);
  switch (step.kind) {
    case Kind::use: text += ", " + describe(deed_of(step.pick)); break;
    case Kind::begin:
      text += ", " + describe(deed_of(step.pick)) + ", in place " + std::to_string(step.place);
      break;
    case Kind::go_on:
    case Kind::stop: text += ", in place " + std::to_string(step.place); break;
    case Kind::authorise:
    case Kind::bounds: text += ", " + authority::bounds_json(choice_of(step.pick, 0).bounds); break;
    case Kind::ceilings: text += ", " + authority::limits_json(ceilings_of(step.pick)); break;
    default: break;
  }
  return text + " (" + std::to_string(step.pick) + ")" + (step.crashes ? ", and crashes" : "");
}

Deed deed_of(uint64_t pick) {
  // Mostly one of a few, so that one question is asked again.
  Random random(pick % 4 == 0 ? pick % 997 : pick % 14);
  Deed deed;
  deed.action.tool = random.of({"buy", "buy", "buy", "look", "t\xC3\xB6\xC3\xB6l \"1\"\n\x01\x7F", ""});
  deed.action.scope = random.of({"shop:buy", "shop:buy", "shop:buy", "shop:buy", "shop:buy", "shop:buy",
                                 "shop:buy", "shop:read", "shop:admin"});
  if (random.one_in(8)) deed.action.exempt_from_pause = "demo";
  if (deed.action.tool == "look") return deed;
  const int64_t price = random.of({1, 5, 10, 10, 20, 21, 40, 0});
  deed.costs = {{"orders", 1}};
  if (random.below(4) > 0) deed.costs.push_back({"EUR", price});
  if (random.one_in(3)) deed.costs.push_back({"items", random.of({1, 2, 3})});
  if (random.one_in(12)) deed.costs.push_back({random.of({"EUR", "orders", "USD"}), price});
  if (random.one_in(40))
    deed.costs[0].amount =
        random.of({int64_t{-1}, authority::kMaxAmount, authority::kMaxAmount + 1, int64_t{0}});
  deed.address = random.of({"1 Main St", "2 Main St"});
  deed.arguments = "{\"address\":\"" + deed.address + "\"}";
  return deed;
}

std::string describe(const Deed& deed) {
  std::string text = core::json_quote(deed.action.tool) + " (" + deed.action.scope;
  if (!deed.action.exempt_from_pause.empty()) text += ", not for " + deed.action.exempt_from_pause;
  for (const authority::Cost& cost : deed.costs)
    text += ", " + std::to_string(cost.amount) + ' ' + cost.measure;
  return text + ")" + (deed.address.empty() ? "" : " to " + deed.address);
}

Choice choice_of(uint64_t pick, int64_t now) {
  Random random(pick);
  Choice choice;
  choice.requested = {"shop:read", "shop:buy"};
  choice.scopes = choice.requested;
  if (random.one_in(10)) choice.scopes = {"shop:read"};
  if (random.one_in(10)) choice.requested = choice.scopes;
  authority::Bounds& bounds = choice.bounds;
  if (random.one_in(5)) bounds.tools = {"look", "buy"};
  if (random.one_in(30)) bounds.tools = {"look"};
  if (!random.one_in(30)) bounds.limits.push_back({"calls", random.of({2, 5, 60}), Period::minute});
  if (random.one_in(3)) bounds.limits.push_back({"calls", random.of({1, 3, 10, 100}), Period::hour});
  if (!random.one_in(12))
    bounds.limits.push_back({"orders", random.of({1, 2, 5, 10}), random.of({Period::day, Period::week})});
  if (!random.one_in(12))
    bounds.limits.push_back({"EUR", random.of({20, 50, 100}), random.of({Period::week, Period::month})});
  if (random.one_in(2)) bounds.limits.push_back({"EUR", random.of({10, 20, 40}), Period::action});
  if (!random.one_in(5)) bounds.limits.push_back({"items", random.of({2, 5, 20}), Period::week});
  if (random.one_in(5)) bounds.limits.push_back({"USD", 100, Period::day});
  if (!random.one_in(3)) bounds.ask_above.push_back({"EUR", random.of({0, 4, 9, 20})});
  if (random.one_in(8)) bounds.ask_above.push_back({"items", random.of({1, 2})});
  if (random.one_in(20)) bounds.ask_above.push_back({"orders", 0});
  if (random.one_in(7)) {
    bounds.expires_at = core::Instant{
        now + random.of({int64_t{1'000}, int64_t{120'000}, int64_t{3'600'000}, int64_t{5} * 86'400'000})};
  }
  bounds.until_sign_out = random.one_in(6);
  return choice;
}

std::vector<authority::Limit> ceilings_of(uint64_t pick) {
  Random random(pick);
  std::vector<authority::Limit> limits;
  // In the order of their names, as they are looked at.
  if (random.one_in(3)) limits.push_back({"EUR", random.of({9, 20, 39}), Period::action});
  if (random.one_in(2))
    limits.push_back({"EUR", random.of({30, 100, 200}), random.of({Period::week, Period::month})});
  if (random.one_in(6)) limits.push_back({"items", random.of({3, 10}), Period::week});
  if (random.one_in(2)) limits.push_back({"orders", random.of({2, 6, 20}), Period::day});
  return limits;
}

}  // namespace model
