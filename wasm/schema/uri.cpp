#include "schema/uri.h"

#include <algorithm>

#include "schema/code_points.h"
#include "schema/formats.h"

namespace schema {

namespace {

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_ascii_letter(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_letter(static_cast<unsigned char>(c)) || is_ascii_digit(static_cast<unsigned char>(c)) ||
           c == '+' || c == '-' || c == '.';
  });
}

/// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path.size() > 3 ? path.substr(3) : "/";
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const size_t end = std::min(path.find('/', 1), path.size());
      out.append(path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return out;
}

enum class Beyond { nothing, ucs, ucs_and_private };  // ASCII: what else RFC 3987 allows in an IRI

bool is_allowed(char32_t c, Beyond beyond) {
  const bool is_private = (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
  if (beyond == Beyond::nothing || (is_private && beyond == Beyond::ucs)) return false;
  if (is_private) return (c & 0xFFFF) <= 0xFFFD;
  if (c < 0xA0 || (c >= 0xD800 && c < 0xF900) || (c >= 0xFDD0 && c <= 0xFDEF) || (c >= 0xFFF0 && c < 0x10000))
    return false;
  return (c & 0xFFFF) <= 0xFFFD && !(c >= 0xE0000 && c <= 0xE0FFF);
}

/// unreserved, sub-delims, percent-encoded, and the characters in `extra`.
bool is_made_of(std::string_view text, std::string_view extra, Beyond beyond) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=";
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (c >= 0x80) {
      if (!is_allowed(c, beyond)) return false;
    } else if (c == '%') {
      if (i + 2 > text.size() || hex_value(static_cast<unsigned char>(text[i])) < 0 ||
          hex_value(static_cast<unsigned char>(text[i + 1])) < 0)
        return false;
      i += 2;
    } else if (!is_ascii_letter(c) && !is_ascii_digit(c) &&
               kMarks.find(static_cast<char>(c)) == std::string_view::npos &&
               extra.find(static_cast<char>(c)) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// The inside of [ ]: RFC 3986 section 3.2.2.
bool is_ip_literal(std::string_view text) {
  if (!text.starts_with('v') && !text.starts_with('V')) return is_ipv6(text);
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
  const std::string_view version = text.substr(1, dot - 1);
  return std::all_of(version.begin(), version.end(),
                     [](char c) { return hex_value(static_cast<unsigned char>(c)) >= 0; }) &&
         text.find('%') == std::string_view::npos && is_made_of(text.substr(dot + 1), ":", Beyond::nothing);
}

bool is_authority(std::string_view authority, Beyond beyond) {
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (!is_made_of(authority.substr(0, at), ":", beyond)) return false;
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos || !is_ip_literal(authority.substr(1, close - 1))) return false;
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority[0] != ':') return false;
  }
  const size_t colon = authority.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (!std::all_of(port.begin(), port.end(),
                     [](char c) { return is_ascii_digit(static_cast<unsigned char>(c)); }))
      return false;
    authority = authority.substr(0, colon);
  }
  return is_made_of(authority, "", beyond);
}

}  // namespace

UriParts split_uri(std::string_view rest) {
  UriParts parts;
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    parts.has_fragment = true;
    parts.fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    parts.has_query = true;
    parts.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (const size_t colon = rest.find(':');
      colon != std::string_view::npos && is_scheme(rest.substr(0, colon))) {
    parts.scheme = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  if (rest.starts_with("//")) {
    parts.has_authority = true;
    const size_t end = std::min(rest.find('/', 2), rest.size());
    parts.authority = rest.substr(2, end - 2);
    rest.remove_prefix(end);
  }
  parts.path = rest;
  return parts;
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  const UriParts from = split_uri(base);
  UriParts to = split_uri(reference);
  std::string path;
  const bool is_absolute = !to.scheme.empty();
  if (is_absolute || to.has_authority || to.path.starts_with('/')) {
    path = remove_dot_segments(to.path);
  } else if (to.path.empty()) {
    path = from.path;
    if (!to.has_query) {
      to.query = from.query;
      to.has_query = from.has_query;
    }
  } else if (from.has_authority && from.path.empty()) {
    path = remove_dot_segments("/" + std::string(to.path));
  } else {
    const size_t slash = from.path.rfind('/');
    const std::string folder(from.path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
    path = remove_dot_segments(folder + std::string(to.path));
  }
  if (!is_absolute && !to.has_authority) {
    to.authority = from.authority;
    to.has_authority = from.has_authority;
  }

  // Else the path would read as an authority (RFC 3986 erratum 4547).
  if (!to.has_authority && path.starts_with("//")) path.insert(0, "/.");

  std::string out;
  const std::string_view scheme = is_absolute ? to.scheme : from.scheme;
  if (!scheme.empty()) out.append(scheme).append(":");
  if (to.has_authority) out.append("//").append(to.authority);
  out += path;
  if (to.has_query) out.append("?").append(to.query);
  if (to.has_fragment) out.append("#").append(to.fragment);
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high =
        i + 2 < text.size() && text[i] == '%' ? hex_value(static_cast<unsigned char>(text[i + 1])) : -1;
    const int low = high >= 0 ? hex_value(static_cast<unsigned char>(text[i + 2])) : -1;
    out += low >= 0 ? static_cast<char>(high << 4 | low) : text[i];
    if (low >= 0) i += 2;
  }
  return out;
}

bool is_uri(std::string_view text, UriForm form, UriAlphabet alphabet) {
  const UriParts parts = split_uri(text);
  if (parts.scheme.empty()) {
    if (form == UriForm::absolute) return false;
    // A colon in the first segment would be taken for a scheme.
    const std::string_view first = parts.path.substr(0, parts.path.find('/'));
    if (!parts.has_authority && first.find(':') != std::string_view::npos) return false;
  }
  const bool ascii = alphabet == UriAlphabet::ascii;
  const Beyond beyond = ascii ? Beyond::nothing : Beyond::ucs;
  return (!parts.has_authority || is_authority(parts.authority, beyond)) &&
         is_made_of(parts.path, "/:@", beyond) &&
         is_made_of(parts.query, "/:@?", ascii ? Beyond::nothing : Beyond::ucs_and_private) &&
         is_made_of(parts.fragment, "/:@?", beyond);
}

}  // namespace schema
