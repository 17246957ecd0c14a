// The validator as a program, to be compared with others. Each line of standard input is an object with
// "schema" and "instances"; its answer is a line with + for each valid instance and - for each other one, or
// else why the schema cannot be used.
#include <iostream>
#include <string>

#include "schema/metaschema.h"
#include "schema/schema.h"

int main() {
  schema::Documents known;
  schema::add_metaschemas(known);
  core::JsonGate gate;
  for (std::string line; std::getline(std::cin, line);) {
    const core::JsonResult task = gate.parse(line);
    const auto root = task.ok() ? core::member(task.root, "schema") : std::nullopt;
    const auto instances = task.ok() ? core::member(task.root, "instances") : std::nullopt;
    if (!root || !instances || !instances->is_array()) {
      std::cout << "no task: " << describe(task.fault) << '\n';
      continue;
    }
    const auto compiled = schema::Schema::compile(*root, known);
    if (const auto* error = std::get_if<schema::CompileError>(&compiled)) {
      std::cout << "no schema: " << error->location << ": " << error->message << '\n';
      continue;
    }
    for (core::JsonView instance : core::JsonArray(instances->get_array().value_unsafe())) {
      const bool valid = std::get<schema::Schema>(compiled).validate(instance, {}).empty();
      std::cout << (valid ? '+' : '-');
    }
    std::cout << '\n';
  }
}
