// The module of the Todo API: the exports of wasm/module with that application behind them.
#include "todo_api/todo_api.h"

std::unique_ptr<core::Application> core::make_application(Config config, Crypto& crypto) {
  return std::make_unique<todo_api::TodoApi>(std::move(config), crypto);
}
