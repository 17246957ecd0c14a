// What a deployment's log says of a request: one line of JSON, made in the step that answers it. Whoever
// knows a part of it writes that part here (`Context::report`): the host when the request arrived, the
// protocol its method, the authority its decision.
//
// In it are names that this code knows and ids that say nothing by themselves. Never a text of a client's or
// a person's: a method, tool or path that is not ours is left out or called "other".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http.h"
#include "core/storage.h"
#include "core/time.h"
#include "core/trace_context.h"

namespace core {

/// Which requests have a line, and whether calls of tools are counted in Analytics Engine.
struct Reporting {
  enum class Lines : uint8_t { none, errors, all } lines = Lines::none;
  enum class Counts : uint8_t { no, yes } counts = Counts::no;
};

struct Report {
  /// HTTP method and path of the request, from short lists (`describe_request`). Empty: this is no request.
  std::string_view http = {};
  std::string_view route = {};
  Instant arrived = {};
  TraceContext trace = {};
  /// Rows that the steps so far read and wrote.
  RowCount rows = {};

  /// "modern" or "legacy", and the protocol's method. Empty where the request is no message of it.
  std::string_view era = {};
  std::string_view method = {};
  /// The tool, prompt or resource that was called, by its name in the catalogue.
  std::string_view tool = {};
  /// The authority's last word: `authority::name` of outcome and reason.
  std::string_view decision = {};
  std::string_view reason = {};
  /// Pseudonyms.
  std::string principal = {};
  std::string grant = {};
};

/// Fills in `http` and `route`, and the trace that the headers name.
void describe_request(Report& report, const Request& request);

/// The line, as JSON. `status`: HTTP, nothing where another one gives it (the OAuth provider).
std::string report_line(const Report& report, std::optional<int> status, Instant now);

/// For what goes on without the request: `http` and `route` are empty, no rows were used yet.
Report without_request(const Report& report);
/// What a continuation carries of a report, before the continuation of the application itself. Empty where
/// there is nothing to carry.
std::string carried_report(const Report& report, Reporting::Lines lines);
/// Takes that from the front of a continuation. One without it stays as it is.
void take_carried_report(Report& report, std::string& continuation);

/// One call of a tool, for Analytics Engine: `index` is what it samples by.
struct DataPoint {
  std::string index;
  std::vector<std::string> texts;
  std::vector<double> numbers;
};
/// Texts: era, method, tool, decision, reason. Numbers: milliseconds, rows read, rows written. The index is
/// the tool, so that no point leads to a person.
DataPoint data_point(const Report& report, Instant now);
/// The calls that are counted.
bool is_tool_call(const Report& report);

/// Requests for it have a line only where they fail.
inline constexpr std::string_view kHealthRoute = "/healthz";

}  // namespace core
