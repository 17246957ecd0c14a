// HTTP as values: what a request says and what a response is made of. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/wire.h"

namespace core {

/// Fields in the order they came; names are compared without case (RFC 9110 section 5.1).
class Headers {
 public:
  void reserve(size_t count) { fields_.reserve(count); }
  void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  /// The first value, or nothing. Outer whitespace is not part of a value.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A text as it may stand in a field of ours: without line ends and NUL, so that it begins no other field
/// (RFC 9110 section 5.5). For texts that come out of a state or from another service.
std::string field_value(std::string_view text);

/// The parts of an absolute http(s) URL that the host has already parsed and made canonical.
struct Url {
  std::string origin;  // scheme://host[:port], without a default port
  std::string host;    // host[:port]
  std::string path;    // begins with '/'
  std::string query;   // without '?', may be empty
};
/// Nothing where the text is no such URL.
std::optional<Url> parse_url(std::string_view text);
/// True for localhost, 127.0.0.0/8 and [::1] with or without a port (RFC 8252 section 7.3).
bool is_loopback_host(std::string_view host);

/// One body's fate on its way in.
enum class BodyState : uint8_t {
  unread,     // the host has not read it
  complete,   // `body` is all of it
  too_large,  // it is longer than the host may read; `body` is empty
};

struct Request {
  std::string method;
  std::string url;
  Headers headers;
  std::string body;
  BodyState body_state = BodyState::unread;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

void write(WireWriter& writer, const Headers& headers);
Headers read_headers(WireReader& reader);
void write(WireWriter& writer, const Request& request);
Request read_request(WireReader& reader);
void write(WireWriter& writer, const Response& response);
Response read_response(WireReader& reader);

/// One value of an `application/x-www-form-urlencoded` text or a query; nothing where the name is absent.
/// The first one where it is repeated.
std::optional<std::string> form_value(std::string_view form, std::string_view name);
/// All values of a name.
std::vector<std::string> form_values(std::string_view form, std::string_view name);
/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
std::string percent_encode(std::string_view text);

/// ASCII lower case; other bytes stay.
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Without outer spaces and tabs.
std::string_view trim(std::string_view text);
/// The parts between separators, each trimmed; empty parts are left out.
std::vector<std::string_view> split(std::string_view text, char separator);
/// `text` with &, <, >, " and ' as character references: safe in HTML text and in quoted attributes.
std::string html_escape(std::string_view text);

}  // namespace core
