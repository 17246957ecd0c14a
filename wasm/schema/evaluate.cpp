#include "schema/evaluate.h"

#include <algorithm>

#include "schema/code_points.h"
#include "schema/library.h"
#include "schema/value.h"

namespace schema {

namespace {

/// How many alternatives of anyOf and oneOf a message goes into.
constexpr size_t kMaxAlternativesTold = 4;
/// Bytes that are compared in a step.
constexpr size_t kBytesInStep = 8;

}  // namespace

void Evaluated::mark(size_t index) {
  if (index >= marks_.size()) marks_.resize(index + 1);
  marks_[index] = true;
}

void Evaluated::merge(const Evaluated& other) {
  all_ = all_ || other.all_;
  for (size_t i = 0; i < other.marks_.size(); ++i) {
    if (other.marks_[i]) mark(i);
  }
}

std::vector<Violation> Evaluator::run(core::JsonView instance) {
  // What follows the schema needs no report, and stops looking wherever something is decided.
  const bool holds = check(program_.root, instance, nullptr, nullptr, nullptr);
  // Within `not` and its like a check that was broken off may have counted for the wrong side.
  if (has_failed()) return {schema_fault()};
  if (holds) return {};

  Report report{{}, kMaxViolations};
  steps_left_ = kMaxSteps;
  {
    const Reporting reporting(*this, &report);
    check(program_.root, instance, nullptr, nullptr, nullptr);
  }
  if (report.violations.empty()) {
    // A member's name that is too long to be looked at, or a report that would take more than the budget.
    report.violations.push_back({Violation::Fault::instance, "", program_.nodes[program_.root].location, "",
                                 "The value does not follow the schema"});
  }
  return std::move(report.violations);
}

Violation Evaluator::schema_fault() const {
  Violation violation{Violation::Fault::schema, slow_instance_, program_.nodes[program_.root].location, "",
                      ""};
  if (!slow_pattern_.empty()) {
    violation.schema = slow_pattern_;
    violation.keyword = name_of(Keyword::pattern);
  }
  const std::string subject = slow_instance_.empty() ? "The value" : slow_instance_;
  violation.message = subject + " cannot be checked, which is an error of the schema's author: ";
  if (too_deep_)
    violation.message +=
        "subschemas lead to each other more than " + std::to_string(kMaxSchemaDepth) + " times";
  else if (!slow_pattern_.empty())
    violation.message += "the pattern at " + slow_pattern_ + " takes too many steps";
  else
    violation.message += "the schema takes more than " + std::to_string(kMaxSteps) + " steps";
  return violation;
}

bool Evaluator::spend(uint64_t steps) {
  steps_left_ -= std::min(steps, steps_left_);
  return steps_left_ > 0;
}

bool Evaluator::matches(const Frame& frame, Keyword keyword, const Regex& regex, std::string_view text) {
  const bool was_running = steps_left_ > 0;
  const Regex::Outcome outcome = regex.search(text, steps_left_);
  if (was_running && outcome == Regex::Outcome::over_budget) {
    slow_pattern_ = pointer_to(frame.node.location, name_of(keyword));
    slow_instance_ = pointer_of(frame.path);
  }
  return outcome == Regex::Outcome::found;
}

bool Evaluator::fail(const Frame& frame, Keyword keyword, const Detail& detail) {
  if (!report_ || report_->violations.size() >= report_->limit || steps_left_ == 0) return false;
  const bool is_false = keyword == Keyword::nothing;
  report_->violations.push_back(
      {Violation::Fault::instance, pointer_of(frame.path),
       is_false ? frame.node.location : pointer_to(frame.node.location, name_of(keyword)), name_of(keyword),
       sentence(program_, frame.node, keyword, frame.value, frame.path, detail)});
  return false;
}

bool Evaluator::check(NodeId id, core::JsonView value, const Path* path, const Scope* scope,
                      Evaluated* evaluated) {
  if (id == kAnything || id == kNoNode) return true;
  if (depth_ == kMaxSchemaDepth) too_deep_ = true;
  if (too_deep_ || !spend(1)) return false;
  ++depth_;
  const Node& node = program_.nodes[id];
  const Scope own{node.resource, scope};
  const bool same = scope && scope->resource == node.resource;
  bool holds;
  if (node.has(Keyword::unevaluated_items) || node.has(Keyword::unevaluated_properties)) {
    // It sees what its own keywords and subschemas have looked at, and nothing of what stands beside it.
    Evaluated within;
    holds = check_node({node, value, path, same ? scope : &own, &within});
    if (evaluated) evaluated->merge(within);
  } else {
    holds = check_node({node, value, path, same ? scope : &own, evaluated});
  }
  --depth_;
  return holds;
}

bool Evaluator::check_node(const Frame& frame) {
  if (frame.node.has(Keyword::nothing)) return fail(frame, Keyword::nothing);
  // What is of the wrong kind altogether is not looked at more closely.
  const uint8_t types = types_of(frame.value);
  if (!check_alike(frame) || !check_type(frame, types)) return false;
  bool holds = true;
  if ((types & kNumber) != 0 && !note(holds, check_number(frame))) return false;
  if ((types & kString) != 0 && !note(holds, check_string(frame))) return false;
  if ((types & kArray) != 0 && !note(holds, check_array(frame))) return false;
  if ((types & kObject) != 0 && !note(holds, check_object(frame))) return false;
  if (!note(holds, check_references(frame))) return false;
  if (!note(holds, check_in_place(frame))) return false;
  // Where something else is wrong, what was evaluated is not known for certain.
  return holds && check_unevaluated(frame);
}

bool Evaluator::check_alike(const Frame& frame) {
  const Node& node = frame.node;
  if (!node.has(Keyword::const_) && !node.has(Keyword::enum_)) return true;
  const std::string value = canonical(frame.value);
  if (!spend(value.size() / kBytesInStep)) return false;
  if (node.has(Keyword::const_) && value != node.constant) return fail(frame, Keyword::const_);
  if (node.has(Keyword::enum_) && !std::binary_search(node.values.begin(), node.values.end(), value))
    return fail(frame, Keyword::enum_);
  return true;
}

bool Evaluator::check_type(const Frame& frame, uint8_t types) {
  return !frame.node.has(Keyword::type) || (frame.node.types & types) != 0 || fail(frame, Keyword::type);
}

bool Evaluator::check_number(const Frame& frame) {
  const Node& node = frame.node;
  const Number number = number_of(frame.value);
  const auto keeps = [&](Keyword keyword) {
    const Number& bound = node.number(keyword);
    switch (keyword) {
      case Keyword::multiple_of: return is_multiple(number, bound);
      case Keyword::maximum: return compare(number, bound) <= 0;
      case Keyword::exclusive_maximum: return compare(number, bound) < 0;
      case Keyword::minimum: return compare(number, bound) >= 0;
      default: return compare(number, bound) > 0;
    }
  };
  bool holds = true;
  for (const Keyword keyword : {Keyword::multiple_of, Keyword::maximum, Keyword::exclusive_maximum,
                                Keyword::minimum, Keyword::exclusive_minimum}) {
    if (node.has(keyword) && !keeps(keyword) && !note(holds, fail(frame, keyword))) break;
  }
  return holds;
}

bool Evaluator::bounded(const Frame& frame, Keyword minimum, Keyword maximum, size_t count) {
  const Node& node = frame.node;
  const Detail detail{.number = count};
  if (node.has(minimum) && count < node.count(minimum)) return fail(frame, minimum, detail);
  if (node.has(maximum) && count > node.count(maximum)) return fail(frame, maximum, detail);
  return true;
}

bool Evaluator::check_string(const Frame& frame) {
  const Node& node = frame.node;
  const std::string_view text = frame.value.get_string().value_unsafe();
  bool holds = true;
  if (node.has(Keyword::min_length) || node.has(Keyword::max_length)) {
    const bool fits = bounded(frame, Keyword::min_length, Keyword::max_length, count_code_points(text));
    if (!note(holds, fits)) return false;
  }
  if (node.pattern && !matches(frame, Keyword::pattern, *node.pattern, text) &&
      !note(holds, fail(frame, Keyword::pattern)))
    return false;
  const bool asserts = node.asserts_format || options_.formats == Options::Formats::assert;
  if (node.format && asserts && !node.format->check(text)) note(holds, fail(frame, Keyword::format));
  return holds;
}

bool Evaluator::check_references(const Frame& frame) {
  const Node& node = frame.node;
  bool holds = true;
  if (!note(holds, also(frame, node.ref, frame.evaluated))) return false;
  if (node.dynamic_ref == kNoNode) return holds;
  NodeId target = node.dynamic_ref;
  if (!node.dynamic_anchor.empty()) {
    // The outermost resource with this anchor: the last one on the way out.
    for (const Scope* scope = frame.scope; scope; scope = scope->outer) {
      for (const NamedNode& anchor : program_.dynamic_anchors[scope->resource]) {
        if (anchor.name == node.dynamic_anchor) target = anchor.node;
      }
    }
  }
  note(holds, also(frame, target, frame.evaluated));
  return holds;
}

bool Evaluator::also_quietly(const Frame& frame, NodeId id, Evaluated* evaluated) {
  const Reporting quietly(*this, nullptr);
  return also(frame, id, evaluated);
}

bool Evaluator::check_in_place(const Frame& frame) {
  const Node& node = frame.node;
  bool holds = true;
  for (const NodeId id : node.list(Keyword::all_of)) {
    if (!note(holds, also(frame, id, frame.evaluated))) return false;
  }
  if (node.has(Keyword::any_of) && !note(holds, check_alternatives(frame, Keyword::any_of))) return false;
  if (node.has(Keyword::one_of) && !note(holds, check_alternatives(frame, Keyword::one_of))) return false;
  if (node.has(Keyword::not_) && also_quietly(frame, node.schema(Keyword::not_), nullptr) &&
      !note(holds, fail(frame, Keyword::not_)))
    return false;
  if (node.has(Keyword::if_)) note(holds, check_condition(frame));
  return holds;
}

bool Evaluator::check_condition(const Frame& frame) {
  Evaluated within;
  const bool fits = also_quietly(frame, frame.node.schema(Keyword::if_), frame.evaluated ? &within : nullptr);
  if (fits && frame.evaluated) frame.evaluated->merge(within);
  return also(frame, frame.node.schema(fits ? Keyword::then : Keyword::else_), frame.evaluated);
}

bool Evaluator::check_alternatives(const Frame& frame, Keyword keyword) {
  const std::vector<NodeId>& alternatives = frame.node.list(keyword);
  std::string fitting;
  std::string told;
  size_t fits = 0;
  for (size_t i = 0; i < alternatives.size(); ++i) {
    Evaluated within;
    // Each tells no more than what is wrong with it first.
    Report report{{}, 1};
    const Reporting reporting(*this, report_ ? &report : nullptr);
    if (also(frame, alternatives[i], frame.evaluated ? &within : nullptr)) {
      if (frame.evaluated) frame.evaluated->merge(within);
      if (++fits > 1 && keyword == Keyword::one_of && !report_) return false;
      fitting += (fitting.empty() ? "" : " and ") + std::to_string(i + 1);
      if (keyword == Keyword::any_of && !frame.evaluated) return true;
    } else if (i < kMaxAlternativesTold && !report.violations.empty()) {
      told += (told.empty() ? "" : "; ") + std::to_string(i + 1) + ". " + report.violations[0].message;
    }
  }
  if (fits == 1 || (fits > 1 && keyword == Keyword::any_of)) return true;
  if (!report_ || fits > 1) return fail(frame, keyword, {.number = fits, .text = fitting});

  // A few words for each suffice where the value is none of the objects or arrays that could be meant.
  const std::string what = expectation(program_, static_cast<NodeId>(&frame.node - program_.nodes.data()));
  const bool is_simple = !frame.value.is_object() && !frame.value.is_array();
  if (is_simple && !what.empty()) return fail(frame, keyword, {.text = "be " + what});
  const std::string count = alternatives.size() == 1
                                ? "the alternative"
                                : "one of " + std::to_string(alternatives.size()) + " alternatives";
  return fail(frame, keyword, {.text = "fit " + count + ": " + told});
}

std::vector<Violation> Schema::validate(core::JsonView instance, const Options& options) const {
  return Evaluator(*program_, options).run(instance);
}

}  // namespace schema
