// URIs: RFC 3986, as far as references in schemas and the formats of JSON Schema need it.
#pragma once

#include <string>
#include <string_view>

namespace schema {

/// The parts of a URI reference (RFC 3986 appendix B). A part that is there may be empty.
struct UriParts {
  std::string_view scheme;  // empty where there is none
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};
UriParts split_uri(std::string_view reference);

/// The target of `reference` where `base` is the base URI (RFC 3986 section 5.2), fragment included. `base`
/// may be empty: a document without an identifier.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// %XX decoded. What is no such triple stays as it is.
std::string percent_decode(std::string_view text);

enum class UriForm {
  absolute,   // with a scheme; a fragment is allowed (format "uri")
  reference,  // relative ones too
};
enum class UriAlphabet { ascii, international };  // URIs; IRIs (RFC 3987)

/// Whether `text` follows the grammar of RFC 3986 or RFC 3987.
bool is_uri(std::string_view text, UriForm form, UriAlphabet alphabet);

}  // namespace schema
