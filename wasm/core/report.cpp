#include "core/report.h"

#include <algorithm>
#include <array>

#include "core/json.h"

namespace core {

namespace {

/// Before what is carried. No application begins a continuation with it.
constexpr char kCarried = 0;

constexpr std::string_view kOther = "other";
constexpr std::array<std::string_view, 8> kMethods = {"GET",    "HEAD", "POST",  "OPTIONS",
                                                      "DELETE", "PUT",  "PATCH", kOther};
/// Paths, and all below them.
constexpr std::array<std::string_view, 14> kRoutes = {
    "/mcp",   "/token",    "/authorize", "/consent",     "/callback",  "/register", "/authority",
    "/admin", "/webhooks", "/api",       "/.well-known", kHealthRoute, "/",         kOther};

template <size_t N>
uint8_t index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<uint8_t>(std::find(names.begin(), names.end() - 1, name) - names.begin());
}

template <size_t N>
std::string_view name_at(const std::array<std::string_view, N>& names, uint8_t index) {
  return names[std::min<size_t>(index, N - 1)];
}

/// Of a URL that the host has made canonical.
std::string_view path_of(std::string_view url) {
  const size_t host = url.find("://");
  if (host == std::string_view::npos) return {};
  url.remove_prefix(std::min(url.find('/', host + 3), url.size()));
  return url.substr(0, url.find_first_of("?#"));
}

/// A word of this program's own, or digits: there is nothing in it to escape.
void add(std::string& line, std::string_view name, std::string_view word) {
  if (word.empty()) return;
  line.append(",\"").append(name).append("\":\"").append(word).append(1, '"');
}

void add_quoted(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(",\"").append(name).append("\":").append(json_quote(value));
}

void add(std::string& line, std::string_view name, int64_t value) {
  line.append(",\"").append(name).append("\":").append(std::to_string(value));
}

/// Not less than none, where the clock has been set back.
int64_t milliseconds_of(const Report& report, Instant now) {
  if (report.arrived.milliseconds == 0) return 0;
  return std::max<int64_t>(0, now.milliseconds - report.arrived.milliseconds);
}

}  // namespace

void describe_request(Report& report, const Request& request) {
  report.http = name_at(kMethods, index_of(kMethods, request.method));
  const std::string_view path = path_of(request.url);
  const std::string_view root = path.substr(0, path.find('/', 1));
  report.route = name_at(kRoutes, index_of(kRoutes, root));
  if (const std::optional<std::string_view> parent = request.headers.get("traceparent")) {
    report.trace = read_trace(*parent, request.headers.get("tracestate").value_or(""));
  }
}

std::string report_line(const Report& report, std::optional<int> status, Instant now) {
  std::string line;
  line.reserve(512);
  line.append("{\"event\":\"");
  line.append(report.http.empty() ? "background" : "request");
  line.append(status.value_or(0) >= 500 ? R"(","level":"error")" : R"(","level":"info")");
  add(line, "http", report.http);
  add(line, "route", report.route);
  add(line, "era", report.era);
  add(line, "method", report.method);
  add_quoted(line, "tool", report.tool);
  add(line, "decision", report.decision);
  add(line, "reason", report.reason);
  add_quoted(line, "principal", report.principal);
  add_quoted(line, "grant", report.grant);
  add(line, "trace", report.trace.trace_id);
  if (status) add(line, "status", *status);
  add(line, "ms", milliseconds_of(report, now));
  add(line, "rows_read", report.rows.read);
  add(line, "rows_written", report.rows.written);
  return line + '}';
}

std::string carried_report(const Report& report, Reporting::Lines lines) {
  if (lines == Reporting::Lines::none && !report.trace.exists()) return {};
  WireWriter writer;
  writer.u8(kCarried);
  // 0: this is no request.
  writer.u8(report.http.empty() ? 0 : static_cast<uint8_t>(index_of(kMethods, report.http) + 1));
  writer.u8(index_of(kRoutes, report.route));
  writer.f64(static_cast<double>(report.arrived.milliseconds));
  writer.f64(static_cast<double>(report.rows.read));
  writer.f64(static_cast<double>(report.rows.written));
  writer.bytes(report.trace.trace_id);
  writer.u8(report.trace.sampled == TraceContext::Sampled::yes ? 1 : 0);
  writer.bytes(report.trace.state);
  return writer.take();
}

void take_carried_report(Report& report, std::string& continuation) {
  if (continuation.empty() || continuation[0] != kCarried) return;
  WireReader reader(std::string_view(continuation).substr(1));
  Report carried;
  if (const uint8_t http = reader.u8(); http > 0) {
    carried.http = name_at(kMethods, static_cast<uint8_t>(http - 1));
    carried.route = name_at(kRoutes, reader.u8());
  } else {
    reader.u8();
  }
  carried.arrived.milliseconds = reader.whole();
  carried.rows.read = reader.whole();
  carried.rows.written = reader.whole();
  const std::string_view trace_id = reader.bytes();
  const auto sampled = reader.u8() == 1 ? TraceContext::Sampled::yes : TraceContext::Sampled::no;
  carried.trace = trace_of(trace_id, sampled, reader.bytes());
  if (!reader.ok()) return;
  report = std::move(carried);
  const size_t rest = reader.rest().size();
  continuation.erase(0, continuation.size() - rest);
}

Report without_request(const Report& report) {
  Report background;
  background.arrived = report.arrived;
  background.trace = report.trace;
  return background;
}

bool is_tool_call(const Report& report) {
  return report.method == "tools/call" && !report.tool.empty();
}

DataPoint data_point(const Report& report, Instant now) {
  DataPoint point;
  point.index = report.tool;
  for (std::string_view text : {report.era, report.method, report.tool, report.decision, report.reason}) {
    point.texts.emplace_back(text);
  }
  for (int64_t number : {milliseconds_of(report, now), report.rows.read, report.rows.written}) {
    point.numbers.push_back(static_cast<double>(number));
  }
  return point;
}

}  // namespace core
