// Arguments that clients repeat in headers, for those who route by them (MCP 2026-07-28, basic/transports,
// "Custom Headers from Tool Parameters": `x-mcp-header`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http.h"
#include "core/json.h"
#include "mcp/jsonrpc.h"

namespace mcp {

struct HeaderParam {
  std::string header;             // Mcp-Param-...
  std::vector<std::string> path;  // names of properties, from the arguments on
  enum class Type { string, integer, boolean } type;
};

struct HeaderParams {
  std::vector<HeaderParam> all;
  std::string problem;  // what is wrong with the schema's annotations; empty where nothing is
};

/// What a tool's input schema asks for. An annotation that breaks a rule is left out and reported.
HeaderParams header_params(core::JsonView input_schema);

/// The error for headers that do not repeat what the arguments say.
std::optional<Error> check_header_params(const std::vector<HeaderParam>& params, core::JsonView arguments,
                                         const core::Headers& headers);

}  // namespace mcp
