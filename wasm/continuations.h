// Which of the application's machines an `Await` belongs to: the first byte of its continuation.
#pragma once

#include <string>
#include <string_view>

#include "core/step.h"

enum class Machine : uint8_t {
  sign_in = 1,
  token_endpoint,
  registration,
  validate,
  complete,
  deliver,
  mcp,
  page_sign_in,
  webhook,
  delivered_event,
  admin,
  archive,
  archived_export,
  discovery,
  verify_at_edge,
};

inline std::string continuation(Machine machine, std::string_view state) {
  return std::string(1, static_cast<char>(machine)).append(state);
}

/// An `Await` of a machine that has no name for itself yet.
inline core::Outcome named(Machine machine, core::Outcome outcome) {
  if (core::Await* await = std::get_if<core::Await>(&outcome))
    await->continuation = continuation(machine, await->continuation);
  return outcome;
}
