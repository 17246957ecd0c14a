// Schemas and values as texts, for the tests of the validator.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catch.h"
#include "schema/metaschema.h"
#include "schema/schema.h"

namespace testing {

inline const schema::Options kAnnotate{schema::Options::Formats::annotate};
inline const schema::Options kAssert{schema::Options::Formats::assert};

inline std::variant<schema::Schema, schema::CompileError> compile(std::string_view text,
                                                                  const schema::Documents& known = {}) {
  core::JsonGate gate;
  const core::JsonResult root = gate.parse(text);
  INFO(text);
  REQUIRE(root.ok());
  // The gate and its memory are gone when the schema is used.
  return schema::Schema::compile(root.root, known);
}

/// Where a schema is wrong and why; empty where it is not.
inline std::string compile_error(std::string_view text, const schema::Documents& known = {}) {
  const auto compiled = compile(text, known);
  const auto* error = std::get_if<schema::CompileError>(&compiled);
  return error ? error->location + ": " + error->message : "";
}

inline schema::Schema compiled(std::string_view text, const schema::Documents& known = {}) {
  auto made = compile(text, known);
  if (const auto* error = std::get_if<schema::CompileError>(&made))
    FAIL(error->location + ": " + error->message);
  return std::get<schema::Schema>(std::move(made));
}

inline std::vector<schema::Violation> violations(const schema::Schema& schema, std::string_view instance,
                                                 const schema::Options& options = kAnnotate) {
  core::JsonGate gate;
  const core::JsonResult value = gate.parse(instance);
  INFO(instance);
  REQUIRE(value.ok());
  return schema.validate(value.root, options);
}

using Messages = std::vector<std::string>;

inline Messages messages(std::string_view schema, std::string_view instance,
                         const schema::Options& options = kAnnotate) {
  Messages list;
  for (schema::Violation& violation : violations(compiled(schema), instance, options))
    list.push_back(std::move(violation.message));
  return list;
}

inline bool is_valid(std::string_view schema, std::string_view instance,
                     const schema::Options& options = kAnnotate) {
  return violations(compiled(schema), instance, options).empty();
}

}  // namespace testing
