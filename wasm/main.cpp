// The module that ships: the exports of wasm/module with the service behind them.
#include "app.h"

std::unique_ptr<core::Application> core::make_application(Config config, Crypto& crypto) {
  return std::make_unique<App>(std::move(config), crypto);
}
