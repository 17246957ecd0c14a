// The whole measurement, the same in wasm and natively.
#pragma once

#include <string>
#include <string_view>

namespace micro {

struct Plan {
  /// Of each thing, once at the beginning and again before it is measured: V8 compiles again what is used
  /// much.
  uint32_t warm_up_milliseconds;
  /// Runs are timed in batches of at least this: the shorter, the more of them nobody else disturbs.
  uint32_t batch_microseconds;
  uint32_t batches;
};

/// Nanoseconds since some moment.
double now();

/// JSON: {"steps": [...], "stages": [...]}, each with its name, nanoseconds ("median", "low" and "high": the
/// tenth and the ninetieth percentile of the batches) and allocations; steps also with what they ask of the
/// host.
std::string measure(std::string_view tape, const Plan& plan);

}  // namespace micro
