// What every part of the protocol needs while a step works on a message or goes on with a call.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/http.h"
#include "core/step.h"
#include "mcp/catalogue.h"
#include "mcp/gate.h"
#include "mcp/jsonrpc.h"
#include "mcp/revision.h"
#include "mcp/transport.h"

namespace mcp {

struct Exchange {
  const Catalogue& catalogue;
  const core::Config& config;
  Gate& gate;
  core::Context& step;
  const Caller& caller;

  core::Storage& storage() const { return *step.storage; }
};

/// Of a description of this server: brief is without what is for people's eyes.
enum class Detail { brief, full };

/// The members of a result object as JSON text, without the braces: each era adds its own. May be empty.
struct Members {
  std::string json;
  /// 2026-07-28, basic/index, "Result Types".
  std::string_view type = "complete";
  /// How every result of that revision describes the server; in full once, where it is discovered.
  Detail server = Detail::brief;
  /// Members of its `_meta` as JSON text, without braces; may be empty.
  std::string meta = {};
};
/// The token lacks a scope: 403 with `challenge` as WWW-Authenticate, so that the client can step up.
struct ScopeMissing {
  std::string challenge;
  std::string message;
};

/// What a method answers.
using Answered = std::variant<Members, Error, ScopeMissing>;

/// The server's own description: an `Implementation` object.
std::string implementation_json(const Implementation& info, Revision revision, Detail detail = Detail::full);

Error method_not_found(const Message& message);
Error invalid_params(std::string message);
/// -32021 (2026-07-28, basic/index, "Error Codes"); `capabilities`: the text of a `ClientCapabilities`
/// object.
Error missing_capability(std::string_view capabilities);
Error insufficient_scope(const ScopeMissing& scope);
/// What a call that goes on later finds where its grant has ended.
Error authority_ended();
/// 403 with the challenge (RFC 6750 section 3.1; MCP 2025-11-25, basic/authorization, "Scope Challenge
/// Handling").
core::Response forbidden(const std::optional<RequestId>& id, const ScopeMissing& scope);

/// The gate's word as an answer; nothing where it lets it through.
std::optional<Answered> refusal(const Permission& permission);

/// A result with its `_meta`, without what a revision adds: as a task keeps it.
std::string stored_result(const Members& members);

/// The response to a request, as the revision writes it.
std::string answer_text(const Exchange& exchange, Revision revision, const RequestId& id,
                        const Answered& answered);

/// The same as HTTP: 403 where a scope is missing, 400 where the request is at odds with itself or the client
/// has not declared enough, else 200. `before`: notifications that belong to it.
core::Response answer_response(const Exchange& exchange, Revision revision, AcceptedForms accepted,
                               const RequestId& id, const std::vector<std::string>& before,
                               const Answered& answered);

}  // namespace mcp
