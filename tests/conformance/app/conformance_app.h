// The application that the official conformance suite calls: the protocol with the suite's fixtures on it,
// and without authorization, for the suite cannot send a token. Never deployed: it answers loopback hosts
// alone.
#pragma once

#include "core/application.h"
#include "mcp/server.h"

namespace conformance {

class ConformanceApp final : public core::Application {
 public:
  explicit ConformanceApp(core::Config config);

 private:
  core::Outcome answer(const core::Input& input, core::Context& step) override;
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

  const core::Config config_;
  const mcp::Server server_;
};

}  // namespace conformance
