// The application: the only place that knows everything. It routes requests, ties the protocol to the
// authority and the shop to both, and turns one input into one output.
#pragma once

#include <string>
#include <string_view>

#include "core/config.h"
#include "core/step.h"
#include "identity/keys.h"
#include "identity/sign_in.h"
#include "identity/token_memory.h"
#include "mcp/server.h"

class App {
 public:
  App(core::Config config, core::Crypto& crypto);

  /// One step: an encoded input gives an encoded output. `storage` is null in the Worker and a principal's
  /// own in its object. Bytes that are no input give a 500 response.
  std::string step(std::string_view input, core::Storage* storage);

  /// The same with values instead of bytes.
  core::Outcome handle(const core::Input& input, core::Context& step);

 private:
  core::Outcome on(const core::EdgeRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalCall& input, core::Context& step);
  core::Outcome on(const core::VaultCall& input, core::Context& step);
  core::Outcome on(const core::Alarm&, core::Context& step);
  core::Outcome on(const core::Wake&, core::Context& step);
  core::Outcome on(const core::Fault& input, core::Context& step);
  core::Outcome on(const core::Resume& input, core::Context& step);

  core::Outcome mcp_at_edge(const core::Request& request, const identity::Site& site);
  core::Outcome token_at_edge(const core::EffectResult& body, const std::string& issuer);
  core::Outcome registration(const std::vector<core::EffectResult>& results, const std::string& issuer);
  core::Outcome token_at_principal(const core::Request& request, const identity::Site& site,
                                   core::Context& step);
  core::Outcome mcp_at_principal(const core::Request& request, const identity::Site& site,
                                 core::Context& step);
  core::Outcome validated(const core::Request& request, const identity::Site& site,
                          const core::EffectResult& result, core::Context& step);
  core::Outcome act(const core::Request& request, const identity::Site& site,
                    const identity::ValidToken& token, core::Context& step);
  core::Outcome deliver(core::Context& step);
  void forget_grant(std::string_view grant_id, core::Storage& storage);

  const core::Config config_;
  core::Crypto& crypto_;
  const identity::Keys keys_;
  const identity::SignIn sign_in_;
  const mcp::Server server_;
  identity::TokenMemory tokens_;
};
