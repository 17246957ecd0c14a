// The module that ships: the exports of wasm/module with the service behind them.
#include "authorization_server.h"

std::unique_ptr<core::Application> core::make_application(Config config, Crypto& crypto) {
  return std::make_unique<AuthorizationServer>(std::move(config), crypto);
}
