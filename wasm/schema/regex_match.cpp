#include <algorithm>
#include <utility>

#include "schema/regex.h"
#include "schema/regex_escape.h"
#include "schema/regex_program.h"

namespace schema {

namespace {

using Op = RegexInstruction::Op;

constexpr size_t kUnset = SIZE_MAX;
/// Steps after which failures are remembered: ordinary searches end before and need no memory for it.
constexpr uint64_t kStepsWithoutMemory = 2'000;
/// The most that is remembered, in bits.
constexpr size_t kMaxMemory = 8 * 1024 * 1024;

class Machine {
 public:
  Machine(const RegexProgram& program, std::string_view text, uint64_t& steps_left)
      : program_(program), text_(text), steps_left_(steps_left), registers_(program.registers, kUnset) {
    const size_t bits = program.rows * (text.size() + 1);
    const bool remembers = program.remembers && bits <= kMaxMemory;
    if (remembers && steps_left > kStepsWithoutMemory) remember_below_ = steps_left - kStepsWithoutMemory;
  }

  Regex::Outcome search() {
    // What begins with ^ matches at the start or nowhere.
    const size_t last = program_.code[0].op == Op::begin ? 0 : text_.size();
    for (size_t start = 0; start <= last; ++start) {
      if (start < text_.size() && !starts_code_point(text_[start])) continue;
      const Regex::Outcome outcome = match_at(start);
      if (outcome != Regex::Outcome::not_found) return outcome;
    }
    return Regex::Outcome::not_found;
  }

 private:
  /// What can be gone back to, or must be undone on the way there.
  struct Entry {
    enum class Kind : uint8_t {
      choice,   // go on at instruction `number`, at `place`
      run,      // of instruction `number`: it may yet give back, or take, `rest` characters from `place` on
      restore,  // register `number` held `place`
      look,     // a lookaround began at `place`
    };
    Kind kind;
    uint32_t number;
    size_t place;
    size_t rest = 0;
  };

  Regex::Outcome match_at(size_t start) {
    place_ = start;
    at_ = 0;
    stack_.clear();
    std::fill(registers_.begin(), registers_.end(), kUnset);
    for (;;) {
      if (steps_left_ == 0 || stack_.size() > kMaxOpenChoices) {
        steps_left_ = 0;
        return Regex::Outcome::over_budget;
      }
      --steps_left_;
      if (program_.code[at_].op == Op::match) return Regex::Outcome::found;
      if (!step() && !go_back() && steps_left_ > 0) return Regex::Outcome::not_found;
    }
  }

  /// One instruction; false where it fails.
  bool step() {
    const RegexInstruction& it = program_.code[at_];
    switch (it.op) {
      case Op::match: return true;
      case Op::character:
      case Op::set: return take(it, place_) && move_on();
      case Op::begin: return place_ == 0 && move_on();
      case Op::end: return place_ == text_.size() && move_on();
      case Op::word_edge: return is_word_edge() && move_on();
      case Op::no_word_edge: return !is_word_edge() && move_on();
      case Op::jump: at_ = it.a; return true;
      case Op::choose:
        if (is_known(it, place_)) return false;
        push({Entry::Kind::choice, it.a, place_});
        return move_on();
      case Op::run: return run(it);
      case Op::save: set(it.a, place_); return move_on();
      case Op::back_reference: return back_reference(it) && move_on();
      case Op::enter_loop: return enter(program_.loops[it.a]);
      case Op::loop: return go_round(it, program_.loops[it.a]);
      case Op::end_of_body: return end_body(program_.loops[it.a]);
      case Op::look:
        set(it.a, stack_.size() + 1);  // where the entry below will be
        // If the body of a negated one fails, its failure is what was looked for.
        push({it.negated ? Entry::Kind::choice : Entry::Kind::look, it.b, place_});
        return move_on();
      case Op::end_of_look: return end_look(it);
    }
    return false;
  }

  bool move_on() {
    ++at_;
    return true;
  }

  void push(Entry entry) { stack_.push_back(entry); }

  void set(uint32_t number, size_t value) {
    push({Entry::Kind::restore, number, registers_[number]});
    registers_[number] = value;
  }

  /// Takes one character if it fits.
  bool take(const RegexInstruction& it, size_t& place) const {
    if (place == (it.backward ? 0 : text_.size())) return false;
    size_t moved = place;
    const char32_t c = it.backward ? previous_code_point(text_, moved) : next_code_point(text_, moved);
    if (it.op == Op::character ? c != it.a : !program_.sets[it.a].contains(c)) return false;
    place = moved;
    return true;
  }

  bool is_word_edge() const {
    // Word characters are ASCII: a byte tells.
    const auto is_word = [&](size_t i) {
      return i < text_.size() && word_characters().contains(static_cast<unsigned char>(text_[i]));
    };
    return is_word(place_ - 1) != is_word(place_);
  }

  /// Whether going on from here with this instruction has been tried before; notes that it now has.
  bool is_known(const RegexInstruction& it, size_t place) { return is_known(it.row, place); }
  bool is_known(uint32_t row, size_t place) {
    if (steps_left_ >= remember_below_) return false;
    if (failed_.empty()) failed_.resize(program_.rows * (text_.size() + 1));
    const size_t bit = row * (text_.size() + 1) + place;
    const bool known = failed_[bit];
    failed_[bit] = true;
    return known;
  }

  bool run(const RegexInstruction& it) {
    const RegexInstruction& one = program_.code[at_ + 1];
    const size_t wanted = it.lazy ? it.a : it.b;
    size_t count = 0;
    while (count < wanted && take(one, place_)) {
      ++count;
      if (steps_left_ > 0) --steps_left_;
      // Another run has been here, and sees to everything that lies ahead.
      if (it.endless() && is_known(it.row + 1, place_)) break;
    }
    if (count < it.a) return false;
    const size_t rest = it.lazy ? it.b - count : count - it.a;
    if (rest > 0) push({Entry::Kind::run, at_, place_, rest});
    if (is_known(it, place_)) return false;
    at_ += 2;
    return true;
  }

  /// Goes on behind a run with a character less, or more. False where there is none left.
  bool run_on(Entry& entry) {
    const RegexInstruction& it = program_.code[entry.number];
    const RegexInstruction& one = program_.code[entry.number + 1];
    while (entry.rest > 0) {
      if (steps_left_ == 0) return false;
      --steps_left_;
      --entry.rest;
      if (it.lazy) {
        if (!take(one, entry.place)) return false;
      } else if (it.backward) {
        next_code_point(text_, entry.place);
      } else {
        previous_code_point(text_, entry.place);
      }
      if (is_known(it, entry.place)) {
        if (it.lazy && it.endless()) return false;
        continue;
      }
      place_ = entry.place;
      at_ = entry.number + 2;
      return true;
    }
    return false;
  }

  bool back_reference(const RegexInstruction& it) {
    const uint32_t number = program_.captures[it.a];
    const size_t begin = registers_[number];
    const size_t end = registers_[number + 1];
    // A group that has not matched is as good as the empty text.
    if (begin == kUnset || end == kUnset) return true;
    const std::string_view captured = text_.substr(begin, end - begin);
    steps_left_ -= std::min<uint64_t>(steps_left_, captured.size());
    if (it.backward) {
      if (!text_.substr(0, place_).ends_with(captured)) return false;
      place_ -= captured.size();
    } else {
      if (!text_.substr(place_).starts_with(captured)) return false;
      place_ += captured.size();
    }
    return true;
  }

  bool enter(const RegexLoop& loop) {
    if (loop.counter != kNoRegister) set(loop.counter, 0);
    if (loop.counter == kNoRegister && loop.minimum == 1) return begin_body(loop);
    return move_on();
  }

  bool begin_body(const RegexLoop& loop) {
    if (loop.mark != kNoRegister) set(loop.mark, place_);
    for (uint32_t i = loop.first_capture; i < loop.end_capture; ++i) set(i, kUnset);
    at_ = loop.body;
    return true;
  }

  bool go_round(const RegexInstruction& it, const RegexLoop& loop) {
    if (loop.counter != kNoRegister) {
      const size_t count = registers_[loop.counter];
      if (count < loop.minimum) return begin_body(loop);
      if (count >= loop.maximum) {
        at_ = loop.exit;
        return true;
      }
    }
    if (is_known(it, place_)) return false;
    if (loop.lazy) {
      // The body, when it comes to it, begins as a choice of its own.
      push({Entry::Kind::choice, at_ | kIntoBody, place_});
      at_ = loop.exit;
      return true;
    }
    push({Entry::Kind::choice, loop.exit, place_});
    return begin_body(loop);
  }

  bool end_body(const RegexLoop& loop) {
    const bool nothing = loop.mark != kNoRegister && registers_[loop.mark] == place_;
    if (loop.counter == kNoRegister) {
      if (nothing && loop.minimum == 0) return false;
      at_ = nothing || loop.maximum == 1 ? loop.exit : loop.body - 1;
      return true;
    }
    size_t count = registers_[loop.counter] + 1;
    if (nothing) {
      // What matched nothing once can do so as often as it must, and need not do so more often.
      if (count > loop.minimum) return false;
      count = loop.minimum;
    }
    set(loop.counter, count);
    at_ = loop.body - 1;
    return true;
  }

  bool end_look(const RegexInstruction& it) {
    const RegexInstruction& look = program_.code[it.a];
    const size_t entry = registers_[look.a];
    if (look.negated) {
      while (stack_.size() > entry) {
        undo(stack_.back());
        stack_.pop_back();
      }
      return false;
    }
    // What was captured stays, and can be undone; the choices within are closed.
    place_ = stack_[entry].place;
    stack_.erase(std::remove_if(stack_.begin() + static_cast<ptrdiff_t>(entry), stack_.end(),
                                [](const Entry& e) { return e.kind != Entry::Kind::restore; }),
                 stack_.end());
    return move_on();
  }

  void undo(const Entry& entry) {
    if (entry.kind == Entry::Kind::restore) registers_[entry.number] = entry.place;
  }

  /// To the last open choice; false where there is none.
  bool go_back() {
    while (!stack_.empty()) {
      Entry& entry = stack_.back();
      if (entry.kind == Entry::Kind::run && run_on(entry)) return true;
      const Entry closed = entry;
      stack_.pop_back();
      if (closed.kind == Entry::Kind::choice) {
        place_ = closed.place;
        at_ = closed.number & ~kIntoBody;
        return (closed.number & kIntoBody) == 0 || begin_body(program_.loops[program_.code[at_].a]);
      }
      undo(closed);
    }
    return false;
  }

  /// Marks a choice whose other way is the body of the loop.
  static constexpr uint32_t kIntoBody = 0x8000'0000;

  const RegexProgram& program_;
  const std::string_view text_;
  uint64_t& steps_left_;
  uint64_t remember_below_ = 0;
  uint32_t at_ = 0;
  size_t place_ = 0;
  std::vector<size_t> registers_;
  std::vector<Entry> stack_;
  std::vector<bool> failed_;
};

}  // namespace

std::variant<Regex, std::string> Regex::compile(std::string_view pattern) {
  RegexSyntax syntax = parse_regex(pattern);
  if (!syntax.error.empty()) return std::move(syntax.error);
  return Regex(std::make_shared<const RegexProgram>(generate_regex(std::move(syntax))));
}

Regex::Outcome Regex::search(std::string_view text, uint64_t& steps_left) const {
  return Machine(*program_, text, steps_left).search();
}

}  // namespace schema
