#include "mcp/resource.h"

namespace mcp {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// RFC 3986 section 2.1; nothing where a percent sign begins no octet or the octets are no UTF-8.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!simdjson::validate_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<Variables> match(std::string_view uri_template, std::string_view uri) {
  Variables variables;
  while (!uri_template.empty()) {
    if (uri_template[0] != '{') {
      if (uri.empty() || uri[0] != uri_template[0]) return std::nullopt;
      uri_template.remove_prefix(1);
      uri.remove_prefix(1);
      continue;
    }
    const size_t close = uri_template.find('}');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view name = uri_template.substr(1, close - 1);
    uri_template.remove_prefix(close + 1);
    // Up to the first character of the literal that follows: level 1 writes reserved characters encoded.
    const size_t end = uri_template.empty() ? uri.size() : std::min(uri.find(uri_template[0]), uri.size());
    const std::string_view value = uri.substr(0, end);
    std::optional<std::string> decoded = percent_decode(value);
    if (value.empty() || value.find('/') != std::string_view::npos || !decoded) return std::nullopt;
    variables.insert_or_assign(std::string(name), *std::move(decoded));
    uri.remove_prefix(end);
  }
  return uri.empty() ? std::optional(std::move(variables)) : std::nullopt;
}

}  // namespace mcp
