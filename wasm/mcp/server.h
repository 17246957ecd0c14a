// An MCP server over Streamable HTTP, for both eras on one endpoint: legacy (initialize and sessions,
// 2024-11-05 to 2025-11-25) and modern (2026-07-28, stateless). It gets requests that are already
// authenticated. What it keeps, it keeps in the principal's storage.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"
#include "mcp/gate.h"
#include "mcp/prompt.h"
#include "mcp/resource.h"
#include "mcp/tool.h"

namespace mcp {

struct Implementation {
  std::string_view name;
  std::string_view title;
  std::string_view version;
  std::string_view instructions;
  std::string_view website = {};
  std::vector<Icon> icons = {};
};

/// What a server offers. Lists come in this order.
struct Offer {
  Implementation info;
  std::vector<Tool> tools = {};
  std::vector<Resource> resources = {};
  std::vector<ResourceTemplate> templates = {};
  std::vector<Prompt> prompts = {};
  /// Entries on one page of a list.
  size_t page_size = 100;
};

class Catalogue;

/// What the client of a request calls itself: in `initialize`, or in `_meta` from 2026-07-28 on. Empty where
/// it does not say.
std::string client_name(std::string_view body);

/// What is known of a request that failed inside.
enum class Changed : uint8_t { nothing, unknown };

class Server {
 public:
  explicit Server(Offer offer);
  ~Server();
  const Offer& offer() const;

  /// Answers a request to the MCP endpoint. Needs `step.storage`. The continuation of an `Await` is for
  /// `resume`.
  core::Outcome handle(const core::Request& request, const Caller& caller, const core::Config& config,
                       Gate& gate, core::Context& step) const;
  /// Goes on with a call whose effects are done.
  core::Outcome resume(std::string_view continuation, const std::vector<core::EffectResult>& results,
                       const core::Config& config, Gate& gate, core::Context& step) const;
  /// A call that went on in the background trapped, and its step was rolled back.
  void lost(std::string_view continuation, core::Context& step) const;
  /// The host has linked a stream that an answer began. False: there is no such stream (any more).
  bool stream_opened(std::string_view stream_id, core::Context& step) const;
  void stream_closed(std::string_view stream_id, core::Context& step) const;
  /// Does what is due: ends what is too old, goes on with tasks that slept. Sets the next alarm.
  void alarm(const core::Config& config, Gate& gate, core::Context& step) const;
  /// After the object came back: these streams are still linked, and no others. Ends what is too old.
  void wake(const std::vector<std::string>& open_streams, core::Context& step) const;

  /// The answer to a request that failed inside: a JSON-RPC internal error (-32603), with the request's id
  /// where it can be read. Touches no storage.
  core::Response fault(const core::Request& request, Changed changed) const;

 private:
  std::unique_ptr<Catalogue> catalogue_;
};

/// Creates what the protocol needs in a principal's storage, from what `version` of it had (0: nothing).
/// Returns the version that it has now.
int64_t migrate(core::Storage& storage, int64_t version);

/// Ends everything of a grant: sessions, streams, waiting calls and tasks.
void end_grant(core::Context& step, std::string_view grant_id);
/// What a grant had goes on under the grant that replaced it; its clients hear that lists may have changed.
void replace_grant(core::Context& step, std::string_view from_grant, std::string_view to_grant);

// ---- Telling all clients of this principal ----

/// To those who have subscribed to the resource.
void notify_resource_updated(core::Context& step, std::string_view uri);
enum class List { tools, prompts, resources };
void notify_list_changed(core::Context& step, List list);
/// The human is done with a page of a `UrlElicitation` (2025-11-25).
void notify_elicitation_complete(core::Context& step, std::string_view elicitation_id);

}  // namespace mcp
