// An MCP server over Streamable HTTP, for both eras on one endpoint: legacy (initialize and sessions,
// 2024-11-05 to 2025-11-25) and modern (2026-07-28, stateless). It gets requests that are already
// authenticated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"
#include "mcp/tool.h"

namespace mcp {

struct Implementation {
  std::string_view name;
  std::string_view title;
  std::string_view version;
  std::string_view instructions;
};

class Server {
 public:
  Server(Implementation info, std::vector<Tool> tools) : info_(info), tools_(std::move(tools)) {}

  /// Answers a request to the MCP endpoint. Needs `step.storage`.
  core::Response handle(const core::Request& request, const Caller& caller, const core::Config& config,
                        Gate& gate, core::Context& step) const;

  /// The answer to a request whose step trapped: a JSON-RPC internal error (-32603), with the request's id
  /// where it can be read. Touches no storage.
  core::Response fault(const core::Request& request) const;

 private:
  Implementation info_;
  std::vector<Tool> tools_;
};

/// Creates what sessions need in a principal's storage. Safe to repeat.
void create_schema(core::Storage& storage);
/// Ends every session of a grant.
void end_sessions(core::Storage& storage, std::string_view grant_id);
/// The sessions of a grant go on under the grant that replaced it.
void move_sessions(core::Storage& storage, std::string_view from_grant, std::string_view to_grant);

}  // namespace mcp
