// Random histories of one person and their deputies. A step says what to do in terms that keep their meaning
// when other steps are dropped (a client, a place for a use that waits, a number that picks), so a history
// that fails can be made shorter.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "authority/bounds.h"
#include "authority/decide.h"
#include "support.h"

namespace model {

inline constexpr int kClients = 4;
inline constexpr int kPlaces = 6;

struct Step {
  enum class Kind {
    authorise,  // a new grant, in place of the client's last one
    use,        // a call that begins and ends in one step
    begin,      // a call that waits at the end of its first step
    go_on,      // the next step of one that waits
    stop,       // nobody goes on with it
    again,      // the last call once more
    many,       // more questions than may wait
    answer,     // the human approves or refuses
    revoke,
    revoke_all,
    pause,
    resume,
    bounds,
    ceilings,
    alarm,    // all that the object does by its alarm
    forget,   // one of the sweeps alone
    archive,  // entries leave the object
    nothing,  // time passes, and the object falls asleep
  } kind;
  int client = 0;
  int place = 0;
  uint64_t pick = 0;
  /// Time that passes before it; below zero: until one millisecond before, at or after the next moment at
  /// which something changes by itself.
  int64_t wait = 0;
  /// The process ends before the commit.
  bool crashes = false;
};

std::vector<Step> random_history(Random& random, size_t steps);
/// As a line for people.
std::string describe(const Step& step);

// ---- What a step picks ----

/// A call of a tool.
struct Deed {
  authority::Action action;
  std::vector<authority::Cost> costs;
  /// What the human is shown.
  std::string address;
  std::string arguments;
};
Deed deed_of(uint64_t pick);
std::string describe(const Deed& deed);

struct Choice {
  std::vector<std::string> scopes, requested;
  authority::Bounds bounds;
};
Choice choice_of(uint64_t pick, int64_t now);
std::vector<authority::Limit> ceilings_of(uint64_t pick);

}  // namespace model
