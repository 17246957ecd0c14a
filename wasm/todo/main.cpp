// The module of the to-do list: the exports of wasm/module with a resource server behind them.
#include "resource_server.h"

std::unique_ptr<core::Application> core::make_application(Config config, Crypto& crypto) {
  return std::make_unique<ResourceServer>(std::move(config), crypto);
}
