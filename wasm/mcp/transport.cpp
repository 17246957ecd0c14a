#include "mcp/transport.h"

#include "mcp/streams.h"

#include "simdjson.h"

namespace mcp {

namespace {

/// `;q=0` says "not this one" (RFC 9110 section 12.4.2).
bool has_zero_weight(std::string_view parameters) {
  for (std::string_view parameter : core::split(parameters, ';')) {
    if (!core::equal_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// RFC 4648 section 4, with its padding and with zero bits where no bits are meant.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

AcceptedForms accepted_forms(const core::Headers& headers) {
  if (!headers.has("Accept")) return {};
  AcceptedForms accepted{false, false};
  for (const auto& [name, value] : headers.fields()) {
    if (!core::equal_ignoring_case(name, "Accept")) continue;
    for (std::string_view range : core::split(value, ',')) {
      const size_t end = std::min(range.find(';'), range.size());
      const std::string_view type = core::trim(range.substr(0, end));
      if (has_zero_weight(range.substr(end))) continue;
      if (type == "*/*") accepted = {true, true};
      if (core::equal_ignoring_case(type, "application/json")) accepted.json = true;
      if (core::equal_ignoring_case(type, "application/*")) accepted.json = true;
      if (core::equal_ignoring_case(type, "text/event-stream")) accepted.event_stream = true;
      if (core::equal_ignoring_case(type, "text/*")) accepted.event_stream = true;
    }
  }
  return accepted;
}

bool has_json_content(const core::Headers& headers) {
  const std::string_view type = headers.get("Content-Type").value_or("");
  return core::equal_ignoring_case(core::trim(type.substr(0, type.find(';'))), "application/json");
}

std::optional<std::string> decode_header_value(std::string_view value) {
  constexpr std::string_view kPrefix = "=?base64?";
  constexpr std::string_view kSuffix = "?=";
  if (value.size() < kPrefix.size() + kSuffix.size() || !value.starts_with(kPrefix) ||
      !value.ends_with(kSuffix)) {
    return std::string(value);
  }
  value.remove_prefix(kPrefix.size());
  value.remove_suffix(kSuffix.size());
  std::optional<std::string> text = decode_base64(value);
  if (text && !simdjson::validate_utf8(*text)) return std::nullopt;
  return text;
}

core::Response json_response(int status, std::string text) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(text);
  return response;
}

core::Response stream_head() {
  core::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  return response;
}

core::Response answer(AcceptedForms accepted, const std::vector<std::string>& before, std::string text) {
  const bool stream = accepted.event_stream && (!before.empty() || !accepted.json);
  if (!stream) return json_response(200, std::move(text));
  core::Response response = stream_head();
  for (const std::string& message : before) response.body += event_text({}, message);
  response.body += event_text({}, text);
  return response;
}

core::Response error_response(int status, const std::optional<RequestId>& id, const Error& error) {
  return json_response(status, error_text(id, error));
}

core::Response accepted_response() {
  core::Response response;
  response.status = 202;
  return response;
}

}  // namespace mcp
