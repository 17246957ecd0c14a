#include "mcp/trace.h"

#include "mcp/era.h"

namespace mcp {

void log_trace(core::Context& step, const Message& message) {
  core::Json line;
  for (const char* key : {"traceparent", "tracestate", "baggage"}) {
    const std::optional<core::JsonView> value = meta_member(message, key);
    std::string_view text;
    if (value && value->get_string().get(text) == simdjson::SUCCESS && text.size() <= kMaxTraceBytes) {
      line[key] = text;
    }
  }
  if (line.empty()) return;
  line["method"] = message.method;
  if (message.params) {
    if (const auto target = core::string_member(*message.params, "name")) line["name"] = *target;
  }
  step.log.push_back(core::json_text(line));
}

}  // namespace mcp
