// The validator and its regular expressions: a schema in the first line and values in those after it; or,
// after a slash, a pattern and texts. Nothing hangs them, and what must be the same is the same.
#include "schema/schema.h"

#include "fuzz.h"
#include "schema/formats.h"
#include "schema/metaschema.h"
#include "schema/regex.h"

namespace {

using fuzz::must;
using schema::Regex;
using schema::Violation;

constexpr uint64_t kSteps = 200'000;
constexpr size_t kMostBytes = 8 * 1024;
constexpr size_t kMostValues = 6;

const schema::Documents& known() {
  static const schema::Documents documents = [] {
    schema::Documents all;
    schema::add_metaschemas(all);
    return all;
  }();
  return documents;
}

// ---- Patterns ----

Regex::Outcome search(const Regex& regex, std::string_view text) {
  uint64_t left = kSteps;
  const Regex::Outcome outcome = regex.search(text, left);
  must(left <= kSteps, "a search gives steps back");
  must(outcome != Regex::Outcome::over_budget || left == 0, "a budget is used up, and there is more");
  return outcome;
}

/// The same pattern in other clothes finds the same.
void find_as(const std::string& pattern, std::string_view text, Regex::Outcome expected,
             std::string_view original) {
  const std::variant<Regex, std::string> compiled = Regex::compile(pattern);
  const Regex* regex = std::get_if<Regex>(&compiled);
  if (!regex) return;  // too long, or too deep
  const Regex::Outcome outcome = search(*regex, text);
  if (outcome == Regex::Outcome::over_budget) return;
  must(outcome == expected, "a pattern finds something else within a group", original);
}

void fuzz_pattern(std::string_view input) {
  const std::vector<std::string_view> lines = fuzz::lines_of(input);
  const std::string_view pattern = lines[0];
  const std::variant<Regex, std::string> compiled = Regex::compile(pattern);
  if (const std::string* problem = std::get_if<std::string>(&compiled)) {
    must(!problem->empty(), "a pattern is refused without a word", pattern);
    return;
  }
  const Regex& regex = std::get<Regex>(compiled);
  for (size_t i = 1; i < lines.size() && i <= kMostValues; ++i) {
    // The engine is given UTF-8 alone.
    core::JsonGate gate;
    const core::JsonResult quoted = gate.parse(core::json_quote(lines[i]));
    const std::string text(quoted.root.get_string().value_unsafe());
    const Regex::Outcome outcome = search(regex, text);
    must(search(regex, text) == outcome, "a search comes out otherwise", pattern);
    if (outcome == Regex::Outcome::over_budget) continue;
    find_as("(?:" + std::string(pattern) + ")", text, outcome, pattern);
    find_as("(?=" + std::string(pattern) + ")", text, outcome, pattern);
    find_as("(?:" + std::string(pattern) + "){1}", text, outcome, pattern);
  }
}

// ---- Schemas ----

enum class Verdict { valid, invalid, cannot_say };

Verdict verdict(const schema::Schema& schema, core::JsonView value) {
  for (const auto formats : {schema::Options::Formats::annotate, schema::Options::Formats::assert}) {
    const std::vector<Violation> violations = schema.validate(value, {formats});
    must(violations.size() <= schema::kMaxViolations, "too many violations");
    for (const Violation& violation : violations) {
      must(!violation.message.empty() && !violation.keyword.empty(), "a violation says nothing");
      must(violation.instance.empty() || violation.instance[0] == '/', "no pointer", violation.instance);
      if (violation.fault == Violation::Fault::instance && !violation.instance.empty()) {
        must(value.at_pointer(violation.instance).error() == simdjson::SUCCESS,
             "a violation of a value that is not there", violation.instance);
      }
      must(core::json_quote(violation.message).find("\\ufffd") == std::string::npos ||
               core::json_text(value).find("\xEF\xBF\xBD") != std::string::npos,
           "a message is no UTF-8", violation.message);
    }
  }
  const std::vector<Violation> violations = schema.validate(value, {});
  for (const Violation& violation : violations) {
    if (violation.fault == Violation::Fault::schema) return Verdict::cannot_say;
  }
  return violations.empty() ? Verdict::valid : Verdict::invalid;
}

std::optional<schema::Schema> compile(std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult root = gate.parse(text);
  if (!root.ok()) return std::nullopt;
  auto compiled = schema::Schema::compile(root.root, known());
  if (const auto* error = std::get_if<schema::CompileError>(&compiled)) {
    must(!error->message.empty() && error->location.find('#') != std::string::npos,
         "an error says nothing, or not where", text);
    return std::nullopt;
  }
  return std::get<schema::Schema>(std::move(compiled));
}

void fuzz_schema(std::string_view input) {
  const std::vector<std::string_view> lines = fuzz::lines_of(input);
  core::JsonGate gate;
  const core::JsonResult root = gate.parse(lines[0]);
  if (!root.ok()) return;
  const std::string text = core::json_text(root.root);
  const std::optional<schema::Schema> schema = compile(lines[0]);
  const std::optional<schema::Schema> rewritten = compile(text);
  must(schema.has_value() == rewritten.has_value(), "a schema that is written anew is another one", text);
  if (!schema) return;
  // What refers to something does not mean it any more at another place.
  const bool alone = text.find('$') == std::string::npos && text.find("\\u") == std::string::npos;
  const auto wrapped = [&](std::string_view before, std::string_view after) {
    return alone ? compile(std::string(before).append(text).append(after)) : std::nullopt;
  };
  const auto negated = wrapped("{\"not\":", "}"), all = wrapped("{\"allOf\":[", "]}"),
             any = wrapped("{\"anyOf\":[false,", "]}"), twice = wrapped("{\"not\":{\"not\":", "}}");
  for (size_t i = 1; i < lines.size() && i <= kMostValues; ++i) {
    core::JsonGate value_gate, copy_gate;
    const core::JsonResult value = value_gate.parse(lines[i]);
    if (!value.ok()) continue;
    const Verdict first = verdict(*schema, value.root);
    const auto agrees = [&](const std::optional<schema::Schema>& other, core::JsonView of, Verdict expected,
                            std::string_view how) {
      if (!other || first == Verdict::cannot_say) return;
      const Verdict said = verdict(*other, of);
      if (said != Verdict::cannot_say) must(said == expected, how, input);
    };
    const core::JsonResult copy = copy_gate.parse(core::json_text(value.root));
    must(copy.ok(), "a value that is written anew is none", lines[i]);
    agrees(schema, copy.root, first, "a value that is written anew gets another verdict");
    agrees(rewritten, value.root, first, "a schema that is written anew gives another verdict");
    agrees(negated, value.root, first == Verdict::valid ? Verdict::invalid : Verdict::valid,
           "`not` does not turn it round");
    agrees(all, value.root, first, "`allOf` changes it");
    agrees(any, value.root, first, "`anyOf` changes it");
    agrees(twice, value.root, first, "`not` twice changes it");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMostBytes || size == 0) return 0;
  const std::string_view input = fuzz::text_of(data, size);
  if (input[0] == '/') {
    fuzz_pattern(input.substr(1));
  } else {
    fuzz_schema(input);
  }
  return 0;
}
