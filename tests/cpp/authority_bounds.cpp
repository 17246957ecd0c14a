// Bounds as JSON and in words.

#include "authority/bounds.h"

#include <regex>

#include "authority_support.h"

using namespace testing;
using authority::Bounds;

namespace {

std::variant<Bounds, std::string> read(const json& bounds) {
  core::JsonGate gate;
  const std::string text = bounds.dump();
  return authority::read_bounds(gate.parse(text).root, kMeasures);
}

std::string problem(const json& bounds) {
  const auto result = read(bounds);
  const std::string* text = std::get_if<std::string>(&result);
  return text ? *text : "";
}

const json kAll = {{"tools", {"look", "buy"}},
                   {"limits",
                    {{{"measure", "calls"}, {"most", 60}, {"per", "minute"}},
                     {{"measure", "orders"}, {"most", 1}, {"per", "day"}},
                     {{"measure", "EUR"}, {"most", 5000}, {"per", "week"}}}},
                   {"ask_above", {{{"measure", "EUR"}, {"amount", 2005}}}},
                   {"expires_at", 1'790'000'000'000},
                   {"until_sign_out", true}};

authority::Vocabulary vocabulary() {
  using Opens = authority::Vocabulary::Scope::Opens;
  return {kMeasures,
          {{"read", "look at things", Opens::more}, {"buy", "buy things"}},
          {{"look", "Look around", "read"}, {"buy", "Buy a thing", "buy"}}};
}

/// What a reader understands of a sentence: the same limits, or the sentence does not tell all.
std::vector<Limit> limits_of(const std::string& sentence) {
  std::vector<Limit> limits;
  std::smatch part;
  if (!std::regex_search(sentence, part, std::regex(R"(At most (.*?[a-z])\.( |$))"))) return limits;
  const std::string text = part[1];
  const std::regex one(
      R"((no|[\d,]+(?:\.\d\d)?) (\w+) (at once|a minute|an hour|in any 24 hours|in any 7 days|in any 30 days))");
  for (std::sregex_iterator it(text.begin(), text.end(), one), end; it != end; ++it) {
    Limit limit;
    const std::string unit = (*it)[2], period = (*it)[3];
    for (const authority::Measure& measure : kMeasures) {
      if (unit != measure.one && unit != measure.many) continue;
      limit.measure = measure.name;
      std::string digits = (*it)[1];
      std::erase_if(digits, [](char c) { return c == '.' || c == ','; });
      limit.most = digits == "no" ? 0 : std::stoll(digits);
    }
    for (Period per :
         {Period::action, Period::minute, Period::hour, Period::day, Period::week, Period::month}) {
      if (period == authority::in_words(per)) limit.per = per;
    }
    limits.push_back(limit);
  }
  return limits;
}

}  // namespace

TEST_CASE("Bounds: what is written is read as it was, and is canonical") {
  const auto bounds = std::get<Bounds>(read(kAll));
  CHECK(json::parse(authority::bounds_json(bounds)) == kAll);
  CHECK(authority::stored_bounds(authority::bounds_json(bounds)) == bounds);
  core::JsonGate gate;
  const std::string text = authority::bounds_json(bounds);
  CHECK(core::canonical_json(gate.parse(text).root) == text);
  CHECK(authority::stored_bounds("nonsense") == Bounds());
}

TEST_CASE("Bounds: what cannot be is refused with a sentence that says what") {
  const auto with = [](const std::string& path, const json& value) {
    json bounds = kAll;
    bounds[json::json_pointer(path)] = value;
    return bounds;
  };
  CHECK(problem(kAll) == "");
  CHECK(problem(json::array()) == "bounds must be an object");
  CHECK(problem(with("/more", 1)) == "bounds have no \"more\"");
  CHECK(problem(with("/limits", 1)) == "limits must be a list");
  CHECK(problem(with("/limits/1/measure", "hats")) == "limits cannot be about \"hats\"");
  CHECK(problem(with("/limits/1/per", "year")) == "the limit of orders needs another period");
  CHECK(problem(with("/limits/1/per", "minute")) == "the limit of orders needs another period");
  CHECK(problem(with("/limits/0/per", "week")) == "the limit of calls needs another period");
  CHECK(problem(with("/limits/1/most", -1)) == "the limit of orders must be an integer from 0");
  CHECK(problem(with("/limits/1/most", 1.5)) == "the limit of orders must be an integer from 0");
  CHECK(problem(with("/limits/1/most", authority::kMaxAmount)) == "");
  CHECK(problem(with("/limits/1/most", authority::kMaxAmount + 1)) ==
        "the limit of orders must be an integer from 0");
  CHECK(problem(with("/limits/1", kAll["limits"][2])) == "there are two limits of one kind");
  CHECK(problem(with("/tools", "look")) == "tools must be null or a list of at most 100 names");
  CHECK(problem(with("/tools", {1})) == "tools must be null or a list of names");
  CHECK(problem(with("/tools", nullptr)) == "");
  CHECK(problem(with("/tools", json(std::vector<std::string>(authority::kMaxTools, "t")))) == "");
  CHECK(problem(with("/tools", json(std::vector<std::string>(authority::kMaxTools + 1, "t")))) ==
        "tools must be null or a list of at most 100 names");
  CHECK(problem(with("/limits", json(std::vector<json>(authority::kMaxLimits + 1, kAll["limits"][0])))) ==
        "there are at most 32 limits");
  CHECK(problem(with("/ask_above/0/measure", "hats")) == "ask_above cannot be about \"hats\"");
  CHECK(problem(with("/ask_above/0/amount", "20")) == "ask_above of EUR must be an integer from 0");
  CHECK(problem(with("/expires_at", "soon")) == "expires_at must be null or milliseconds since 1970");
  CHECK(problem(with("/until_sign_out", 1)) == "until_sign_out must be true or false");
}

TEST_CASE("Sentence: it says all that the decision reads, in plain words") {
  const Bounds bounds = std::get<Bounds>(read(kAll));
  CHECK(authority::sentence(vocabulary(), {"read", "buy"}, bounds) ==
        "It may look at things, and buy things. Its only tools are \"Look around\" and \"Buy a thing\". At "
        "most 60 calls a minute, "
        "1 order in any 24 hours and 50.00 EUR in any 7 days. No items. It asks you before more than 20.05 "
        "EUR at once. It ends on 2026-09-21 at 14:13 UTC, or when you sign out.");
  CHECK(authority::sentence(vocabulary(), {}, Bounds()) ==
        "It may do nothing. No calls, no orders, no items and no EUR. It ends when you end it.");
}

TEST_CASE("Sentence: a million looks like one") {
  Bounds bounds;
  bounds.limits = {{"calls", 1'000'000, Period::minute},
                   {"orders", 1'000, Period::week},
                   {"items", 999, Period::week},
                   {"EUR", 123'456'789, Period::week}};
  CHECK(authority::sentence(vocabulary(), {"read"}, bounds) ==
        "It may look at things. At most 1,000,000 calls a minute, 1,000 orders in any 7 days, 999 items in "
        "any 7 days and 1,234,567.89 EUR in any 7 days. It ends when you end it.");
}

TEST_CASE("Sentence: who wants to be asked for everything reads so") {
  Bounds bounds;
  bounds.ask_above = {{"EUR", 0}, {"orders", 0}, {"items", 1}};
  const std::string text = authority::sentence(vocabulary(), {"read"}, bounds);
  CHECK(text.find("It asks you before any EUR. It asks you before any order. It asks you before more than 1 "
                  "item at once.") != std::string::npos);
}

TEST_CASE("Sentence: it names no scope of which nothing is left") {
  const auto begins = [](std::vector<std::string> tools) {
    Bounds bounds;
    bounds.tools = std::move(tools);
    const std::string text = authority::sentence(vocabulary(), {"read", "buy"}, bounds);
    return text.substr(0, text.find(" No calls"));
  };
  CHECK(begins({"look"}) == "It may look at things. Its only tool is \"Look around\".");
  // There is more to look at than that tool shows.
  CHECK(begins({"buy"}) == "It may look at things, and buy things. Its only tool is \"Buy a thing\".");
  CHECK(begins({}) == "It may look at things. It has no tools.");
  CHECK(begins({"gone"}) == "It may look at things. Its only tool is \"gone\".");
}

TEST_CASE("Sentence: whoever reads it knows the limits") {
  for (const auto& [amount, per] : {std::pair<int64_t, Period>(0, Period::week),
                                    {1, Period::action},
                                    {99, Period::month},
                                    {100, Period::day},
                                    {999, Period::week},
                                    {100'000, Period::week},
                                    {1'234'567, Period::week}}) {
    Bounds bounds;
    bounds.limits = {{"calls", 5, Period::hour}, {"items", amount, per}, {"EUR", amount, per}};
    std::vector<Limit> read_again = limits_of(authority::sentence(vocabulary(), {"read"}, bounds));
    CHECK(read_again == bounds.limits);
  }
}

TEST_CASE("Refusals say which bound, what is left, when there is more, and where it can be changed") {
  authority::Decision decision{Outcome::deny,
                               Reason::limit_reached,
                               {},
                               Limit{"orders", 3, Period::week},
                               2,
                               2,
                               core::Instant{1'790'000'000'000}};
  CHECK(authority::refusal(vocabulary(), decision, "buy", "https://shop.example/authority") ==
        "This takes 2 orders. Your human allows you at most 3 orders in any 7 days, and 1 order is left. "
        "There is more from 2026-09-21T14:13:20.000Z on. They can change that at "
        "https://shop.example/authority.");
  decision = {Outcome::deny, Reason::nothing_allowed, {}, Limit{"EUR"}, 0, 4500, {}};
  CHECK(authority::refusal(vocabulary(), decision, "buy", "https://shop.example/authority") ==
        "This takes 45.00 EUR, and your human has allowed you 0.00 EUR. They can change that at "
        "https://shop.example/authority.");
}
