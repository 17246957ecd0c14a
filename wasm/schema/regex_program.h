// What a pattern is compiled to: instructions for the machine in regex_match.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/code_set.h"
#include "schema/regex_syntax.h"

namespace schema {

inline constexpr uint32_t kNoRegister = UINT32_MAX;

struct RegexInstruction {
  enum class Op : uint8_t {
    match,           // the end
    character,       // a: the code point
    set,             // a: the number of the set
    begin,           //
    end,             //
    word_edge,       //
    no_word_edge,    //
    jump,            // a: to where
    choose,          // goes on behind it first, and at a if that fails
    run,             // the instruction behind it, of one character: a to b times
    save,            // a: the register that gets the place
    back_reference,  // a: the group
    enter_loop,      // a: the loop
    loop,            // a: the loop; decides whether to go round again
    end_of_body,     // a: the loop
    look,            // a: its register; b: where it goes on. The body comes behind it.
    end_of_look,     // a: the number of the instruction `look`
  };
  Op op;
  bool backward = false;  // reads to the left: within lookbehind
  bool lazy = false;      // of `run`
  bool negated = false;   // of `look` and `end_of_look`
  uint32_t a = 0;
  uint32_t b = 0;
  /// The row that remembers from where this instruction has failed.
  uint32_t row = 0;

  /// Of `run`: what lies ahead does not depend on how far it has come. Has a second row, of places it has
  /// passed.
  bool endless() const { return a <= 1 && b == kUnbounded; }
};

/// A quantifier over more than one character.
struct RegexLoop {
  uint32_t minimum;
  uint32_t maximum;
  uint32_t counter = kNoRegister;  // where iterations are counted, if they must be
  uint32_t mark = kNoRegister;     // where an iteration began, if one could match the empty text
  uint32_t first_capture = 0;      // registers that every iteration empties
  uint32_t end_capture = 0;
  uint32_t body = 0;
  uint32_t exit = 0;
  bool lazy;
};

struct RegexProgram {
  std::vector<RegexInstruction> code;
  std::vector<RegexLoop> loops;
  std::vector<CodeSet> sets;
  /// Captures (two for each group that a back reference names), then counters and marks.
  uint32_t registers = 0;
  /// Of each group the register where it begins; its end is the next one.
  std::vector<uint32_t> captures;
  /// Instructions that choose. Failures can be remembered only where nothing but instruction and place
  /// decides what follows: without back references, counters and lookaround.
  uint32_t rows = 0;
  bool remembers = true;
};

RegexProgram generate_regex(RegexSyntax syntax);

}  // namespace schema
