// The module that the conformance suite calls: the exports of wasm/module with the suite's fixtures behind
// them.
#include "conformance_app.h"

std::unique_ptr<core::Application> core::make_application(Config config, Crypto&) {
  return std::make_unique<conformance::ConformanceApp>(std::move(config));
}
