#include "mcp/gate.h"

namespace mcp {

Permission Gate::begin(const Use& use, const Caller& caller, std::string_view, core::Context& step) {
  return permit(use, caller, step);
}

Charged Gate::charge(const Charge&, core::Context&) {
  return {};
}

std::string Gate::waits(WaitsFor, core::Context&) {
  return {};
}

std::string Gate::ended(Ending, core::Context&) {
  return {};
}

void Gate::stopped(std::string_view, core::Context&) {}

}  // namespace mcp
