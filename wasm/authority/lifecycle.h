// The life of a grant, as one table: what each event makes of each state. docs/AUTHORITY.md draws its diagram
// from it (tests/docs).
//
// What always holds, checked at compile time: every pair of a state and an event has exactly one line, and an
// ended state stays what it is.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace authority {

enum class State { active, paused, revoked, expired, replaced };
inline constexpr std::array kStates = {State::active, State::paused, State::revoked, State::expired,
                                       State::replaced};

enum class Event {
  pause,    // the first cause to stand still
  resume,   // the last cause is lifted
  revoke,   // by its human, an administrator, its client, or the identity provider
  expire,   // its time is over
  replace,  // the same client was authorised anew
};
inline constexpr std::array kEvents = {Event::pause, Event::resume, Event::revoke, Event::expire,
                                       Event::replace};

struct Transition {
  State from;
  Event event;
  State to;
};
inline constexpr std::array<Transition, 25> kTransitions = {{
    {State::active, Event::pause, State::paused},       {State::active, Event::resume, State::active},
    {State::active, Event::revoke, State::revoked},     {State::active, Event::expire, State::expired},
    {State::active, Event::replace, State::replaced},   {State::paused, Event::pause, State::paused},
    {State::paused, Event::resume, State::active},      {State::paused, Event::revoke, State::revoked},
    {State::paused, Event::expire, State::expired},     {State::paused, Event::replace, State::replaced},
    {State::revoked, Event::pause, State::revoked},     {State::revoked, Event::resume, State::revoked},
    {State::revoked, Event::revoke, State::revoked},    {State::revoked, Event::expire, State::revoked},
    {State::revoked, Event::replace, State::revoked},   {State::expired, Event::pause, State::expired},
    {State::expired, Event::resume, State::expired},    {State::expired, Event::revoke, State::expired},
    {State::expired, Event::expire, State::expired},    {State::expired, Event::replace, State::expired},
    {State::replaced, Event::pause, State::replaced},   {State::replaced, Event::resume, State::replaced},
    {State::replaced, Event::revoke, State::replaced},  {State::replaced, Event::expire, State::replaced},
    {State::replaced, Event::replace, State::replaced},
}};

constexpr bool has_ended(State state) {
  return state == State::revoked || state == State::expired || state == State::replaced;
}

constexpr State after(State state, Event event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  return state;
}

constexpr std::string_view name(State state) {
  switch (state) {
    case State::active: return "active";
    case State::paused: return "paused";
    case State::revoked: return "revoked";
    case State::expired: return "expired";
    case State::replaced: return "replaced";
  }
  return "";
}
constexpr std::string_view name(Event event) {
  switch (event) {
    case Event::pause: return "pause";
    case Event::resume: return "resume";
    case Event::revoke: return "revoke";
    case Event::expire: return "expire";
    case Event::replace: return "replace";
  }
  return "";
}
constexpr std::optional<State> state_named(std::string_view text) {
  for (State state : kStates) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

namespace checks {

constexpr bool every_pair_once() {
  for (State state : kStates) {
    for (Event event : kEvents) {
      int lines = 0;
      for (const Transition& transition : kTransitions) {
        if (transition.from == state && transition.event == event) ++lines;
      }
      if (lines != 1) return false;
    }
  }
  return true;
}

constexpr bool the_end_is_final() {
  for (const Transition& transition : kTransitions) {
    if (has_ended(transition.from) && transition.to != transition.from) return false;
  }
  return true;
}

}  // namespace checks

static_assert(checks::every_pair_once());
static_assert(checks::the_end_is_final());

}  // namespace authority
