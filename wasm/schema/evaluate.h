// One validation: walks schema and value together. JSON Schema 2020-12 core sections 7, 10 and 11.
//
// It recurses from schema to subschema, as deep as `kMaxSchemaDepth`. While nobody listens (`report_` is
// null) it stops at the first violation; otherwise it goes on and tells them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "schema/messages.h"
#include "schema/program.h"
#include "schema/schema.h"

namespace schema {

/// The members or items of a value that some keyword has looked at: the annotations that
/// unevaluatedProperties and unevaluatedItems need.
class Evaluated {
 public:
  void mark(size_t index);
  void mark_all() { all_ = true; }
  bool has(size_t index) const { return all_ || (index < marks_.size() && marks_[index]); }
  void merge(const Evaluated& other);

 private:
  std::vector<bool> marks_;
  bool all_ = false;
};

class Evaluator {
 public:
  Evaluator(const Program& program, const Options& options) : program_(program), options_(options) {}

  std::vector<Violation> run(core::JsonView instance);

 private:
  /// The resources that evaluation has come through: the dynamic scope of core section 7.1.
  struct Scope {
    uint32_t resource;
    const Scope* outer;
  };
  /// A schema at a value.
  struct Frame {
    const Node& node;
    core::JsonView value;
    const Path* path;
    const Scope* scope;
    Evaluated* evaluated;  // null where nobody asks for it
  };
  struct Report {
    std::vector<Violation> violations;
    size_t limit;
  };
  /// Puts another report in the place of the present one while it lives.
  class Reporting {
   public:
    Reporting(Evaluator& evaluator, Report* report) : evaluator_(evaluator), before_(evaluator.report_) {
      evaluator.report_ = report;
    }
    ~Reporting() { evaluator_.report_ = before_; }
    Reporting(const Reporting&) = delete;
    Reporting& operator=(const Reporting&) = delete;

   private:
    Evaluator& evaluator_;
    Report* before_;
  };

  bool check(NodeId id, core::JsonView value, const Path* path, const Scope* scope, Evaluated* evaluated);
  bool check_node(const Frame& frame);
  bool check_child(const Frame& frame, NodeId id, core::JsonView value, const Path& path);

  bool check_alike(const Frame& frame);
  bool check_type(const Frame& frame, uint8_t types);
  bool check_number(const Frame& frame);
  bool check_string(const Frame& frame);
  bool check_array(const Frame& frame);
  bool check_contains(const Frame& frame);
  bool check_unique(const Frame& frame);
  bool check_object(const Frame& frame);
  bool check_member(const Frame& frame, size_t index, std::string_view name, core::JsonView value);
  bool check_name(const Frame& frame, std::string_view name);
  bool check_dependencies(const Frame& frame);
  bool check_references(const Frame& frame);
  bool check_in_place(const Frame& frame);
  bool check_alternatives(const Frame& frame, Keyword keyword);
  bool check_condition(const Frame& frame);
  bool check_unevaluated(const Frame& frame);

  /// The same value by another schema.
  bool also(const Frame& frame, NodeId id, Evaluated* evaluated) {
    return check(id, frame.value, frame.path, frame.scope, evaluated);
  }
  bool also_quietly(const Frame& frame, NodeId id, Evaluated* evaluated);

  bool matches(const Frame& frame, Keyword keyword, const Regex& regex, std::string_view text);
  /// Takes steps from the budget; false where it is used up.
  bool spend(uint64_t steps);
  /// Whether `keyword` bounds a count and the bound is kept.
  bool bounded(const Frame& frame, Keyword minimum, Keyword maximum, size_t count);

  /// False, and told where somebody listens.
  bool fail(const Frame& frame, Keyword keyword, const Detail& detail = {});
  /// Notes a result. False where nothing more need be looked at.
  bool note(bool& holds, bool result) {
    holds = holds && result;
    return holds || (report_ && report_->violations.size() < report_->limit);
  }

  /// Whether the schema has turned out to be one that cannot be applied.
  bool has_failed() const { return steps_left_ == 0 || too_deep_; }
  Violation schema_fault() const;

  const Program& program_;
  const Options options_;
  Report* report_ = nullptr;
  uint64_t steps_left_ = kMaxSteps;
  int depth_ = 0;
  bool too_deep_ = false;
  /// The pattern that used the budget up, if one did.
  std::string slow_pattern_;
  std::string slow_instance_;
  /// Of a name, to look at it as a value; made when first needed.
  core::JsonGate names_;
};

}  // namespace schema
