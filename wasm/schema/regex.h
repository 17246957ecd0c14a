// Regular expressions as ECMA-262 (section 22.2, with the u flag) defines them, for `pattern` and
// `patternProperties`: JSON Schema 2020-12 core section 6.4. Everything of its edition of 2024 is there but
// the v flag; there are no flags to set, so that case always counts, `.` stops at line breaks, and ^ and $
// are the ends of the text.
//
// A search backtracks over a stack of its own, never over the machine's, and every step is taken from a
// budget that the caller gives: no pattern hangs it and no text overflows a stack. Patterns without back
// references, lookaround and counted groups remember from where they failed once a search grows long, which
// makes their time linear in the text: (a+)+$ does them no harm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace schema {

/// Limits of a pattern.
inline constexpr size_t kMaxPatternBytes = 10'000;
inline constexpr int kMaxPatternDepth = 40;  // groups within groups
/// Choices that a search may have open at once; more end it as if its budget were used up.
inline constexpr size_t kMaxOpenChoices = 250'000;

struct RegexProgram;

class Regex {
 public:
  /// The other alternative says in words what is wrong with the pattern and where.
  static std::variant<Regex, std::string> compile(std::string_view pattern);

  enum class Outcome { found, not_found, over_budget };
  /// Looks for a match anywhere in `text` (UTF-8). About a step for each character that is looked at is taken
  /// from `steps_left`, from which nothing remains where the budget is used up.
  Outcome search(std::string_view text, uint64_t& steps_left) const;

 private:
  explicit Regex(std::shared_ptr<const RegexProgram> program) : program_(std::move(program)) {}
  std::shared_ptr<const RegexProgram> program_;
};

}  // namespace schema
