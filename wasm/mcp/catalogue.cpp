#include "mcp/catalogue.h"

#include <set>

namespace mcp {

namespace {

/// What the schema says in words of a value that does not match its pattern: a pattern alone is hard to read.
std::string_view description_beside(std::string_view pattern, core::JsonView schema) {
  constexpr std::string_view kKeyword = "pattern";
  if (!pattern.starts_with("#/") || !pattern.ends_with(kKeyword)) return {};
  const std::string_view parent = pattern.substr(1, pattern.size() - 1 - kKeyword.size());
  std::string_view description;
  const auto found = schema.at_pointer(std::string(parent) + "description");
  return found.get_string().get(description) == simdjson::SUCCESS ? description : std::string_view();
}

/// Violations as one text for the model: a line for each. What is too short or too long has its line already
/// and needs none for its pattern.
std::string sentences(const Tool& tool, const std::vector<schema::Violation>& violations) {
  core::JsonGate gate;
  const core::JsonResult schema = gate.parse(tool.input_schema);
  std::string text = "The arguments of " + std::string(tool.name) + " are not valid:";
  const std::string* last = nullptr;
  for (const schema::Violation& violation : violations) {
    const bool is_pattern = violation.keyword == "pattern";
    if (is_pattern && last && *last == violation.instance) continue;
    last = &violation.instance;
    text += "\n- " + violation.message + '.';
    if (!is_pattern || !schema.ok()) continue;
    const std::string_view description = description_beside(violation.schema, schema.root);
    if (!description.empty()) text.append(" ").append(description);
  }
  return text;
}

template <typename Entry>
const Entry* find(const std::vector<Entry>& entries, std::string_view Entry::*key, std::string_view value,
                  const core::Config& config) {
  for (const Entry& entry : entries) {
    if (entry.*key == value && is_available(entry.availability, config)) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_available(Availability availability, const core::Config& config) {
  return availability == Availability::always || config.demo_mode == core::Switch::on;
}

Catalogue::Catalogue(Offer offer) : offer_(std::move(offer)), compiled_(offer_.tools.size()) {}

const Tool* Catalogue::find_tool(std::string_view name, const core::Config& config) const {
  return find(offer_.tools, &Tool::name, name, config);
}

const Prompt* Catalogue::find_prompt(std::string_view name, const core::Config& config) const {
  return find(offer_.prompts, &Prompt::name, name, config);
}

const Resource* Catalogue::find_resource(std::string_view uri, const core::Config& config) const {
  return find(offer_.resources, &Resource::uri, uri, config);
}

std::optional<Catalogue::Templated> Catalogue::find_template(std::string_view uri,
                                                             const core::Config& config) const {
  for (const ResourceTemplate& entry : offer_.templates) {
    if (!is_available(entry.availability, config)) continue;
    if (std::optional<Variables> variables = match(entry.uri_template, uri)) {
      return Templated{&entry, *std::move(variables)};
    }
  }
  return std::nullopt;
}

const Catalogue::Compiled& Catalogue::compiled(const Tool& tool) const {
  std::unique_ptr<Compiled>& slot = compiled_[static_cast<size_t>(&tool - offer_.tools.data())];
  if (slot) return *slot;
  slot = std::make_unique<Compiled>();
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(tool.input_schema);
  if (!parsed.ok()) {
    slot->problem = core::describe(parsed.fault);
    return *slot;
  }
  auto result = schema::Schema::compile(parsed.root, schema::Documents());
  if (schema::CompileError* error = std::get_if<schema::CompileError>(&result)) {
    slot->problem = error->location + ": " + error->message;
  } else {
    slot->schema = std::move(std::get<schema::Schema>(result));
  }
  slot->headers = mcp::header_params(parsed.root);
  return *slot;
}

std::optional<std::string> Catalogue::argument_problems(const Tool& tool, core::JsonView arguments) const {
  const Compiled& ready = compiled(tool);
  if (!ready.schema) {
    return "The schema of " + std::string(tool.name) +
           " cannot be used, so nothing was done; this is the server's mistake.";
  }
  const std::vector<schema::Violation> violations =
      ready.schema->validate(arguments, {schema::Options::Formats::assert});
  if (violations.empty()) return std::nullopt;
  return sentences(tool, violations);
}

const std::vector<HeaderParam>& Catalogue::header_params(const Tool& tool) const {
  return compiled(tool).headers.all;
}

const std::string& Catalogue::text_of(const void* entry, Revision revision,
                                      const std::function<std::string()>& make) const {
  const auto [text, is_new] = texts_.try_emplace({entry, revision});
  if (is_new) text->second = make();
  return text->second;
}

std::string Catalogue::capabilities_json(Revision revision) const {
  core::Json capabilities;
  capabilities["tools"] = {{"listChanged", true}};
  bool completes = false;
  bool tasks = false;
  for (const Tool& tool : offer_.tools) tasks = tasks || tool.tasks != TaskSupport::none;
  if (!offer_.resources.empty() || !offer_.templates.empty()) {
    capabilities["resources"] = {{"subscribe", true}, {"listChanged", true}};
    for (const ResourceTemplate& entry : offer_.templates) completes = completes || entry.complete;
  }
  if (!offer_.prompts.empty()) {
    capabilities["prompts"] = {{"listChanged", true}};
    for (const Prompt& entry : offer_.prompts) completes = completes || entry.complete;
  }
  capabilities["logging"] = core::Json::object();
  if (completes && revision >= Revision::v2025_03_26) capabilities["completions"] = core::Json::object();
  if (tasks && revision >= kModern) {
    capabilities["extensions"] = {{"io.modelcontextprotocol/tasks", core::Json::object()}};
  }
  return core::json_text(capabilities);
}

std::vector<std::string> Catalogue::problems() const {
  std::vector<std::string> problems;
  std::set<std::string_view> names;
  for (const Tool& tool : offer_.tools) {
    const Compiled& ready = compiled(tool);
    const std::string about = "tool " + std::string(tool.name) + ": ";
    if (!ready.problem.empty()) problems.push_back(about + ready.problem);
    if (!ready.headers.problem.empty()) problems.push_back(about + ready.headers.problem);
    if (!names.insert(tool.name).second) problems.push_back(about + "the name is taken twice");
  }
  return problems;
}

}  // namespace mcp
