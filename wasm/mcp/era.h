// Which era a POST belongs to. Decided once, by the body first: a message that carries a protocol version in
// `_meta` is modern whatever its headers say, and disagreement is an error, never a silent change of era. The
// header decides for notifications alone, which need no `_meta`. `Mcp-Method` never selects an era: bridges
// send it on legacy requests too.
#pragma once

#include <variant>
#include <vector>

#include "core/http.h"
#include "mcp/jsonrpc.h"

namespace mcp {

inline constexpr std::string_view kMetaProtocolVersion = "io.modelcontextprotocol/protocolVersion";

/// One message of the legacy era: 2025-11-25 and older.
struct LegacyMessage {
  Message message;
};
/// A JSON-RPC batch (2025-03-26 alone has them): never empty, no element claims the modern era.
struct LegacyBatch {
  std::vector<Message> messages;
};
/// A request or a notification of 2026-07-28 or later, its `_meta` and headers not yet checked.
struct ModernMessage {
  Message message;
};
/// Answered with 400.
struct BadRequest {
  Error error;
  std::optional<RequestId> id;
};

using Route = std::variant<LegacyMessage, LegacyBatch, ModernMessage, BadRequest>;

/// `body` is the whole JSON value of a POST.
Route classify(core::JsonView body, const core::Headers& headers);

/// The value of `_meta[name]`; nothing where there is none.
std::optional<core::JsonView> meta_member(const Message& message, std::string_view name);

/// The error for headers and body that disagree (MCP 2026-07-28, basic/transports, "Header Validation").
Error header_mismatch(std::string_view header, std::string explanation);

}  // namespace mcp
