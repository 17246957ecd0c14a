// The params of a call as they are kept and compared: without what changes from one try to the next.
#pragma once

#include <string>

#include "core/json.h"
#include "core/step.h"

namespace mcp {

/// A JSON object without `_meta`, `inputResponses` and `requestState`.
std::string params_to_keep(core::JsonView params);

/// SHA-256 in hexadecimal of the same, with the members of all objects in the order of their names: equal
/// params have equal digests however they were written.
std::string params_digest(core::Context& step, core::JsonView params);

}  // namespace mcp
