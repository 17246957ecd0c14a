#include "mcp/report.h"

#include <algorithm>
#include <array>

#include "mcp/era.h"

namespace mcp {

namespace {

/// Those of calls first, for they come most often.
constexpr std::array<std::string_view, 22> kMethods = {"tools/call",
                                                       "prompts/get",
                                                       "resources/read",
                                                       "tools/list",
                                                       "prompts/list",
                                                       "resources/list",
                                                       "resources/templates/list",
                                                       "completion/complete",
                                                       "server/discover",
                                                       "subscriptions/listen",
                                                       "tasks/get",
                                                       "tasks/update",
                                                       "tasks/cancel",
                                                       "initialize",
                                                       "ping",
                                                       "resources/subscribe",
                                                       "resources/unsubscribe",
                                                       "logging/setLevel",
                                                       "notifications/initialized",
                                                       "notifications/cancelled",
                                                       "notifications/progress",
                                                       "notifications/roots/list_changed"};

std::string_view meta_text(const Message& message, std::string_view name) {
  const std::optional<core::JsonView> value = meta_member(message, name);
  std::string_view text;
  return value && value->get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

std::string_view known_method(std::string_view method) {
  const auto known = std::find(kMethods.begin(), kMethods.end(), method);
  return known == kMethods.end() ? "other" : *known;
}

void report_message(core::Report& report, std::string_view era, const Message& message) {
  report.era = era;
  report.method = message.kind == Message::Kind::response ? "response" : known_method(message.method);
  if (!report.trace.exists()) {
    report.trace = core::read_trace(meta_text(message, "traceparent"), meta_text(message, "tracestate"));
  }
}

}  // namespace mcp
