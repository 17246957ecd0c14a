// The authorization layer, as the protocol sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/call.h"
#include "mcp/tool.h"

namespace mcp {

inline constexpr std::string_view kToolsCall = "tools/call";

/// What somebody wants to use: a tool, a resource or a prompt.
struct Use {
  std::string_view name;
  std::string_view scope;
  Availability availability = Availability::always;
  /// Of a call: its method, the tool's title, and the arguments. A private tool's arguments are for nobody's
  /// eyes but its own.
  std::string_view method = {};
  std::string_view title = {};
  std::optional<core::JsonView> arguments = {};
  Privacy privacy = Privacy::shown;
  Revision revision = kModern;
  std::string_view session_id = {};
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

/// Why a call is not over after a run.
enum class WaitsFor { client, effect };
/// How a call ended.
enum class Ending { done, failed };

/// A run of a call is a `begin`, any number of `charge`, and then `waits` or `ended`, all in one step. A gate
/// that keeps no account answers `permit` alone.
class Gate : public Account {
 public:
  virtual ~Gate() = default;
  /// May they, as things stand?
  virtual Permission permit(const Use& use, const Caller& caller, core::Context& step) = 0;
  /// The same before each run of a call, so that what was ended in between does not go on. `ticket`: what
  /// `waits` gave after the run before; empty before the first.
  virtual Permission begin(const Use& use, const Caller& caller, std::string_view ticket,
                           core::Context& step);
  Charged charge(const Charge& charge, core::Context& step) override;
  /// The call goes on with a run in a later step. Gives a ticket for that, a short text.
  virtual std::string waits(WaitsFor what, core::Context& step);
  /// The call is over. Gives members for the `_meta` of its result as JSON text, without braces; may be
  /// empty.
  virtual std::string ended(Ending how, core::Context& step);
  /// A call that waited is over without another run: its caller has lost their authority, or nobody goes on.
  virtual void stopped(std::string_view ticket, core::Context& step);
  /// False where this caller can never have it, so that lists leave it out. What they may get by asking for
  /// more, or what is refused for now, stays in the lists.
  virtual bool shows(const Use& use, const Caller& caller) = 0;
  /// The caller of a call that goes on later; nothing where their authority has ended.
  virtual std::optional<Caller> recall(std::string_view handle, core::Context& step) = 0;
};

}  // namespace mcp
