#include "core/http.h"

#include <algorithm>

namespace core {

namespace {

constexpr std::string_view kFieldBreakers("\r\n\0", 3);

char lower_char(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower_char(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
               hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equal_ignoring_case(field, name)) return trim(value);
  }
  return std::nullopt;
}

namespace {

constexpr int kMaxPort = 65535;

/// What follows the name of a host: nothing, or a port.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() < 2 || text.size() > 6 || text[0] != ':') return false;
  int port = 0;
  for (char c : text.substr(1)) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
  }
  return port <= kMaxPort;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  const size_t host_begin = scheme_end + 3;
  const size_t host_end = std::min(text.find_first_of("/?#", host_begin), text.size());
  const std::string_view host = text.substr(host_begin, host_end - host_begin);
  if (host.empty() || host.find('@') != std::string_view::npos) return std::nullopt;
  const size_t name_end = host.find(':', host[0] == '[' ? host.find(']') : 0);
  if (!is_port(host.substr(std::min(name_end, host.size())))) return std::nullopt;
  Url url;
  url.host = lower(host);
  url.origin = std::string(scheme) + "://" + url.host;
  std::string_view rest = text.substr(host_end);
  rest = rest.substr(0, rest.find('#'));
  const size_t query = rest.find('?');
  url.path = std::string(rest.substr(0, query));
  if (url.path.empty()) url.path = "/";
  if (query != std::string_view::npos) url.query = std::string(rest.substr(query + 1));
  return url;
}

bool is_loopback_host(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  const std::string_view name = host.substr(0, host.find(':'));
  if (name == "localhost") return true;
  if (!name.starts_with("127.")) return false;
  // Digits and dots only: 127.evil.example is somebody's domain.
  return std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

void write(WireWriter& writer, const Headers& headers) {
  writer.u32(static_cast<uint32_t>(headers.fields().size()));
  for (const auto& [name, value] : headers.fields()) {
    writer.bytes(name);
    writer.bytes(value);
  }
}

std::string field_value(std::string_view text) {
  std::string value(text);
  std::erase_if(value, [](char c) { return kFieldBreakers.find(c) != std::string_view::npos; });
  return value;
}

/// A count is not believed before the headers are there.
constexpr uint32_t kManyHeaders = 64;

Headers read_headers(WireReader& reader) {
  Headers headers;
  const uint32_t count = reader.u32();
  headers.reserve(std::min(count, kManyHeaders));
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view name = reader.bytes();
    headers.add(name, reader.bytes());
  }
  return headers;
}

void write(WireWriter& writer, const Request& request) {
  writer.bytes(request.method);
  writer.bytes(request.url);
  write(writer, request.headers);
  writer.u8(static_cast<uint8_t>(request.body_state));
  writer.bytes(request.body);
}

Request read_request(WireReader& reader) {
  Request request;
  request.method = reader.string();
  request.url = reader.string();
  request.headers = read_headers(reader);
  const uint8_t state = reader.u8();
  request.body_state =
      state <= static_cast<uint8_t>(BodyState::too_large) ? static_cast<BodyState>(state) : BodyState::unread;
  request.body = reader.string();
  return request;
}

void write(WireWriter& writer, const Response& response) {
  writer.u32(static_cast<uint32_t>(response.status));
  write(writer, response.headers);
  writer.bytes(response.body);
}

Response read_response(WireReader& reader) {
  Response response;
  response.status = static_cast<int>(reader.u32());
  response.headers = read_headers(reader);
  response.body = reader.string();
  return response;
}

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
  std::vector<std::string> values = form_values(form, name);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

std::vector<std::string> form_values(std::string_view form, std::string_view name) {
  std::vector<std::string> values;
  while (!form.empty()) {
    const size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    if (form_decode(pair.substr(0, equals)) == name) {
      values.push_back(equals < pair.size() ? form_decode(pair.substr(equals + 1)) : std::string());
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return values;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out.push_back(c);
    } else {
      const unsigned char byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower_char(x) == lower_char(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trim(text.substr(0, end));
    if (!part.empty()) parts.push_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

}  // namespace core
