#include "core/trace_context.h"

#include <algorithm>

namespace core {

namespace {

constexpr size_t kMaxState = 512;
constexpr size_t kMaxMembers = 32;
constexpr size_t kMaxMemberPart = 256;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("_-*/@").find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  return c >= ' ' && c <= '~' && c != ',' && c != '=';
}

/// `key=value` (section 3.3.1.3); blanks around it are gone.
bool is_member(std::string_view text) {
  const size_t middle = text.find('=');
  if (middle == std::string_view::npos) return false;
  const std::string_view key = text.substr(0, middle), value = text.substr(middle + 1);
  if (key.empty() || value.empty() || key.size() > kMaxMemberPart || value.size() > kMaxMemberPart)
    return false;
  return std::all_of(key.begin(), key.end(), is_key_char) &&
         std::all_of(value.begin(), value.end(), is_value_char);
}

bool is_state(std::string_view text) {
  if (text.size() > kMaxState) return false;
  const std::vector<std::string_view> members = split(text, ',');
  return members.size() <= kMaxMembers && std::all_of(members.begin(), members.end(), is_member);
}

}  // namespace

TraceContext read_trace(std::string_view traceparent, std::string_view tracestate) {
  // 00-<32 digits>-<16 digits>-<2 digits>
  const auto part = [&](size_t at, size_t size) { return traceparent.substr(at, size); };
  if (traceparent.size() != 55 || part(0, 3) != "00-" || part(35, 1) != "-" || part(52, 1) != "-") return {};
  if (!is_id(part(36, 16)) || !is_hex(part(53, 2))) return {};
  // The last bit of the last digit.
  const char last = traceparent.back();
  const int digit = last <= '9' ? last - '0' : last - 'a' + 10;
  const auto sampled = digit % 2 == 1 ? TraceContext::Sampled::yes : TraceContext::Sampled::no;
  return trace_of(part(3, 32), sampled, tracestate);
}

TraceContext trace_of(std::string_view trace_id, TraceContext::Sampled sampled, std::string_view tracestate) {
  if (trace_id.size() != 32 || !is_id(trace_id)) return {};
  TraceContext trace;
  trace.trace_id = trace_id;
  trace.sampled = sampled;
  if (is_state(tracestate)) trace.state = tracestate;
  return trace;
}

TraceContext new_trace(Entropy& entropy) {
  TraceContext trace;
  trace.trace_id = hex(entropy.bytes(16));
  return trace;
}

void add_trace(Headers& headers, TraceContext& trace, Entropy& entropy) {
  if (headers.has("traceparent")) return;
  if (!trace.exists()) trace = new_trace(entropy);
  const bool sampled = trace.sampled == TraceContext::Sampled::yes;
  headers.add("traceparent",
              "00-" + trace.trace_id + '-' + hex(entropy.bytes(8)) + (sampled ? "-01" : "-00"));
  if (!trace.state.empty()) headers.add("tracestate", trace.state);
}

}  // namespace core
