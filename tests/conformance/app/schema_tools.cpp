#include "fixtures.h"

namespace conformance {

namespace {

using mcp::Call;
using mcp::ToolOutcome;
using mcp::ToolResult;

/// SEP-1613 and SEP-2106: keywords that a server must not lose on the way to the client.
constexpr std::string_view kContact = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
    }
  },
  "properties": {
    "name": { "type": "string" },
    "address": { "$ref": "#/$defs/address" },
    "contactMethod": { "type": "string", "enum": ["phone", "email"] },
    "phone": { "type": "string" },
    "email": { "type": "string" }
  },
  "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
  "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
  "then": { "required": ["phone"] },
  "else": { "required": ["email"] },
  "additionalProperties": false
})";

ToolOutcome contact(Call& call) {
  return ToolResult::text("JSON Schema 2020-12 tool called with: " + core::json_text(call.arguments));
}

/// SEP-2243: who routes requests can see the region without reading the body.
constexpr std::string_view kRegion = R"({
  "type": "object",
  "properties": {
    "region": { "type": "string", "description": "Where the call belongs.", "x-mcp-header": "Region" }
  },
  "required": ["region"],
  "additionalProperties": false
})";

ToolOutcome region(Call& call) {
  return ToolResult::text("Region: " +
                          std::string(core::string_member(call.arguments, "region").value_or("")));
}

}  // namespace

std::vector<mcp::Tool> schema_tools() {
  return {
      tool("json_schema_2020_12_tool", "Contact", "Tool with JSON Schema 2020-12 features", contact,
           kContact),
      tool("test_x_mcp_header", "Region", "Takes an argument that clients repeat in a header.", region,
           kRegion),
  };
}

}  // namespace conformance
