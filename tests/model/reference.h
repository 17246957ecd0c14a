// The authority as the issue and the headers of wasm/authority tell it, in plain data and without SQL: what
// the real one is compared with, step by step. It is slow, short, and knows nothing of how the other one
// works.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "authority/decide.h"

namespace model {

/// Milliseconds, as moments and as lengths of time.
using Ms = int64_t;
inline constexpr Ms kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

/// How things stand for one decision: what is used of a limit, of one grant and of all.
struct View {
  std::vector<std::string> pauses;
  std::vector<authority::Limit> ceilings;
  std::function<authority::Used(const authority::Limit&)> of_grant, of_all;
};
/// An action costs what its costs come to together, however they are listed.
authority::Decision decide(const authority::Terms& terms, const View& view, const authority::Action& action,
                           Ms now);

struct Hour {
  int64_t calls = 0, effects = 0, denials = 0;
};

struct Grant {
  authority::Terms terms;
  std::set<std::string> pauses;
  std::vector<Ms> calls;
  std::map<Ms, Hour> hours;
  /// Once it has ended: entries of the effects that were in flight then, and of those that have ended since.
  std::set<int64_t> in_flight, ended;
};

struct Charge {
  std::string use, grant, measure;
  int64_t amount;
  Ms at;
  /// Nothing: settled.
  std::optional<Ms> held_until;
};

struct Yes {
  std::string id, grant;
  /// All that the human is shown.
  std::string about;
  enum class State { waiting, approved, refused, used, over } state;
  Ms asked_at, expires_at;
  std::string used_by;
};

/// A use that goes on in a later step.
struct Waiting {
  std::string grant;
  int64_t began;
  bool in_flight;
  Ms expires_at;
};

struct Refusals {
  int64_t more;
  Ms until;
};

/// All of it is a value: a step that crashes is taken back by a copy.
struct Reference {
  std::map<std::string, Grant> grants;
  std::set<std::string> pauses_of_all;
  std::vector<authority::Limit> ceilings;
  std::vector<Charge> charges;
  std::vector<Yes> questions;
  std::map<std::string, Waiting> uses;
  /// By grant, name and reason.
  std::map<std::tuple<std::string, std::string, std::string>, Refusals> denials;

  /// `use`: whose own charge does not count.
  View view(const std::string& grant, const std::string& use, Ms now) const;
  /// Of one grant, or of all where it is empty.
  authority::Used used(const std::string& grant, const authority::Limit& limit, const std::string& use,
                       Ms now) const;

  /// False where it had ended before.
  bool end(const std::string& grant, authority::Event event);
  void replace(const std::string& old, const std::string& by, Ms now);

  void hold(const std::string& use, const std::string& grant, const std::vector<authority::Cost>& costs,
            Ms now);
  /// What counts for good counts from now on.
  void settle(const std::string& use, Ms now);
  void release(const std::string& use);
  void keep_holding(const std::string& use, Ms now);
  void call(const std::string& grant, Ms now);

  authority::Action::Approval answer(const std::string& grant, const std::string& about,
                                     const std::string& use, Ms now) const;
  void redeem(const std::string& grant, const std::string& about, const std::string& use, Ms now);
  const Yes* waiting(const std::string& grant, const std::string& about, Ms now) const;
  void ask(const std::string& grant, const std::string& about, const std::string& id, Ms now);

  /// A use that waits is over. The entry that it began with; 0 where there is no such use.
  int64_t over(const std::string& use);
  /// What is over by itself at `now`: of the charges, what nothing looks back on any more.
  void forget(Ms now);
  /// When something changes by itself, after `now`.
  std::vector<Ms> moments(Ms now) const;
};

}  // namespace model
