// The application: the only place that knows everything. It routes requests, ties the protocol to the
// authority and the service to both, and turns one input into one output.
#pragma once

#include <string>
#include <string_view>

#include "core/application.h"
#include "core/config.h"
#include "core/step.h"
#include "identity/keys.h"
#include "identity/sign_in.h"
#include "identity/token_memory.h"
#include "mcp/server.h"
#include "service.h"

class App final : public core::Application {
 public:
  App(core::Config config, core::Crypto& crypto);

  core::Outcome handle(const core::Input& input, core::Context& step) override;
  std::string scopes() const override { return service::scope_names(); }

 private:
  core::Outcome on(const core::EdgeRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalRequest& input, core::Context& step);
  core::Outcome on(const core::PrincipalCall& input, core::Context& step);
  core::Outcome on(const core::VaultCall& input, core::Context& step);
  core::Outcome on(const core::Alarm&, core::Context& step);
  core::Outcome on(const core::Wake& input, core::Context& step);
  core::Outcome on(const core::Fault& input, core::Context& step);
  core::Outcome on(const core::Resume& input, core::Context& step);
  core::Outcome on(const core::StreamOpened& input, core::Context& step);
  core::Outcome on(const core::StreamClosed& input, core::Context& step);
  core::Outcome on(const core::Lost& input, core::Context& step);

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
  core::Outcome on_its_way(core::Outcome outcome, std::string_view origin) const;
  core::Outcome deliver(core::Context& step);
  void forget_grant(std::string_view grant_id, core::Context& step);

  const core::Config config_;
  core::Crypto& crypto_;
  const identity::Keys keys_;
  const identity::SignIn sign_in_;
  const mcp::Server server_;
  identity::TokenMemory tokens_;
};
