// The authorization layer, as the protocol sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/call.h"
#include "mcp/tool.h"

namespace mcp {

/// What somebody wants to use: a tool, a resource or a prompt.
struct Use {
  std::string_view name;
  std::string_view scope;
  Availability availability = Availability::always;
};

/// The authorization layer's word on one use.
struct Permission {
  enum class Kind {
    allowed,
    refused,        // `message` says why: a result with isError for tools, an error for others
    scope_missing,  // 403 with `challenge` as the WWW-Authenticate value (RFC 6750 section 3.1)
  };
  Kind kind = Kind::allowed;
  std::string message;
  std::string challenge;
};

class Gate {
 public:
  virtual ~Gate() = default;
  /// Asked before each run of a call, so that what was ended in between does not go on.
  virtual Permission permit(const Use& use, const Caller& caller, core::Context& step) = 0;
  /// False where this caller can never have it, so that lists leave it out. What they may get by asking for
  /// more, or what is refused for now, stays in the lists.
  virtual bool shows(const Use& use, const Caller& caller) = 0;
  /// The caller of a call that goes on later; nothing where their authority has ended.
  virtual std::optional<Caller> recall(std::string_view handle, core::Context& step) = 0;
};

}  // namespace mcp
