// What the authority promises, shown on random histories: `authority_model --help`.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "authority/approvals.h"
#include "authority/schema.h"
#include "authority/usage.h"
#include "edges.h"
#include "world.h"

namespace {

using namespace model;

constexpr std::string_view kHelp = R"(authority_model [options]

Runs random histories of a person and their deputies against a small model of what must happen, and shows a
history that fails as short as it can be made.

  --steps N     of all histories together (1000000)
  --length N    steps of one history (500)
  --seed N      of the first history; the others have the numbers after it (the time, if not given)
  --first       ends with the first claim that fails, and does not look for a shorter history
  --threads N   (as many as there are processors)
  --seen        how often each thing was seen
  --help        this text
)";

struct Options {
  uint64_t steps = 1'000'000;
  uint64_t length = 500;
  uint64_t seed = 0;
  uint64_t threads = 0;
  bool seen = false;
  bool first = false;
};

/// One line for each claim, which scripts/test.js counts.
bool claim(std::string_view what, bool holds) {
  std::cout << (holds ? "ok     " : "FAILED ") << what << '\n';
  return holds;
}

// ---- Histories ----

struct Failure {
  uint64_t seed;
  std::vector<Step> history;
  World::Problem problem;
};

/// Drops steps as long as it still fails: first many at once, at last one by one. Not for longer than a
/// minute.
void shrink(World& world, Failure& failure) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const auto late = [&] { return std::chrono::steady_clock::now() > until; };
  failure.history.resize(failure.problem.step + 1);
  for (size_t size = failure.history.size() / 2; size > 0;) {
    bool shorter = false;
    for (size_t at = 0; at < failure.history.size() && !late();) {
      std::vector<Step> candidate = failure.history;
      const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
      candidate.erase(from, from + static_cast<std::ptrdiff_t>(std::min(size, candidate.size() - at)));
      const auto problem = world.run(candidate, failure.seed);
      if (problem) {
        candidate.resize(problem->step + 1);
        failure.history = std::move(candidate);
        failure.problem = *problem;
        shorter = true;
      } else {
        at += size;
      }
    }
    if (!shorter || size > 1 || late()) size /= 2;
  }
  for (Step& step : failure.history) {
    // Neither a crash nor a wait that is not needed.
    for (const auto simpler : {+[](Step& s) { s.crashes = false; }, +[](Step& s) { s.wait = 0; }}) {
      const Step before = step;
      simpler(step);
      const auto problem = world.run(failure.history, failure.seed);
      if (problem && problem->step + 1 == failure.history.size()) {
        failure.problem = *problem;
      } else {
        step = before;
      }
    }
  }
}

/// `as_found`: too long to be read.
enum class Length { shortest, as_found };
void show(const Failure& failure, Length length) {
  if (length == Length::as_found) {
    std::cout << "A history fails, seed " << failure.seed << ", step " << failure.problem.step + 1 << "\n  "
              << failure.problem.what << '\n';
    return;
  }
  std::cout << "\nA history fails, seed " << failure.seed << ", as short as it gets:\n";
  for (size_t i = 0; i < failure.history.size(); ++i)
    std::cout << "  " << i + 1 << ". " << describe(failure.history[i]) << '\n';
  std::cout << "  " << failure.problem.what << "\n\n";
}

/// What a million steps must have come across, or they show less than they say.
constexpr std::string_view kMustBeSeen[] = {"allowed",
                                            "grant_revoked",
                                            "grant_expired",
                                            "grant_replaced",
                                            "scope_declined",
                                            "scope_never_asked",
                                            "tool_not_allowed",
                                            "paused",
                                            "invalid_cost",
                                            "nothing_allowed",
                                            "over_limit",
                                            "limit_reached",
                                            "over_ceiling",
                                            "ceiling_reached",
                                            "approval_refused",
                                            "approval_required",
                                            "crashes",
                                            "revoke",
                                            "expire",
                                            "replace",
                                            "replaced",
                                            "ended with effects in flight",
                                            "effects that take time",
                                            "waits for the client",
                                            "a yes was used",
                                            "approved",
                                            "refused",
                                            "stopped",
                                            "abandoned",
                                            "went on too late",
                                            "more questions than may wait"};

bool histories(const Options& options) {
  const uint64_t count = (options.steps + options.length - 1) / options.length;
  const uint64_t threads =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  std::atomic<uint64_t> next = 0;
  std::mutex mutex;
  std::optional<Failure> failure;
  Seen seen;
  const auto work = [&] {
    World world;
    while (true) {
      const uint64_t index = next++;
      if (index >= count) break;
      if (const uint64_t done = index * options.length; done % 100'000 == 0 && done > 0) {
        const std::lock_guard lock(mutex);
        std::cout << done << " steps" << std::endl;
      }
      const uint64_t seed = options.seed + index;
      Random random(seed);
      const std::vector<Step> history = random_history(random, options.length);
      if (const auto problem = world.run(history, seed)) {
        const std::lock_guard lock(mutex);
        next = count;
        if (!failure) failure = {seed, history, *problem};
      }
    }
    const std::lock_guard lock(mutex);
    for (const auto& [what, times] : world.seen) seen[what] += times;
  };
  std::vector<std::thread> pool;
  for (uint64_t i = 0; i < threads; ++i) pool.emplace_back(work);
  for (std::thread& thread : pool) thread.join();

  if (failure) {
    World world;
    if (!options.first) shrink(world, *failure);
    show(*failure, options.first ? Length::as_found : Length::shortest);
  }
  if (options.seen) {
    for (const auto& [what, times] : seen) std::cout << "  " << what << ": " << times << '\n';
  }
  bool all = claim(std::to_string(count * options.length) + " steps in " + std::to_string(count) +
                       " random histories come out as the model says",
                   !failure);
  if (options.steps >= 1'000'000 && !failure) {
    std::string missing;
    for (const std::string_view what : kMustBeSeen) {
      if (seen[std::string(what)] < 100) missing.append(missing.empty() ? "" : ", ").append(what);
    }
    all &= claim(
        "all that can happen was seen a hundred times" + (missing.empty() ? "" : ", but not " + missing),
        missing.empty());
  }
  return all;
}

// ---- Decisions alone ----

/// Terms, standing and actions of all kinds, also those that no history leads to.
bool decisions(const Options& options) {
  Random random(options.seed);
  const uint64_t count = options.steps / 5;
  const std::string what = std::to_string(count) + " decisions alone come out as the model says";
  for (uint64_t i = 0; i < count; ++i) {
    const Choice choice = choice_of(random.next(), 1000);
    const authority::Terms terms{authority::kStates[random.below(random.one_in(4) ? 5 : 1)], choice.scopes,
                                 choice.requested, choice.bounds};
    const int64_t now = 1000 + random.of({int64_t{0}, int64_t{999}, int64_t{1000}, int64_t{1001}, 3 * kHour});
    authority::Standing standing;
    if (random.one_in(4)) standing.pauses = {random.of({"demo", "human"})};
    if (random.one_in(8)) standing.pauses = {"demo", "human"};
    standing.ceilings = ceilings_of(random.next());
    const auto fill = [&](const std::vector<authority::Limit>& limits) {
      std::vector<authority::Used> used;
      for (const authority::Limit& limit : limits) {
        // What is used of another measure or period says nothing of this one.
        if (random.one_in(6)) used.push_back({limit.measure, authority::Period::month, 1'000'000, 0, {}});
        if (random.one_in(6)) used.push_back({"another", limit.per, 1'000'000, 0, {}});
        if (limit.per == authority::Period::action)
          used.push_back({limit.measure, limit.per, limit.most, 1, {}});
        if (limit.per == authority::Period::action || random.one_in(4)) continue;
        const int64_t settled = static_cast<int64_t>(random.below(static_cast<uint64_t>(limit.most) + 2));
        used.push_back({limit.measure, limit.per, settled, random.of({0, 1, 3}), core::Instant{now + 5}});
      }
      return used;
    };
    standing.used = fill(terms.bounds.limits);
    standing.used_by_all = fill(standing.ceilings);
    const Deed deed = deed_of(random.next());
    authority::Action action = deed.action;
    action.costs = deed.costs;
    if (random.one_in(5)) action.costs = {{"calls", 1}};
    action.approval = random.of({authority::Action::Approval::none, authority::Action::Approval::given,
                                 authority::Action::Approval::refused});
    const auto look_up = [](const std::vector<authority::Used>& all) {
      return [&all](const authority::Limit& limit) {
        for (const authority::Used& used : all) {
          if (used.measure == limit.measure && used.per == limit.per) return used;
        }
        return authority::Used{limit.measure, limit.per};
      };
    };
    const View view{standing.pauses, standing.ceilings, look_up(standing.used),
                    look_up(standing.used_by_all)};
    const std::string real = in_words(authority::decide(terms, standing, action, core::Instant{now}));
    const std::string expected = in_words(decide(terms, view, action, now));
    if (real != expected) {
      std::cout << "decides " << real << "\n  expected " << expected << '\n';
      return claim(what, false);
    }
  }
  return claim(what, true);
}

// ---- Side by side ----

/// A person with one deputy, and steps on their object.
class Deputy {
 public:
  explicit Deputy(authority::Bounds bounds) {
    storage_.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    authority::migrate(storage_, 0);
    authority::Grant grant;
    grant.id = "g1";
    grant.terms = {authority::State::active, {"shop:buy"}, {"shop:buy"}, std::move(bounds)};
    authority::add_grant(storage_, grant);
  }

  /// A step of a purchase: `ticket` of the one before, and afterwards for the one after it.
  enum class Then { waits, ends };
  authority::Decision purchase(std::string& ticket, Then then) {
    core::Context step = context();
    const authority::Grant grant = *authority::find_grant(storage_, "g1");
    authority::Desk desk(step, notary_, grant, {"person", "g1", "client", "", "modern"});
    authority::Use use = authority::Use::decode(ticket);
    const authority::Action action{"buy", "shop:buy"};
    authority::Decision decision = desk.admit(use, subject_, action, "{}", {});
    if (decision.outcome != authority::Outcome::allow) return decision;
    authority::Question question;
    question.tool = "buy";
    question.costs = {{"orders", 1}};
    decision = desk.charge(use, action, question).decision;
    if (decision.outcome == authority::Outcome::allow && then == Then::waits) {
      desk.waits(use, subject_, authority::Desk::For::effect);
    } else {
      desk.end(use, subject_, authority::Desk::End::done);
    }
    ticket = use.encode();
    return decision;
  }
  void approve() {
    core::Context step = context();
    for (const authority::Approval& approval : authority::list_approvals(storage_, 1, step.now))
      authority::answer(step, approval.id, authority::Verdict::approve);
  }
  int64_t settled() {
    return authority::used_of(storage_, "g1", {{"orders", 0, authority::Period::week}}, context().now)[0]
        .settled;
  }

 private:
  core::Context context() {
    entropy_.emplace(crypto_, crypto_.sha256(std::to_string(++steps_)));
    return core::Context{core::Instant{1'790'000'000'000}, *entropy_, crypto_, &storage_};
  }

  Storage storage_;
  Crypto crypto_;
  authority::Notary notary_{"https://shop.example", "wasm",
                            std::make_shared<core::Signer>(crypto_, std::string(32, 's'))};
  authority::Subject subject_{"tools/call", "buy"};
  std::optional<core::Entropy> entropy_;
  int steps_ = 0;
};

bool side_by_side() {
  constexpr int kCalls = 200;
  using authority::Period;
  authority::Bounds ten;
  ten.limits = {{"calls", 1000, Period::minute}, {"orders", 10, Period::week}};
  Deputy limited(ten);
  std::vector<std::string> tickets(kCalls);
  int begun = 0, ended = 0;
  for (std::string& ticket : tickets) {
    if (limited.purchase(ticket, Deputy::Then::waits).outcome == authority::Outcome::allow) {
      ++begun;
    } else {
      ticket.clear();
    }
  }
  for (std::string& ticket : tickets) {
    if (ticket.empty()) continue;
    if (limited.purchase(ticket, Deputy::Then::ends).outcome == authority::Outcome::allow) ++ended;
  }
  const bool exactly = begun == 10 && ended == 10 && limited.settled() == 10;
  bool all =
      claim("of 200 purchases side by side a limit of 10 lets through " + std::to_string(ended), exactly);

  authority::Bounds ask;
  ask.limits = {{"calls", 1000, Period::minute}, {"orders", 1000, Period::week}};
  ask.ask_above = {{"orders", 0}};
  Deputy asking(ask);
  std::string first;
  asking.purchase(first, Deputy::Then::ends);
  asking.approve();
  int let_through = 0;
  for (int i = 0; i < kCalls; ++i) {
    std::string ticket;
    if (asking.purchase(ticket, Deputy::Then::waits).outcome == authority::Outcome::allow) ++let_through;
  }
  return claim("of 200 uses of one approval there is " + std::to_string(let_through), let_through == 1) &&
         all;
}

bool edges() {
  std::string problem;
  try {
    check_edges();
  } catch (const std::exception& error) {
    problem = std::string(": ") + error.what();
  }
  return claim("everything counts to the millisecond" + problem, problem.empty());
}

uint64_t number(const char* text) {
  return text ? std::strtoull(text, nullptr, 10) : 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  options.seed = static_cast<uint64_t>(since_1970 / std::chrono::milliseconds(1)) % 1'000'000'000;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = arguments[i];
    const char* value = i + 1 < count ? arguments[i + 1] : nullptr;
    if (option == "--seen") {
      options.seen = true;
    } else if (option == "--first") {
      options.first = true;
    } else if (option == "--help" || !value) {
      std::cout << kHelp;
      return option == "--help" ? 0 : 2;
    } else {
      ++i;
      if (option == "--steps") options.steps = number(value);
      if (option == "--length") options.length = std::max<uint64_t>(number(value), 1);
      if (option == "--seed") options.seed = number(value);
      if (option == "--threads") options.threads = number(value);
    }
  }
  std::cout << "seed " << options.seed << std::endl;
  bool all = true;
  for (const auto part : {+[](const Options&) { return side_by_side(); },
                          +[](const Options&) { return edges(); }, decisions, histories}) {
    if (all || !options.first) all &= part(options);
  }
  return all ? 0 : 1;
}
