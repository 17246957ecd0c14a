// W3C Trace Context (https://www.w3.org/TR/trace-context/): a request that belongs to a trace names it in
// `traceparent`, and whoever fetches something for it passes the name on with an id of their own. Nothing is
// recorded here but the trace's id in the log, so that a trace elsewhere leads to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/crypto.h"
#include "core/http.h"

namespace core {

struct TraceContext {
  /// 32 lower-case hexadecimal digits, not all zero. Empty: there is no trace.
  std::string trace_id = {};
  /// Whether the caller may have recorded it (the flag `sampled`); passed on as it came.
  enum class Sampled : uint8_t { no, yes } sampled = Sampled::no;
  /// The members of `tracestate`, as they came. May be empty.
  std::string state = {};

  bool exists() const { return !trace_id.empty(); }
};

/// What the values of `traceparent` and `tracestate` say. No trace where the first is not of version 00 to
/// the letter; a second one that is malformed or longer than 512 characters is left out.
TraceContext read_trace(std::string_view traceparent, std::string_view tracestate);

/// One that is put together again. No trace where the id is none; a state that is malformed is left out.
TraceContext trace_of(std::string_view trace_id, TraceContext::Sampled sampled, std::string_view tracestate);

/// A trace that begins here. Not sampled: nobody before us records it.
TraceContext new_trace(Entropy& entropy);

/// For a request that goes out: the trace, with a new parent id. Begins a trace where there is none; a
/// request that names one already keeps it.
void add_trace(Headers& headers, TraceContext& trace, Entropy& entropy);

}  // namespace core
