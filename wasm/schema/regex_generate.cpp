#include <algorithm>
#include <utility>

#include "schema/regex_program.h"

namespace schema {

namespace {

using Kind = RegexTerm::Kind;
using Op = RegexInstruction::Op;
using Direction = RegexTerm::Direction;

/// Writes instructions term by term; as deep as groups nest.
class Generator {
 public:
  explicit Generator(RegexSyntax syntax) : syntax_(std::move(syntax)) {
    program_.captures.assign(syntax_.groups, kNoRegister);
    for (uint32_t group = 0; group < syntax_.groups; ++group) {
      // A group that nothing refers to leaves no trace: whether there is a match is all that is asked.
      if (!syntax_.referenced[group]) continue;
      program_.captures[group] = program_.registers;
      program_.registers += 2;
      program_.remembers = false;
    }
    write(syntax_.root, Direction::ahead);
    add(Op::match);
    program_.sets = std::move(syntax_.sets);
  }

  RegexProgram take() { return std::move(program_); }

 private:
  const RegexTerm& term(uint32_t id) const { return syntax_.terms[id]; }
  uint32_t here() const { return static_cast<uint32_t>(program_.code.size()); }

  uint32_t add(Op op, uint32_t a = 0, uint32_t b = 0) {
    RegexInstruction instruction{op};
    instruction.a = a;
    instruction.b = b;
    instruction.row = program_.rows;
    if (op == Op::choose || op == Op::run || op == Op::loop) ++program_.rows;
    if (op == Op::run && instruction.endless()) ++program_.rows;
    program_.code.push_back(instruction);
    return here() - 1;
  }

  std::vector<uint32_t> children(uint32_t id) const {
    std::vector<uint32_t> list;
    for (uint32_t child = term(id).first_child; child != kNoTerm; child = term(child).next_sibling)
      list.push_back(child);
    return list;
  }

  /// True where the term can match the empty text.
  bool may_be_empty(uint32_t id) const {
    const std::vector<uint32_t> within = children(id);
    const auto empty = [&](uint32_t child) { return may_be_empty(child); };
    switch (term(id).kind) {
      case Kind::character:
      case Kind::set: return false;
      case Kind::sequence: return std::all_of(within.begin(), within.end(), empty);
      case Kind::either: return std::any_of(within.begin(), within.end(), empty);
      case Kind::group: return empty(within[0]);
      case Kind::repeat: return term(id).minimum == 0 || empty(within[0]);
      default: return true;
    }
  }

  void write(uint32_t id, Direction direction) {
    const RegexTerm& it = term(id);
    switch (it.kind) {
      case Kind::character:
        program_.code[add(Op::character, it.value)].backward = direction == Direction::behind;
        break;
      case Kind::set: program_.code[add(Op::set, it.value)].backward = direction == Direction::behind; break;
      case Kind::back_reference:
        program_.code[add(Op::back_reference, it.value)].backward = direction == Direction::behind;
        break;
      case Kind::begin: add(Op::begin); break;
      case Kind::end: add(Op::end); break;
      case Kind::word_edge: add(Op::word_edge); break;
      case Kind::no_word_edge: add(Op::no_word_edge); break;
      case Kind::sequence: write_sequence(id, direction); break;
      case Kind::either: write_either(id, direction); break;
      case Kind::group: write_group(it, direction); break;
      case Kind::repeat: write_repeat(id, direction); break;
      case Kind::look: write_look(it); break;
    }
  }

  void write_sequence(uint32_t id, Direction direction) {
    std::vector<uint32_t> terms = children(id);
    if (direction == Direction::behind) std::reverse(terms.begin(), terms.end());
    for (const uint32_t child : terms) write(child, direction);
  }

  void write_either(uint32_t id, Direction direction) {
    std::vector<uint32_t> jumps;
    const std::vector<uint32_t> alternatives = children(id);
    for (const uint32_t child : alternatives) {
      const bool last = child == alternatives.back();
      const uint32_t choice = last ? 0 : add(Op::choose);
      write(child, direction);
      if (last) break;
      jumps.push_back(add(Op::jump));
      program_.code[choice].a = here();
    }
    for (const uint32_t jump : jumps) program_.code[jump].a = here();
  }

  void write_group(const RegexTerm& group, Direction direction) {
    const uint32_t begin = program_.captures[group.value];
    const bool saves = begin != kNoRegister;
    const uint32_t later = direction == Direction::behind ? 0 : 1;
    if (saves) add(Op::save, begin + 1 - later);
    write(group.first_child, direction);
    if (saves) add(Op::save, begin + later);
  }

  void write_repeat(uint32_t id, Direction direction) {
    const RegexTerm& repeat = term(id);
    const Kind child = term(repeat.first_child).kind;
    if (repeat.maximum == 0) return;
    if (child == Kind::character || child == Kind::set) {
      const uint32_t run = add(Op::run, repeat.minimum, repeat.maximum);
      program_.code[run].backward = direction == Direction::behind;
      program_.code[run].lazy = repeat.lazy;
      write(repeat.first_child, direction);
      return;
    }

    RegexLoop loop{};
    loop.counter = loop.mark = kNoRegister;
    loop.minimum = repeat.minimum;
    loop.maximum = repeat.maximum;
    loop.lazy = repeat.lazy;
    for (uint32_t group = repeat.first_group; group < repeat.end_group; ++group) {
      if (program_.captures[group] == kNoRegister) continue;
      if (loop.end_capture == 0) loop.first_capture = program_.captures[group];
      loop.end_capture = program_.captures[group] + 2;
    }
    const bool empty = may_be_empty(repeat.first_child);
    // Without counting: *, ? and +. A first round of + that matched nothing could not be told from a later
    // one, which makes a difference only to captures.
    const bool plain =
        (repeat.minimum == 0 && (repeat.maximum == kUnbounded || repeat.maximum == 1)) ||
        (repeat.minimum == 1 && repeat.maximum == kUnbounded && !(empty && loop.end_capture > 0));
    if (!plain) {
      loop.counter = program_.registers++;
      program_.remembers = false;
    }
    if (empty) loop.mark = program_.registers++;

    const auto number = static_cast<uint32_t>(program_.loops.size());
    program_.loops.push_back(loop);
    add(Op::enter_loop, number);
    add(Op::loop, number);
    program_.loops[number].body = here();
    write(repeat.first_child, direction);
    add(Op::end_of_body, number);
    program_.loops[number].exit = here();
  }

  void write_look(const RegexTerm& look) {
    program_.remembers = false;
    const uint32_t begin = add(Op::look, program_.registers++);
    write(look.first_child, look.direction);
    const uint32_t end = add(Op::end_of_look, begin);
    program_.code[begin].b = here();
    program_.code[begin].negated = program_.code[end].negated = look.negated;
  }

  RegexSyntax syntax_;
  RegexProgram program_;
};

}  // namespace

RegexProgram generate_regex(RegexSyntax syntax) {
  return Generator(std::move(syntax)).take();
}

}  // namespace schema
