// What a human allowed a deputy: which tools, how much of what in which time, until when, and above what they
// want to be asked. A limit that nobody chose is zero.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/time.h"

namespace authority {

/// What can be counted against a limit. The application names them; `kCalls` is always there.
struct Measure {
  enum class Unit { count, money };
  /// For money the ISO 4217 code of its currency. At most 32 characters.
  std::string_view name;
  Unit unit = Unit::count;
  /// For people: "order", "orders". For money both are the code.
  std::string_view one, many;
  /// Of money: digits after the point (ISO 4217). Amounts are integers of minor units.
  int digits = 0;
};
/// Each use of a tool, a prompt or a resource.
inline constexpr std::string_view kCalls = "calls";

/// The time that a limit looks back on. Minute and hour are those of the clock (UTC) and count calls; the
/// others end now ("in any 7 days"), so no midnight doubles what can be used.
enum class Period { action, minute, hour, day, week, month };
std::string_view name(Period period);
std::optional<Period> period_named(std::string_view text);
/// Zero for a single action.
core::Duration length(Period period);
/// After an amount: "at once", "a minute", "in any 7 days".
std::string_view in_words(Period period);

/// The largest amount: it crosses JSON and SQL exactly.
inline constexpr int64_t kMaxAmount = 9'007'199'254'740'991;

struct Limit {
  std::string measure;
  int64_t most = 0;
  Period per = Period::action;
  friend bool operator==(const Limit&, const Limit&) = default;
};

/// An action that costs more than this asks the human.
struct Threshold {
  std::string measure;
  int64_t amount = 0;
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

inline constexpr size_t kMaxLimits = 32;
inline constexpr size_t kMaxTools = 100;

struct Bounds {
  /// Nothing: every tool that the scopes reach.
  std::optional<std::vector<std::string>> tools;
  std::vector<Limit> limits;
  std::vector<Threshold> ask_above;
  std::optional<core::Instant> expires_at;
  /// It ends with the human's session at the identity provider.
  bool until_sign_out = false;
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// As JSON in canonical form (RFC 8785).
std::string bounds_json(const Bounds& bounds);
std::string limits_json(const std::vector<Limit>& limits);
/// What is wrong with it, as a sentence, where it is none. `measures`: what limits can be about.
std::variant<Bounds, std::string> read_bounds(core::JsonView json, const std::vector<Measure>& measures);
std::variant<std::vector<Limit>, std::string> read_limits(std::optional<core::JsonView> json,
                                                          const std::vector<Measure>& measures);

/// Bounds that `bounds_json` wrote, as they are stored: limits of measures that are no longer known stay, and
/// what cannot be read allows nothing.
Bounds stored_bounds(std::string_view json);
Bounds stored_bounds(core::JsonView json);
/// The same for limits; `amount` is the name of the member that says how much.
std::vector<Limit> stored_limits(std::optional<core::JsonView> json, std::string_view amount = "most");

const Measure* find_measure(const std::vector<Measure>& measures, std::string_view name);
/// From where on the human is asked: "more than 3 orders at once", "more than 20.00 EUR at once", "any
/// order".
std::string threshold_in_words(const std::vector<Measure>& measures, const Threshold& threshold);
/// "3 orders", "1 order", "no orders", "1,000 calls", "20.00 EUR".
std::string amount_in_words(const std::vector<Measure>& measures, std::string_view measure, int64_t amount);

}  // namespace authority
