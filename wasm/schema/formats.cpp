#include "schema/formats.h"

#include <algorithm>
#include <string>

#include "schema/code_points.h"
#include "schema/format_times.h"
#include "schema/regex.h"
#include "schema/uri.h"

namespace schema {

namespace {

char32_t code(char c) {
  return static_cast<unsigned char>(c);
}
bool is_alphanumeric(char c) {
  return is_ascii_letter(code(c)) || is_ascii_digit(code(c));
}
bool is_hex(char c) {
  return hex_value(code(c)) >= 0;
}

/// The text up to `separator`, which is taken as well; all of it where there is none.
std::string_view take_part(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

/// RFC 1123 section 2.1: letters, digits and inner hyphens, at most 63 in a label and 253 in all.
bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.ends_with('.')) return false;
  while (!text.empty()) {
    const std::string_view label = take_part(text, '.');
    if (label.empty() || label.size() > 63 || label.starts_with('-') || label.ends_with('-')) return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; }))
      return false;
  }
  return true;
}

/// Labels of letters, digits and hyphens, or of anything beyond ASCII.
bool is_idn_domain(std::string_view text) {
  std::string ascii(text);
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return code(c) >= 0x80; }, 'x');
  return is_hostname(ascii);
}

/// RFC 5321 section 4.1.2; with anything beyond ASCII allowed where `domain` is one of RFC 6531.
bool is_mailbox(std::string_view text, bool (*domain)(std::string_view)) {
  const bool international = domain == is_idn_domain;
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return false;
  std::string_view local = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  if (local.empty() || local.size() > 64) return false;
  const auto is_beyond = [&](char c) { return international && code(c) >= 0x80; };
  if (local.starts_with('"')) {
    if (local.size() < 2 || !local.ends_with('"')) return false;
    local = local.substr(1, local.size() - 2);
    for (size_t i = 0; i < local.size(); ++i) {
      if (local[i] == '"') return false;
      if (local[i] == '\\' && ++i == local.size()) return false;
      if (!is_beyond(local[i]) && (local[i] < ' ' || local[i] > '~')) return false;
    }
  } else {
    constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
    if (local.ends_with('.')) return false;
    while (!local.empty()) {
      const std::string_view atom = take_part(local, '.');
      const auto fits = [&](char c) {
        return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos || is_beyond(c);
      };
      if (atom.empty() || !std::all_of(atom.begin(), atom.end(), fits)) return false;
    }
  }
  if (!host.starts_with('[') || !host.ends_with(']')) return domain(host);
  const std::string_view literal = host.substr(1, host.size() - 2);
  return literal.starts_with("IPv6:") ? is_ipv6(literal.substr(5)) : is_ipv4(literal);
}

bool is_email(std::string_view text) {
  return is_mailbox(text, is_hostname);
}
bool is_idn_email(std::string_view text) {
  return is_mailbox(text, is_idn_domain);
}

/// RFC 9562 section 4: any version and variant.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_absolute_uri(std::string_view text) {
  return is_uri(text, UriForm::absolute, UriAlphabet::ascii);
}
bool is_uri_reference(std::string_view text) {
  return is_uri(text, UriForm::reference, UriAlphabet::ascii);
}
bool is_iri(std::string_view text) {
  return is_uri(text, UriForm::absolute, UriAlphabet::international);
}
bool is_iri_reference(std::string_view text) {
  return is_uri(text, UriForm::reference, UriAlphabet::international);
}

/// RFC 6901 section 3.
bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && is_ascii_digit(code(text[digits]))) ++digits;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  return text.substr(digits) == "#" || is_json_pointer(text.substr(digits));
}

/// RFC 6570 section 2.3 and 2.4: names, between dots, with :length or *.
bool is_template_variable(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view length = text.substr(colon + 1);
    const bool fits =
        !length.empty() && length.size() <= 4 && length[0] != '0' &&
        std::all_of(length.begin(), length.end(), [](char c) { return is_ascii_digit(code(c)); });
    if (!fits) return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.ends_with('.')) return false;
  while (!text.empty()) {
    const std::string_view name = take_part(text, '.');
    if (name.empty()) return false;
    for (size_t i = 0; i < name.size(); ++i) {
      if (is_alphanumeric(name[i]) || name[i] == '_') continue;
      if (name[i] != '%' || i + 2 >= name.size() || !is_hex(name[i + 1]) || !is_hex(name[i + 2]))
        return false;
      i += 2;
    }
  }
  return true;
}

/// RFC 6570 section 2.
bool is_uri_template(std::string_view text) {
  constexpr std::string_view kNotLiteral = " \"<>\\^`|}\x7F";
  while (!text.empty()) {
    const std::string_view literal = text.substr(0, text.find('{'));
    for (size_t i = 0; i < literal.size(); ++i) {
      if (code(literal[i]) < ' ' || kNotLiteral.find(literal[i]) != std::string_view::npos) return false;
      if (literal[i] == '%' &&
          (i + 2 >= literal.size() || !is_hex(literal[i + 1]) || !is_hex(literal[i + 2])))
        return false;
    }
    text.remove_prefix(literal.size());
    if (text.empty()) break;
    const size_t close = text.find('}');
    if (close == std::string_view::npos) return false;
    std::string_view expression = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    constexpr std::string_view kOperators = "+#./;?&=,!@|";
    if (!expression.empty() && kOperators.find(expression[0]) != std::string_view::npos) {
      if (kOperators.find(expression[0]) >= 7) return false;  // kept for later by the RFC
      expression.remove_prefix(1);
    }
    if (expression.empty() || expression.ends_with(',')) return false;
    while (!expression.empty()) {
      if (!is_template_variable(take_part(expression, ','))) return false;
    }
  }
  return true;
}

bool is_regex(std::string_view text) {
  return std::holds_alternative<Regex>(Regex::compile(text));
}

constexpr Format kFormats[] = {
    {"email", is_email, "an e-mail address, such as ada@example.com"},
    {"uri", is_absolute_uri, "a URI, such as https://example.com/path"},
    {"date", is_date, "a date, such as 2026-07-28"},
    {"date-time", is_date_time, "a date and time with an offset, such as 2026-07-28T09:30:00Z"},
    {"time", is_time, "a time with an offset, such as 09:30:00Z"},
    {"duration", is_duration, "a duration, such as P1DT12H"},
    {"uuid", is_uuid, "a UUID, such as 123e4567-e89b-42d3-a456-426614174000"},
    {"hostname", is_hostname, "a host name, such as www.example.com"},
    {"ipv4", is_ipv4, "an IPv4 address, such as 192.0.2.1"},
    {"ipv6", is_ipv6, "an IPv6 address, such as 2001:db8::1"},
    {"uri-reference", is_uri_reference, "a URI or a relative reference, such as /path"},
    {"json-pointer", is_json_pointer, "a JSON pointer, such as /list/0"},
    {"relative-json-pointer", is_relative_json_pointer, "a relative JSON pointer, such as 1/name"},
    {"regex", is_regex, "a regular expression of ECMA-262"},
    {"idn-email", is_idn_email, "an e-mail address, such as ada@example.com"},
    {"iri", is_iri, "an IRI, such as https://example.com/path"},
    {"iri-reference", is_iri_reference, "an IRI or a relative reference, such as /path"},
    {"uri-template", is_uri_template, "a URI template, such as /users/{id}"},
};

}  // namespace

const Format* find_format(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.name == name; });
  return found == std::end(kFormats) ? nullptr : found;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  if (text.ends_with('.')) return false;
  while (!text.empty()) {
    const std::string_view part = take_part(text, '.');
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
    if (!std::all_of(part.begin(), part.end(), [](char c) { return is_ascii_digit(code(c)); })) return false;
    if (part.size() == 3 && part > "255") return false;
    ++parts;
  }
  return parts == 4;
}

/// RFC 4291 section 2.2.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool shortened = false;
  if (text.starts_with(':') && !text.starts_with("::")) return false;
  if (text.ends_with(':') && !text.ends_with("::")) return false;
  if (text.starts_with("::")) {
    shortened = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const bool is_last = text.find(':') == std::string_view::npos;
    const std::string_view group = take_part(text, ':');
    if (is_last && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) return false;
      groups += 2;
    } else if (group.empty()) {
      if (shortened) return false;
      shortened = true;
    } else {
      if (group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) return false;
      ++groups;
    }
  }
  return shortened ? groups <= 7 : groups == 8;
}

}  // namespace schema
