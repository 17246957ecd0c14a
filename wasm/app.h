// The application: the only place that knows everything. It routes requests, ties the protocol to the
// authority and the service to both, and turns one input into one output.
//
// What differs between deployments is the door: how clients and people prove who they are
// (authorization_server.h, resource_server.h). It is the part that a class of its own overrides here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "authority/replay.h"
#include "authority/revocation.h"
#include "authority_page.h"
#include "continuations.h"
#include "core/application.h"
#include "core/config.h"
#include "core/json.h"
#include "core/rate_limiter.h"
#include "core/step.h"
#include "identity/keys.h"
#include "identity/page_sign_in.h"
#include "identity/provider.h"
#include "identity/token_exchange.h"
#include "identity/token_memory.h"
#include "mcp/server.h"
#include "service.h"

class App : public core::Application {
 public:
  std::string scopes() const override { return scope_names(); }
  std::string replay(std::string_view input) const override { return authority::replay(input); }

 protected:
  App(core::Config config, core::Crypto& crypto);
  core::Outcome answer(const core::Input& input, core::Context& step) override;

  /// Who signs humans in to the pages.
  virtual const identity::Provider& provider() const = 0;

  // ---- The door, in the Worker ----

  /// A request to the Worker, and the address that it came to.
  struct Visit {
    const core::Request& request;
    const core::Url& url;
    const identity::Site& site;
    /// For rate limits only.
    std::string_view client_address;
  };
  /// Paths of the door's own; nothing for all others.
  virtual std::optional<core::Outcome> at_door(const Visit& visit, core::Context& step) = 0;
  /// Whose object answers a request to the MCP endpoint: its token says so.
  virtual core::Outcome admit_at_edge(const core::Request& request, const identity::Site& site,
                                      core::Context& step) = 0;

  // ---- The door, in a principal's object ----

  /// A request that the door forwarded: ends with `act` where its token is good.
  virtual core::Outcome admit_at_principal(const core::Request& request, const core::Url& url,
                                           const identity::Site& site, core::Context& step) = 0;
  /// A call of the Worker (`core::CallPrincipal`) that is the door's. `text`: all of it.
  virtual core::Outcome called(std::string_view what, core::JsonView call, const std::string& text,
                               core::Context& step) = 0;
  virtual core::Outcome on(const core::VaultCall& input, core::Context& step) = 0;
  /// Where clients are allowed by their first use: what the human ended may begin anew. Gives the new grant;
  /// nothing where this is no such door, or no such grant.
  virtual std::optional<std::string> allow_again(std::string_view, core::Context&) { return std::nullopt; }
  /// The human has ended all of their deputies.
  virtual void all_were_ended(core::Context&) {}
  /// Until when tokens of a grant live on elsewhere.
  virtual std::optional<identity::LiveTokens> live_tokens(const authority::Grant&, core::Context&) {
    return std::nullopt;
  }
  virtual void create_door_schema(core::Storage& storage) = 0;
  /// The answer to a client whose grant has ended, or whose token is for something else.
  virtual core::Outcome not_admitted(const core::Request& request, const identity::Site& site) = 0;
  /// The grant has ended: what the door keeps for it goes, tokens above all.
  virtual void forget_grant(std::string_view grant_id, core::Storage& storage) = 0;

  /// What the door has awaited, by the names that it gave to `continuation`.
  virtual core::Outcome resumed(Machine machine, std::string_view state,
                                const std::vector<core::EffectResult>& results, core::Context& step) = 0;

  // ---- What the door needs ----

  /// Does what a client asks for that may call: `token` is valid, for this resource.
  core::Outcome act(const core::Request& request, const identity::Site& site,
                    const identity::ValidToken& token, core::Context& step);
  /// A call goes on to its principal's object, unless its deputy calls too often: counted before the hop, so
  /// that a flood wakes nobody. `deputy`: whom to count, a name for the limiter alone.
  core::Outcome forward_call(const core::Request& request, std::string principal, std::string_view deputy,
                             core::Instant now);
  /// 401 that a browser's client may read.
  static core::Respond unauthorized(const core::Request& request, const identity::Site& site,
                                    identity::Challenge challenge);
  static core::Outcome lost_its_way();
  /// A new grant begins its trail. `by`: see `authority::Actor::era`.
  void begin_grant(std::string_view grant_id, std::string_view by, core::Context& step);
  /// The one way in which grants end: the trail, tokens, sessions, streams and waiting calls with it. Nothing
  /// where it had ended before. `by`: who ends it, for the trail.
  std::optional<authority::Revocation> end_grant(std::string_view grant_id, authority::Event event,
                                                 std::string_view reason, std::string_view by,
                                                 core::Context& step);
  void end_expired_grants(core::Context& step);
  /// Makes what is missing, once for each module. False where a newer one has changed what this cannot live
  /// with.
  bool prepare_tables(core::Storage& storage);
  /// Whose object this is; empty before the first grant.
  static std::string principal_of(core::Storage& storage);
  /// The first who comes through a sign-in is whose object this is; nobody else ever is.
  static bool belongs_to(core::Storage& storage, std::string_view name);
  /// Open pages whose session has ended hear so.
  static void end_orphaned_watchers(core::Context& step);

  const core::Config config_;
  core::Crypto& crypto_;
  const identity::Keys keys_;
  const mcp::Server server_;
  const authority::Vocabulary words_;
  identity::TokenMemory tokens_;
  authority::Notary notary_;

 private:
  core::Outcome on(const core::EdgeRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalCall& input, core::Context& step);
  core::Outcome on(const core::Alarm&, core::Context& step);
  core::Outcome on(const core::Wake& input, core::Context& step);
  core::Outcome on(const core::Fault& input, core::Context& step);
  core::Outcome on(const core::Resume& input, core::Context& step);
  core::Outcome on(const core::StreamOpened& input, core::Context& step);
  core::Outcome on(const core::StreamClosed& input, core::Context& step);
  core::Outcome on(const core::Lost& input, core::Context& step);

  /// Name, version and the hash of the module that runs, in JSON: audit entries name the same hash.
  std::string what_runs() const;
  core::Outcome mcp_at_edge(const core::Request& request, const identity::Site& site, core::Context& step);
  static core::Respond too_many_calls(const core::Request& request, core::Instant now);
  core::Outcome page_at_edge(const core::Request& request, const core::Url& url,
                             const identity::Site& site) const;
  core::Outcome page_at_principal(const core::Request& request, const core::Url& url,
                                  const identity::Site& site, core::Context& step);
  core::Outcome open_page_session(core::JsonView call, core::Context& step);
  core::Outcome on_its_way(core::Outcome outcome, std::string_view origin) const;
  core::Outcome deliver(core::Context& step);
  /// What the alarm sends away: entries for the archive first, then what is in the outbox.
  core::Outcome send_away(core::Context& step);
  core::Outcome archive_answered(int64_t first, const std::vector<core::EffectResult>& results,
                                 core::Context& step);
  PageWorld page_world(std::string origin, core::Context& step);
  /// The keys that verify what this deployment signs (RFC 7517).
  std::string jwks() const;
  void sweep_authority(core::Context& step);
  identity::PageSignIn page_sign_in() const;

  /// This instance may be that of the Worker and of objects at the same time: each counts a call once. In an
  /// object a token is known to be good, and all calls come there: that count is exact while the object is
  /// awake.
  core::RateLimiter calls_at_edge_;
  core::RateLimiter calls_in_objects_;
  /// `notary_` under the address at which the page is open.
  authority::Notary page_notary_;
};
