// What every part of the protocol needs while one HTTP request is answered.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/http.h"
#include "core/step.h"
#include "mcp/jsonrpc.h"
#include "mcp/revision.h"
#include "mcp/server.h"
#include "mcp/tool.h"

namespace mcp {

struct Exchange {
  const core::Request& request;
  const Caller& caller;
  const core::Config& config;
  Gate& gate;
  core::Context& step;
  const Implementation& info;
  const std::vector<Tool>& tools;

  core::Storage& storage() const { return *step.storage; }
};

/// The members of a result object as JSON text, without the braces: each era adds its own. May be empty.
struct Members {
  std::string json;
};
/// The token lacks a scope: 403 with `challenge` as WWW-Authenticate, so that the client can step up.
struct ScopeMissing {
  std::string challenge;
  std::string message;
};

/// What a method answers.
using Answer = std::variant<Members, Error, ScopeMissing>;

/// The server's own description: an `Implementation` object.
std::string implementation_json(const Implementation& info, Revision revision);

Error method_not_found(const Message& message);
Error insufficient_scope(const ScopeMissing& scope);
/// 403 with the challenge (RFC 6750 section 3.1; MCP 2025-11-25, basic/authorization, "Scope Challenge
/// Handling").
core::Response forbidden(const std::optional<RequestId>& id, const ScopeMissing& scope);

}  // namespace mcp
