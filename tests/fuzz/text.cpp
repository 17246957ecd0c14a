// Texts of all kinds that come from outside: addresses, headers, cookies, forms, tokens, encodings, numbers.
// What is written is read back, and what is read is written back.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "core/canonical_json.h"
#include "core/config.h"
#include "core/jws.h"
#include "core/step.h"
#include "core/uuid.h"
#include "fuzz.h"
#include "identity/bearer.h"
#include "identity/boundary.h"
#include "identity/cookies.h"
#include "identity/discovery.h"
#include "identity/page_sign_in.h"
#include "identity/plain_name.h"
#include "identity/principal_id.h"
#include "schema/formats.h"
#include "schema/number.h"
#include "schema/uri.h"
#include "support.h"

namespace {

using fuzz::must;

model::Crypto crypto;

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

void encodings(std::string_view text) {
  must(core::base64url_decode(core::base64url(text)) == text, "base64url is read otherwise", text);
  if (const auto bytes = core::base64url_decode(text))
    must(core::base64url(*bytes) == text, "base64url has two ways to write", text);

  const std::string percent = core::percent_encode(text);
  must(schema::percent_decode(percent) == text, "percent encoding is read otherwise", percent);
  for (const char c : percent)
    must(std::isalnum(static_cast<unsigned char>(c)) || std::strchr("%-._~", c), "not encoded", percent);
  must(core::form_value("a=1&k=" + percent + "&k=2", "k") == text, "a form's value is read otherwise", text);
  schema::percent_decode(text);

  std::string hex = core::hex(text);
  must(hex.size() == 2 * text.size(), "hexadecimal of another length");

  const std::string html = core::html_escape(text);
  must(html.find_first_of("<>\"'") == std::string::npos, "HTML is not escaped", html);
  std::string back = html;
  for (const auto& [name, character] : {std::pair("&lt;", "<"),
                                        {"&gt;", ">"},
                                        {"&quot;", "\""},
                                        {"&#39;", "'"},
                                        {"&#x27;", "'"},
                                        {"&amp;", "&"}}) {
    for (size_t at = 0; (at = back.find(name, at)) != std::string::npos; at += 1)
      back.replace(at, std::strlen(name), character);
  }
  must(back == text, "escaped HTML is another text", html);
}

void forms(std::string_view text) {
  const std::vector<std::string_view> lines = fuzz::lines_of(text);
  const std::string_view name = lines[0], form = lines.back();
  const std::vector<std::string> values = core::form_values(form, name);
  const std::optional<std::string> first = core::form_value(form, name);
  must(first.has_value() == !values.empty(), "a form has a value, and has none", text);
  must(!first || *first == values[0], "the first value is another one", text);
  for (const char separator : {' ', ',', ';', '&'}) {
    for (const std::string_view part : core::split(text, separator))
      must(!part.empty() && core::trim(part) == part && part.find(separator) == std::string_view::npos,
           "a part is not one", text);
  }
  must(core::equal_ignoring_case(text, core::lower(text)), "lower case is another text", text);
}

void addresses(std::string_view text) {
  if (const auto url = core::parse_url(text)) {
    must(url->path.starts_with('/'), "a path does not begin with a slash", text);
    must(url->origin.ends_with("://" + url->host), "a host is not in its origin", text);
    must(url->host.find_first_of("/?#") == std::string::npos, "a host has more than a host", text);
    const auto again =
        core::parse_url(url->origin + url->path + (url->query.empty() ? "" : "?" + url->query));
    must(again && again->origin == url->origin && again->path == url->path && again->query == url->query,
         "an address is read otherwise", text);
    const auto site = identity::site_of(*url, core::read_config("{}"));
    must(site.has_value() == core::is_loopback_host(url->host), "a host is ours, and is not", text);
  }
  const std::string next = identity::page_address(text);
  must(next.starts_with("/authority") || next.starts_with("/admin"), "leads away from the page", next);
  // Behind the question mark nothing leads anywhere.
  const std::string way = next.substr(0, next.find('?'));
  must(!has_control(next) && way.find("//") == std::string::npos && next.find('\\') == std::string::npos,
       "leads away from the page", next);

  const schema::UriParts parts = schema::split_uri(text);
  std::string whole(parts.scheme);
  if (!parts.scheme.empty()) whole += ':';
  if (parts.has_authority) whole.append("//").append(parts.authority);
  whole.append(parts.path);
  if (parts.has_query) whole.append("?").append(parts.query);
  if (parts.has_fragment) whole.append("#").append(parts.fragment);
  must(whole == text, "a URI has other parts", text);
  using schema::UriAlphabet;
  using schema::UriForm;
  for (const UriAlphabet alphabet : {UriAlphabet::ascii, UriAlphabet::international}) {
    const bool absolute = schema::is_uri(text, UriForm::absolute, alphabet);
    must(!absolute || schema::is_uri(text, UriForm::reference, alphabet), "no reference, but a URI", text);
  }
  must(!schema::is_uri(text, UriForm::absolute, UriAlphabet::ascii) ||
           schema::is_uri(text, UriForm::absolute, UriAlphabet::international),
       "a URI and no IRI", text);
  const std::vector<std::string_view> lines = fuzz::lines_of(text);
  const std::string target = schema::resolve_uri(lines[0], lines.back());
  if (schema::is_uri(lines[0], UriForm::absolute, UriAlphabet::ascii) &&
      schema::is_uri(lines.back(), UriForm::reference, UriAlphabet::ascii)) {
    must(schema::is_uri(target, UriForm::absolute, UriAlphabet::ascii), "leads to no URI", text);
    // Where the reference is empty the base's own dot segments stay (RFC 3986 section 5.2.2): they go the
    // second time.
    const std::string plain = schema::resolve_uri(lines[0], target);
    must(schema::resolve_uri(lines[0], plain) == plain, "an absolute URI leads elsewhere", text);
  }
}

void requests(std::string_view text) {
  core::Request request;
  request.method = "GET";
  request.headers.add("Cookie", text);
  request.headers.add("Authorization", text);
  request.headers.add("Origin", text);
  request.headers.add("Content-Length", text);
  const auto value = identity::cookie(request, "__Host-authority");
  if (value) must(text.find(*value) != std::string_view::npos, "a cookie that was not sent", *value);
  const auto bearer = identity::bearer_token(request);
  if (bearer) {
    must(!bearer->empty() && bearer->find_first_of(" \t,") == std::string_view::npos, "no token", *bearer);
    must(core::lower(text).find("bearer") != std::string::npos, "a token without its scheme", text);
  }
  const auto read = identity::read_bearer(request);
  if (const std::string* token = std::get_if<std::string>(&read))
    must(token->size() <= identity::kMaxTokenBytes, "a token that is too long");
  if (const auto parts = identity::split_token(text)) {
    must(std::string(parts->user_id).append(":").append(parts->grant_id).append(":").append(parts->secret) ==
             text,
         "a token has other parts", text);
  }
  const core::Config config = core::read_config(R"({"PUBLIC_URL":"https://shop.example"})");
  const identity::Site site{"https://shop.example"};
  const auto origin = identity::check_origin(request, site, config);
  must(origin != identity::OriginCheck::allowed || core::trim(text) == "https://shop.example",
       "a foreign origin", text);
  identity::is_page_state(text);
  core::read_config(text);
  const std::string name = identity::plain_name(text);
  must(name.size() <= text.size(), "a name grows", name);
  for (const char c : name) must(static_cast<unsigned char>(c) >= 0x20, "a name is not plain", name);
}

void tokens(std::string_view text) {
  const core::Signer signer(crypto, std::string(32, 's'));
  const std::string jws = signer.sign("test+jwt", text);
  const size_t first = jws.find('.'), last = jws.rfind('.');
  must(first != std::string::npos && first != last, "no JWS", jws);
  must(core::base64url_decode(std::string_view(jws).substr(first + 1, last - first - 1)) == text,
       "a JWS has another payload", jws);
  must(signer.sign("other+jwt", text) != jws, "the type is not signed", jws);
  for (const auto status : {core::EffectResult::Status::succeeded, core::EffectResult::Status::failed}) {
    const auto read = identity::read_verified({status, 200, std::string(text)});
    const auto* token = std::get_if<identity::BearerToken>(&read);
    if (token) {
      must(status == core::EffectResult::Status::succeeded, "a token that is not verified", text);
      must(!token->subject.empty(), "a token of nobody", text);
    }
    const auto* refusal = std::get_if<identity::BearerRefusal>(&read);
    if (refusal) {
      const std::string challenge = identity::bearer_challenge(*refusal, "a b", "https://x.example/");
      must(!has_control(challenge), "a challenge that is no header", challenge);
    }
  }
  const std::string challenge = identity::bearer_challenge(
      {identity::BearerRefusal::Reason::invalid_token, std::string(text)}, "a", "https://x.example/");
  must(!has_control(challenge), "a challenge that is no header", challenge);
}

void identifiers(std::string_view text) {
  core::Entropy entropy(crypto, std::string(32, 'e'));
  fuzz::Numbers numbers(text);
  std::string last;
  for (int i = 0; i < 8; ++i) {
    const core::Instant now{static_cast<int64_t>(numbers.of(6))};
    const std::string next = core::uuid_v7_after(last, now, entropy);
    must(next.size() == 36 && next[14] == '7' && next > last, "a UUID that does not grow", next);
    must(schema::find_format("uuid")->check(next), "no UUID", next);
    last = next;
  }
  const std::string time = core::iso8601(core::Instant{static_cast<int64_t>(numbers.of(8))});
  must(time.size() == 24 && schema::find_format("date-time")->check(time), "no time", time);
}

void numbers(std::string_view text) {
  double value = 0;
  std::memcpy(&value, text.data(), std::min(text.size(), sizeof value));
  if (std::isfinite(value)) {
    const std::string written = core::canonical_number(value);
    must(std::strtod(written.c_str(), nullptr) == value, "a number is written as another one", written);
  }
  const std::vector<std::string_view> lines = fuzz::lines_of(text);
  core::JsonGate left_gate, right_gate;
  const core::JsonResult left = left_gate.parse(lines[0]), right = right_gate.parse(lines.back());
  if (!left.ok() || !right.ok() || !left.root.is_number() || !right.root.is_number()) return;
  const schema::Number a = schema::number_of(left.root), b = schema::number_of(right.root);
  must((schema::compare(a, b) == 0) == (schema::compare(b, a) == 0) &&
           (schema::compare(a, b) < 0) == (schema::compare(b, a) > 0),
       "the order of two numbers depends on which comes first", text);
  const schema::Number zero{};
  if (schema::compare(a, zero) > 0) {
    must(schema::is_multiple(a, a), "a number is no multiple of itself", text);
    must(schema::is_multiple(zero, a), "zero is no multiple", text);
    schema::is_multiple(b, a);
  }
  core::JsonGate gate;
  const core::JsonResult again = gate.parse(schema::to_text(a));
  if (again.ok())
    must(schema::compare(schema::number_of(again.root), a) == 0, "a number is shown as another one", text);
}

void formats(std::string_view text) {
  for (const char* name : {"date-time", "date", "time", "duration", "email", "idn-email", "hostname", "ipv4",
                           "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template",
                           "json-pointer", "relative-json-pointer", "regex"}) {
    const schema::Format* format = schema::find_format(name);
    must(format, "there is no such format", name);
    must(format->check(text) == format->check(std::string(text)), "a format is not always the same", text);
  }
  must(!schema::is_ipv4(text) || !schema::is_ipv6(text), "both kinds of address", text);
}

/// A step's input, as its own text.
void inputs(std::string_view text) {
  const auto begun = core::decode_input(text);
  if (!begun) return;
  const std::string written = core::encode_input(begun->now, begun->entropy, begun->input);
  const auto again = core::decode_input(written);
  must(again && again->input.index() == begun->input.index(), "an input is read otherwise");
  must(core::encode_input(again->now, again->entropy, again->input) == written, "an input changes");
}

constexpr void (*kKinds[])(std::string_view) = {encodings,   forms,   addresses, requests, tokens,
                                                identifiers, numbers, formats,   inputs};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  // A letter: a b c ...
  kKinds[static_cast<size_t>(data[0] + 256 - 'a') % std::size(kKinds)](fuzz::text_of(data + 1, size - 1));
  return 0;
}
