#include "mcp/tools.h"

namespace mcp {

namespace {

bool is_available(const Tool& tool, const core::Config& config) {
  return tool.availability == Tool::Availability::always || config.demo_mode == core::Switch::on;
}

const Tool* find_tool(const Exchange& exchange, std::string_view tool_name) {
  for (const Tool& tool : exchange.tools) {
    if (tool.name == tool_name && is_available(tool, exchange.config)) return &tool;
  }
  return nullptr;
}

std::string_view text(bool flag) {
  return flag ? "true" : "false";
}

/// The hints have defaults that are true to the worst case, so each is said.
std::string annotations_json(const Tool& tool) {
  const bool read_only = tool.annotations.effect == Annotations::Effect::read_only;
  const bool destructive = tool.annotations.effect == Annotations::Effect::destructive;
  const bool idempotent = tool.annotations.repeat == Annotations::Repeat::idempotent;
  std::string json = R"({"title":)" + core::json_quote(tool.title);
  json += R"(,"readOnlyHint":)";
  json += text(read_only);
  json += R"(,"destructiveHint":)";
  json += text(destructive);
  json += R"(,"idempotentHint":)";
  json += text(idempotent);
  json += R"(,"openWorldHint":false})";
  return json;
}

std::string tool_json(const Tool& tool, Revision revision) {
  std::string json = R"({"name":)" + core::json_quote(tool.name);
  if (revision >= Revision::v2025_06_18) json += R"(,"title":)" + core::json_quote(tool.title);
  json += R"(,"description":)" + core::json_quote(tool.description);
  json += R"(,"inputSchema":)" + tool.input_schema;
  if (revision >= Revision::v2025_06_18 && !tool.output_schema.empty()) {
    json += R"(,"outputSchema":)" + tool.output_schema;
  }
  if (revision >= Revision::v2025_03_26) json += R"(,"annotations":)" + annotations_json(tool);
  return json + '}';
}

Members tool_result(const ToolResult& result, Revision revision) {
  std::string json = R"("content":[{"type":"text","text":)" + core::json_quote(result.text) + "}]";
  if (revision >= Revision::v2025_06_18 && !result.structured.empty()) {
    json += R"(,"structuredContent":)" + result.structured;
  }
  if (result.kind == ToolResult::Kind::error) json += R"(,"isError":true)";
  return {std::move(json)};
}

Error invalid_params(std::string message) {
  return {ErrorCode::invalid_params, "Invalid params: " + std::move(message) + ".", {}};
}

}  // namespace

Answer list_tools(const Exchange& exchange, const Message& message, Revision revision) {
  if (parameter(message, "cursor")) return invalid_params("unknown cursor; all tools are on the first page");
  std::string json = R"("tools":[)";
  bool first = true;
  for (const Tool& tool : exchange.tools) {
    if (!is_available(tool, exchange.config)) continue;
    if (!first) json += ',';
    first = false;
    json += tool_json(tool, revision);
  }
  return Members{json + ']'};
}

Answer call_tool(const Exchange& exchange, const Message& message, Revision revision) {
  const std::optional<core::JsonView> name_member = parameter(message, "name");
  std::string_view tool_name;
  if (!name_member || name_member->get_string().get(tool_name) != simdjson::SUCCESS) {
    return invalid_params("name must be the name of a tool");
  }
  const Tool* tool = find_tool(exchange, tool_name);
  if (!tool) return invalid_params("unknown tool " + core::json_quote(tool_name));

  // A gate of its own: the view of "no arguments" must outlive the call, and the message's own gate holds the
  // message.
  core::JsonGate empty_gate;
  std::optional<core::JsonView> arguments = parameter(message, "arguments");
  if (!arguments) arguments = empty_gate.parse("{}").root;
  if (!arguments->is_object()) return invalid_params("arguments must be an object");

  const Permission permission = exchange.gate.permit(*tool, exchange.caller, exchange.step);
  switch (permission.kind) {
    case Permission::Kind::refused: return tool_result(ToolResult::error(permission.message), revision);
    case Permission::Kind::scope_missing: return ScopeMissing{permission.challenge, permission.message};
    case Permission::Kind::allowed: break;
  }
  return tool_result(tool->run(ToolCall{*arguments, exchange.caller, exchange.config, exchange.step}),
                     revision);
}

}  // namespace mcp
