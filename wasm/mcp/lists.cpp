#include "mcp/lists.h"

#include <algorithm>
#include <charconv>

namespace mcp {

namespace {

std::string_view text(bool flag) {
  return flag ? "true" : "false";
}

void add(std::string& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json += ',' + core::json_quote(name) + ':' + core::json_quote(value);
}

/// The hints have defaults that are true to the worst case, so each is said.
std::string annotations_json(const Tool& tool) {
  const bool read_only = tool.annotations.effect == Annotations::Effect::read_only;
  const bool destructive = tool.annotations.effect == Annotations::Effect::destructive;
  const bool idempotent = tool.annotations.repeat == Annotations::Repeat::idempotent;
  const bool open = tool.annotations.world == Annotations::World::open;
  std::string json = R"({"title":)" + core::json_quote(tool.title);
  json.append(R"(,"readOnlyHint":)").append(text(read_only));
  json.append(R"(,"destructiveHint":)").append(text(destructive));
  json.append(R"(,"idempotentHint":)").append(text(idempotent));
  json.append(R"(,"openWorldHint":)").append(text(open));
  return json + '}';
}

std::string entry_json(const Tool& tool, Revision revision) {
  std::string json = R"({"name":)" + core::json_quote(tool.name);
  if (revision >= Revision::v2025_06_18) add(json, "title", tool.title);
  add(json, "description", tool.description);
  json += R"(,"inputSchema":)" + tool.input_schema;
  if (revision >= Revision::v2025_06_18 && !tool.output_schema.empty()) {
    json += R"(,"outputSchema":)" + tool.output_schema;
  }
  if (revision >= Revision::v2025_03_26) json += R"(,"annotations":)" + annotations_json(tool);
  return json + icons_member(tool.icons, revision) + '}';
}

std::string entry_json(const Prompt& prompt, Revision revision) {
  std::string json = R"({"name":)" + core::json_quote(prompt.name);
  if (revision >= Revision::v2025_06_18) add(json, "title", prompt.title);
  add(json, "description", prompt.description);
  std::string arguments;
  for (const PromptArgument& argument : prompt.arguments) {
    arguments += arguments.empty() ? R"(,"arguments":[)" : ",";
    arguments += R"({"name":)" + core::json_quote(argument.name);
    add(arguments, "description", argument.description);
    arguments += R"(,"required":)";
    arguments += text(argument.presence == PromptArgument::Presence::required);
    arguments += '}';
  }
  if (!arguments.empty()) arguments += ']';
  return json + arguments + icons_member(prompt.icons, revision) + '}';
}

template <typename Entry>
std::string resource_json(std::string_view key, std::string_view uri, const Entry& entry, Revision revision) {
  std::string json = '{' + core::json_quote(key) + ':' + core::json_quote(uri);
  add(json, "name", entry.name);
  if (revision >= Revision::v2025_06_18) add(json, "title", entry.title);
  add(json, "description", entry.description);
  add(json, "mimeType", entry.mime_type);
  return json + hints_member(entry.hints) + icons_member(entry.icons, revision) + '}';
}

std::string entry_json(const Resource& resource, Revision revision) {
  return resource_json("uri", resource.uri, resource, revision);
}
std::string entry_json(const ResourceTemplate& entry, Revision revision) {
  return resource_json("uriTemplate", entry.uri_template, entry, revision);
}

Use use_of(const Tool& tool) {
  return {tool.name, tool.scope, tool.availability, kToolsCall};
}
Use use_of(const Prompt& prompt) {
  return {prompt.name, prompt.scope, prompt.availability};
}
Use use_of(const Resource& resource) {
  return {resource.uri, resource.scope, resource.availability};
}
Use use_of(const ResourceTemplate& entry) {
  return {entry.uri_template, entry.scope, entry.availability};
}

/// Where a page begins; nothing where the cursor is none that a page gave.
std::optional<size_t> read_cursor(const Message& message, size_t entries) {
  const std::optional<core::JsonView> cursor = parameter(message, "cursor");
  if (!cursor) return 0;
  std::string_view given;
  if (cursor->get_string().get(given) != simdjson::SUCCESS) return std::nullopt;
  const std::optional<std::string> digits = core::base64url_decode(given);
  size_t position = 0;
  if (!digits || digits->empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), position);
  const bool whole = error == std::errc() && end == digits->data() + digits->size();
  return whole && position > 0 && position < entries ? std::optional(position) : std::nullopt;
}

template <typename Entry>
Answered list(const Exchange& exchange, const Message& message, Revision revision, std::string_view member,
              const std::vector<Entry>& entries) {
  const std::optional<size_t> first = read_cursor(message, entries.size());
  if (!first) return invalid_params("cursor is none that a page of this list gave");
  const size_t end = std::min(entries.size(), *first + exchange.catalogue.offer().page_size);
  std::string json = core::json_quote(member) + ":[";
  bool empty = true;
  for (size_t i = *first; i < end; ++i) {
    const Use use = use_of(entries[i]);
    if (!is_available(use.availability, exchange.config) || !exchange.gate.shows(use, exchange.caller))
      continue;
    if (!empty) json += ',';
    empty = false;
    json +=
        exchange.catalogue.text_of(&entries[i], revision, [&] { return entry_json(entries[i], revision); });
  }
  json += ']';
  if (end < entries.size())
    json += R"(,"nextCursor":)" + core::json_quote(core::base64url(std::to_string(end)));
  if (revision >= kModern) json += ',' + caching_members(kListLifetime);
  return Members{std::move(json)};
}

}  // namespace

std::string caching_members(core::Duration lifetime) {
  return R"("ttlMs":)" + std::to_string(lifetime.milliseconds) + R"(,"cacheScope":"private")";
}

Answered list_tools(const Exchange& exchange, const Message& message, Revision revision) {
  return list(exchange, message, revision, "tools", exchange.catalogue.offer().tools);
}
Answered list_prompts(const Exchange& exchange, const Message& message, Revision revision) {
  return list(exchange, message, revision, "prompts", exchange.catalogue.offer().prompts);
}
Answered list_resources(const Exchange& exchange, const Message& message, Revision revision) {
  return list(exchange, message, revision, "resources", exchange.catalogue.offer().resources);
}
Answered list_templates(const Exchange& exchange, const Message& message, Revision revision) {
  return list(exchange, message, revision, "resourceTemplates", exchange.catalogue.offer().templates);
}

std::string_view CompletionQuestion::other(std::string_view name) const {
  return context ? core::string_member(*context, name).value_or("") : std::string_view();
}

std::vector<std::string> words_with_prefix(std::span<const std::string_view> words, std::string_view start) {
  std::vector<std::string> fitting;
  for (std::string_view word : words) {
    if (core::equal_ignoring_case(word.substr(0, start.size()), start)) fitting.emplace_back(word);
  }
  return fitting;
}

Answered complete(const Exchange& exchange, const Message& message) {
  const std::optional<core::JsonView> ref = parameter(message, "ref");
  const std::optional<core::JsonView> argument = parameter(message, "argument");
  const std::optional<std::string_view> type = ref ? core::string_member(*ref, "type") : std::nullopt;
  const auto name = argument ? core::string_member(*argument, "name") : std::nullopt;
  const auto value = argument ? core::string_member(*argument, "value") : std::nullopt;
  if (!name || !value) return invalid_params("argument must have the strings name and value");

  Completer completer = nullptr;
  std::optional<Use> use;
  if (type == "ref/prompt") {
    const Prompt* prompt =
        exchange.catalogue.find_prompt(core::string_member(*ref, "name").value_or(""), exchange.config);
    if (!prompt) return invalid_params("ref names no prompt");
    completer = prompt->complete;
    use = use_of(*prompt);
  } else if (type == "ref/resource") {
    const std::string_view uri = core::string_member(*ref, "uri").value_or("");
    const auto& templates = exchange.catalogue.offer().templates;
    const auto found = std::find_if(templates.begin(), templates.end(), [&](const ResourceTemplate& entry) {
      return entry.uri_template == uri && is_available(entry.availability, exchange.config);
    });
    if (found == templates.end() && !exchange.catalogue.find_resource(uri, exchange.config)) {
      return invalid_params("ref names no resource template");
    }
    if (found != templates.end()) {
      completer = found->complete;
      use = use_of(*found);
    }
  } else {
    return invalid_params("ref must be of type ref/prompt or ref/resource");
  }

  std::optional<core::JsonView> context = parameter(message, "context");
  if (context) context = core::member(*context, "arguments");
  std::vector<std::string> values;
  // Values tell of what they are for. Who may not have that gets none: nobody is sent to sign in for a
  // keystroke.
  const bool allowed =
      use && exchange.gate.permit(*use, exchange.caller, exchange.step).kind == Permission::Kind::allowed;
  if (completer && allowed) values = completer({*name, *value, context, exchange.caller, exchange.step});
  core::Json completion{{"values", core::Json::array()}};
  for (size_t i = 0; i < std::min(values.size(), kMaxCompletions); ++i)
    completion["values"].push_back(values[i]);
  if (values.size() <= kMaxCompletions) completion["total"] = values.size();
  completion["hasMore"] = values.size() > kMaxCompletions;
  return Members{R"("completion":)" + core::json_text(completion)};
}

}  // namespace mcp
