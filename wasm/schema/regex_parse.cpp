#include <algorithm>
#include <utility>

#include "schema/regex.h"
#include "schema/regex_escape.h"
#include "schema/regex_syntax.h"

namespace schema {

namespace {

using Kind = RegexTerm::Kind;
using Direction = RegexTerm::Direction;

/// What matches no character and takes no quantifier.
constexpr std::string_view kAssertions[] = {"^", "$", "\\b", "\\B", "(?=", "(?!", "(?<=", "(?<!"};

/// Recursive descent over ECMA-262 section 22.2.1 with [UnicodeMode]; as deep as groups may nest.
class Parser : private PatternReader {
 public:
  explicit Parser(std::string_view pattern) : PatternReader(pattern) {
    if (pattern.size() > kMaxPatternBytes)
      fail("it is longer than " + std::to_string(kMaxPatternBytes) + " bytes");
    syntax_.root = disjunction();
    if (next_is(")")) fail("a ) closes no group");
    resolve_references();
    syntax_.error = std::move(error_);
  }

  RegexSyntax take() { return std::move(syntax_); }

 private:
  struct Reference {
    uint32_t term;
    std::string name;  // empty where it is by number
  };

  RegexTerm& term(uint32_t id) { return syntax_.terms[id]; }

  uint32_t add(Kind kind, uint32_t value = 0) {
    RegexTerm term;
    term.kind = kind;
    term.value = value;
    syntax_.terms.push_back(term);
    return static_cast<uint32_t>(syntax_.terms.size() - 1);
  }

  uint32_t add_set(CodeSet set) {
    // The same few sets come again and again; a property is thousands of numbers.
    const auto same = std::find(syntax_.sets.begin(), syntax_.sets.end(), set);
    const auto number = static_cast<uint32_t>(same - syntax_.sets.begin());
    if (same == syntax_.sets.end()) syntax_.sets.push_back(std::move(set));
    return add(Kind::set, number);
  }

  uint32_t add_parent(Kind kind, const std::vector<uint32_t>& children) {
    if (children.size() == 1) return children[0];
    const uint32_t parent = add(kind);
    uint32_t* link = &term(parent).first_child;
    for (const uint32_t child : children) {
      *link = child;
      link = &term(child).next_sibling;
    }
    return parent;
  }

  bool is_single(uint32_t id) { return term(id).kind == Kind::character || term(id).kind == Kind::set; }

  uint32_t disjunction() {
    std::vector<uint32_t> alternatives = {alternative()};
    while (accept("|")) alternatives.push_back(alternative());
    const bool singles =
        std::all_of(alternatives.begin(), alternatives.end(), [&](uint32_t id) { return is_single(id); });
    if (!singles || alternatives.size() == 1) return add_parent(Kind::either, alternatives);
    // One character or another: a set asks once instead of choosing.
    CodeSet all;
    for (const uint32_t id : alternatives) {
      const uint32_t value = term(id).value;
      if (term(id).kind == Kind::set)
        all.add(syntax_.sets[value]);
      else
        all.add(value, value);
    }
    return add_set(std::move(all));
  }

  uint32_t alternative() {
    std::vector<uint32_t> terms;
    while (!at_end() && peek() != '|' && peek() != ')') terms.push_back(quantified());
    return add_parent(Kind::sequence, terms);
  }

  uint32_t quantified() {
    const uint32_t first_group = syntax_.groups;
    const bool asserts = std::any_of(std::begin(kAssertions), std::end(kAssertions),
                                     [&](std::string_view assertion) { return next_is(assertion); });
    const uint32_t atom = assertion_or_atom();
    uint32_t minimum = 0;
    uint32_t maximum = kUnbounded;
    if (failed() || asserts) return atom;
    if (accept("*")) {
    } else if (accept("+")) {
      minimum = 1;
    } else if (accept("?")) {
      maximum = 1;
    } else if (accept("{")) {
      const std::optional<uint32_t> from = accept_number();
      if (from) minimum = maximum = *from;
      if (accept(",")) maximum = accept_number().value_or(kUnbounded);
      if (!from || !accept("}")) fail("a { is neither a quantifier nor escaped");
      if (maximum < minimum) fail("a quantifier's first number is larger than its second");
    } else {
      return atom;
    }
    const uint32_t repeat = add(Kind::repeat);
    RegexTerm& made = term(repeat);
    made.minimum = minimum;
    made.maximum = maximum;
    made.lazy = accept("?");
    made.first_child = atom;
    made.first_group = first_group;
    made.end_group = syntax_.groups;
    return repeat;
  }

  uint32_t assertion_or_atom() {
    const char32_t c = next();
    switch (c) {
      case '^': return add(Kind::begin);
      case '$': return add(Kind::end);
      case '.': {
        CodeSet line_breaks = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
        line_breaks.invert();
        return add_set(std::move(line_breaks));
      }
      case '(': return group();
      case '[': return add_set(bracketed());
      case '\\': return escape();
      case '*':
      case '+':
      case '?': fail("a quantifier has nothing to repeat"); break;
      case '{':
      case '}':
      case ']': fail("a bracket or brace stands alone; escape it with a backslash"); break;
      default: break;
    }
    return add(Kind::character, c);
  }

  uint32_t escape() {
    if (accept("b")) return add(Kind::word_edge);
    if (accept("B")) return add(Kind::no_word_edge);
    if (peek() >= '1' && peek() <= '9') {
      references_.push_back({add(Kind::back_reference, accept_number().value_or(0)), ""});
      return references_.back().term;
    }
    if (accept("k")) {
      if (!accept("<")) fail("\\k has no group's name in < and > behind it");
      references_.push_back({add(Kind::back_reference), group_name()});
      return references_.back().term;
    }
    if (std::optional<CodeSet> set = class_escape()) return add_set(std::move(*set));
    return add(Kind::character, character_escape());
  }

  uint32_t group() {
    if (++depth_ > kMaxPatternDepth)
      fail("groups are nested deeper than " + std::to_string(kMaxPatternDepth));
    uint32_t made;
    if (accept("?:")) {
      made = disjunction();
    } else if (accept("?=")) {
      made = look(Direction::ahead, Negated::no);
    } else if (accept("?!")) {
      made = look(Direction::ahead, Negated::yes);
    } else if (accept("?<=")) {
      made = look(Direction::behind, Negated::no);
    } else if (accept("?<!")) {
      made = look(Direction::behind, Negated::yes);
    } else {
      const uint32_t number = syntax_.groups++;
      if (accept("?<"))
        name_group(number);
      else if (next_is("?"))
        fail("(? begins no kind of group; flags are not supported");
      made = add(Kind::group, number);
      const uint32_t child = disjunction();
      term(made).first_child = child;
    }
    if (!accept(")")) fail("a ( is not closed");
    --depth_;
    return made;
  }

  enum class Negated { no, yes };
  uint32_t look(Direction direction, Negated negated) {
    const uint32_t child = disjunction();
    const uint32_t made = add(Kind::look);
    term(made).negated = negated == Negated::yes;
    term(made).direction = direction;
    term(made).first_child = child;
    return made;
  }

  void name_group(uint32_t number) {
    std::string name = group_name();
    for (const auto& [known, ignored] : names_) {
      if (known == name) fail("two groups have the same name");
    }
    names_.emplace_back(std::move(name), number);
  }

  /// ECMA-262 CharacterClass, behind its [.
  CodeSet bracketed() {
    CodeSet set;
    const bool negated = accept("^");
    while (!at_end() && peek() != ']') {
      const std::variant<char32_t, CodeSet> from = class_atom();
      const char32_t* first = std::get_if<char32_t>(&from);
      if (accept("-")) {
        if (peek() == ']') {
          set.add('-', '-');
        } else {
          const std::variant<char32_t, CodeSet> to = class_atom();
          const char32_t* last = std::get_if<char32_t>(&to);
          if (!first || !last || *last < *first) {
            fail("a range in brackets does not go from a character to a later one");
            break;
          }
          set.add(*first, *last);
          continue;
        }
      }
      if (first)
        set.add(*first, *first);
      else
        set.add(*std::get_if<CodeSet>(&from));
    }
    if (!accept("]")) fail("a [ is not closed");
    if (negated) set.invert();
    return set;
  }

  std::variant<char32_t, CodeSet> class_atom() {
    if (!accept("\\")) return next();
    if (accept("b")) return U'\b';
    if (accept("-")) return U'-';
    if (std::optional<CodeSet> set = class_escape()) return std::move(*set);
    return character_escape();
  }

  void resolve_references() {
    syntax_.referenced.resize(syntax_.groups);
    for (const Reference& reference : references_) {
      uint32_t& number = term(reference.term).value;
      for (const auto& [name, group] : names_) {
        if (!reference.name.empty() && name == reference.name) number = group;
      }
      if (number == 0 || number >= syntax_.groups) {
        fail("a back reference names no group");
        return;
      }
      syntax_.referenced[number] = true;
    }
  }

  RegexSyntax syntax_;
  std::vector<std::pair<std::string, uint32_t>> names_;
  std::vector<Reference> references_;
  int depth_ = 0;
};

}  // namespace

RegexSyntax parse_regex(std::string_view pattern) {
  return Parser(pattern).take();
}

}  // namespace schema
