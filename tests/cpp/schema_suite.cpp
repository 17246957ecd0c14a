// The official JSON-Schema-Test-Suite for draft 2020-12, read from where it lies: the folder that the
// environment variable JSON_SCHEMA_TEST_SUITE names, or else one beside the checkout.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "catch.h"
#include "schema/metaschema.h"
#include "schema/schema.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

fs::path suite_folder() {
  if (const char* named = std::getenv("JSON_SCHEMA_TEST_SUITE")) return named;
  return fs::path(__FILE__).parent_path() / "../../../shared/data/json-schema-test-suite";
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

schema::Documents known_documents() {
  schema::Documents documents;
  schema::add_metaschemas(documents);
  const fs::path remotes = suite_folder() / "remotes";
  for (const fs::path& file : json_files(remotes))
    documents.add("http://localhost:1234/" + fs::relative(file, remotes).generic_string(), read(file));
  return documents;
}

struct Count {
  int passed = 0;
  int all = 0;
  std::vector<std::string> failed;
};

/// What one case of a group gets: "valid", "invalid", or why there is no verdict. Integers beyond 64 bits,
/// which the gate refuses, arrive as doubles.
std::string verdict(const std::variant<schema::Schema, schema::CompileError>& compiled, const json& data,
                    const schema::Options& options) {
  if (const auto* error = std::get_if<schema::CompileError>(&compiled))
    return error->location + ": " + error->message;
  core::JsonGate gate;
  const core::JsonResult instance = gate.parse(data.dump());
  if (!instance.ok()) return std::string(describe(instance.fault));
  return std::get<schema::Schema>(compiled).validate(instance.root, options).empty() ? "valid" : "invalid";
}

Count run_file(const fs::path& file, const schema::Documents& known, const schema::Options& options) {
  Count count;
  for (const json& group : json::parse(read(file))) {
    core::JsonGate gate;
    const core::JsonResult root = gate.parse(group.at("schema").dump());
    REQUIRE(root.ok());
    const auto compiled = schema::Schema::compile(root.root, known);
    for (const json& test : group.at("tests")) {
      const std::string got = verdict(compiled, test.at("data"), options);
      ++count.all;
      if (got == (test.at("valid").get<bool>() ? "valid" : "invalid"))
        ++count.passed;
      else
        count.failed.push_back(file.filename().string() + ": " + group.at("description").get<std::string>() +
                               ": " + test.at("description").get<std::string>() + ": " + got);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("The official suite for draft 2020-12") {
  const fs::path tests = suite_folder() / "tests" / "draft2020-12";
  if (!fs::exists(tests)) {
    std::cout << "JSON Schema: the official suite is not at " << tests << "; it was not run\n";
    return;
  }
  const schema::Documents known = known_documents();
  Count required;
  Count optional;
  for (const fs::path& file : json_files(tests)) {
    const std::string name = fs::relative(file, tests).generic_string();
    const bool is_optional = name.starts_with("optional/");
    schema::Options options;
    if (name.starts_with("optional/format/")) options.formats = schema::Options::Formats::assert;
    const Count count = run_file(file, known, options);
    Count& total = is_optional ? optional : required;
    total.passed += count.passed;
    total.all += count.all;
    if (is_optional && count.passed < count.all)
      std::cout << "  " << name << ": " << count.passed << " of " << count.all << '\n';
    if (std::getenv("JSON_SCHEMA_TEST_SUITE_FAILURES"))
      for (const std::string& failure : count.failed) std::cout << "    " << failure << '\n';
    total.failed.insert(total.failed.end(), count.failed.begin(), count.failed.end());
  }
  std::cout << "JSON Schema: required: " << required.passed << " of " << required.all
            << ", optional: " << optional.passed << " of " << optional.all << '\n';
  CHECK(required.failed == std::vector<std::string>{});
  CHECK(required.all >= 1'299);
}
