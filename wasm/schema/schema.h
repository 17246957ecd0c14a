// JSON Schema draft 2020-12: whether a value follows a schema, and if not, sentences by which a caller can
// mend it.
//
// A schema is compiled once, into nodes of its own; what it refers to must be in it or in the documents that
// are handed over with it, for nothing is ever fetched. Validating never hangs and never overflows a stack,
// whatever schema and value are: it works within a budget of steps, and what goes over it is told as the
// schema author's fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/json.h"

namespace schema {

/// How many violations one validation tells at most.
inline constexpr size_t kMaxViolations = 20;
/// Steps of one validation: about one for each keyword that looks at a value, each character that a pattern
/// looks at, and each 8 bytes that are compared. All of them take a fraction of a second.
inline constexpr uint64_t kMaxSteps = 5'000'000;
/// How deep schemas may lead to each other for one value and all values around it.
inline constexpr int kMaxSchemaDepth = 256;
/// How many subschemas a schema may use.
inline constexpr size_t kMaxNodes = 5'000;

/// Documents that a schema may refer to by their URIs, and metaschemas that it may name in `$schema`.
class Documents {
 public:
  /// `uri` is absolute and has no fragment; `text` is JSON and is read when a schema first refers to it.
  void add(std::string uri, std::string text) { documents_.emplace_back(std::move(uri), std::move(text)); }
  /// Nothing where there is no such document.
  const std::string* find(std::string_view uri) const;

 private:
  std::vector<std::pair<std::string, std::string>> documents_;
};

/// Why a schema cannot be used.
struct CompileError {
  std::string location;  // a URI reference with a JSON pointer as its fragment: #/properties/name/pattern
  std::string message;   // a sentence without its full stop
};

struct Options {
  /// 2020-12 validation section 7.2: `format` is an annotation unless the caller or the schema's dialect
  /// wants more.
  enum class Formats { annotate, assert };
  Formats formats = Formats::annotate;
};

struct Violation {
  enum class Fault {
    instance,  // the value does not follow the schema
    schema,    // the schema cannot be applied: it takes too many steps, or leads to itself without end
  };
  Fault fault;
  std::string instance;      // JSON pointer to the value; empty for the whole
  std::string schema;        // URI reference to the keyword: #/properties/name/maxLength
  std::string_view keyword;  // maxLength; "false" for a schema that allows nothing
  std::string message;       // what is given and what would be right: a sentence without its full stop
};

struct Program;

class Schema {
 public:
  /// Compiles `root` (from the JSON gate, and needed no longer afterwards) with what it refers to. An unknown
  /// keyword means nothing; a known one with a value that it cannot have is an error, as is a reference to
  /// nowhere, and a `$schema` that is neither 2020-12 nor in `known`.
  static std::variant<Schema, CompileError> compile(core::JsonView root, const Documents& known);

  /// Nothing where `instance` (from the JSON gate) follows the schema. Violations of one value come together,
  /// in the order of its members; a violation of a subschema that may fail, as in `anyOf`, is told within the
  /// one of `anyOf`.
  std::vector<Violation> validate(core::JsonView instance, const Options& options) const;

 private:
  explicit Schema(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace schema
