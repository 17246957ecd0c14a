// Reading a pattern character by character, and what stands behind a backslash in it. The base of the parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schema/code_set.h"

namespace schema {

/// Reads code points of a pattern. After the first failure it is at its end, so that every loop over it ends.
class PatternReader {
 protected:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  static constexpr char32_t kEnd = UINT32_MAX;

  bool at_end() const { return at_ == pattern_.size(); }
  char32_t peek() const;
  char32_t next();
  /// Takes `text` (ASCII) if it comes next.
  bool accept(std::string_view text);
  bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  /// A decimal number, as large as 32 bits hold if it is larger. Nothing where no digit comes next.
  std::optional<uint32_t> accept_number();

  void fail(std::string_view message);
  bool failed() const { return !error_.empty(); }

  /// ECMA-262 CharacterClassEscape, behind the backslash: d D s S w W p{} P{}. Nothing where none comes next.
  std::optional<CodeSet> class_escape();
  /// ECMA-262 CharacterEscape, behind the backslash.
  char32_t character_escape();
  /// A group's name up to and with its >, behind the <.
  std::string group_name();

  std::string error_;

 private:
  CodeSet property();
  /// Behind \u: XXXX, a surrogate pair, or {X...}.
  char32_t unicode_escape();
  char32_t hex_digits(int count);

  std::string_view pattern_;
  size_t at_ = 0;
};

/// \s: WhiteSpace and LineTerminator of ECMA-262.
const CodeSet& white_space();
/// \w
const CodeSet& word_characters();

}  // namespace schema
