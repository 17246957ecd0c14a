#include "todo_api/answers.h"

#include <algorithm>

#include "core/json.h"

namespace todo_api {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kNotKept = "private, no-store";
/// Whoever compresses an answer on its way makes its entity tag a weak one, and If-Match takes strong ones
/// alone.
constexpr std::string_view kUnchanged = "private, no-store, no-transform";
/// 128 bits of the digest.
constexpr size_t kTagLength = 22;

/// RFC 9110 section 15.
std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 503: return "Service Unavailable";
  }
  return "Internal Server Error";
}

core::Response response(int status, std::string_view type, std::string body,
                        std::string_view cache_control = kNotKept) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", cache_control);
  response.body = std::move(body);
  return response;
}

core::Json problem_json(int status, std::string_view detail) {
  return core::Json{
      {"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
}

core::Response problem_response(int status, const core::Json& json) {
  return response(status, "application/problem+json", core::json_text(json));
}

/// Whether a list of entity tags has this one. Of weak tags only where those may match.
enum class Comparison { strong, weak };
bool has_tag(std::string_view list, std::string_view tag, Comparison comparison) {
  if (list == "*") return true;
  // Tags of others may have commas in them, ours do not: the parts of those are nobody's tags.
  const std::vector<std::string_view> tags = core::split(list, ',');
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view candidate) {
    if (comparison == Comparison::weak && candidate.starts_with("W/")) candidate.remove_prefix(2);
    return candidate == tag;
  });
}

}  // namespace

core::Response problem(int status, std::string_view detail, const std::vector<Flaw>& flaws) {
  core::Json json = problem_json(status, detail);
  for (const Flaw& flaw : flaws)
    json["errors"].push_back(core::Json{{"pointer", flaw.pointer}, {"detail", flaw.detail}});
  return problem_response(status, json);
}

core::Response method_not_allowed(std::string_view allow) {
  core::Response response = problem(405, "This address does not know that method");
  response.headers.add("Allow", allow);
  return response;
}

core::Response not_configured(const std::vector<core::Config::Problem>& problems) {
  std::string names;
  core::Json settings = core::Json::array();
  for (const core::Config::Problem& missing : problems) {
    names += (names.empty() ? "" : ", ") + missing.variable;
    settings.push_back(core::Json{{"variable", missing.variable}, {"advice", missing.advice}});
  }
  core::Json json = problem_json(503, "This deployment is not configured yet: see " + names);
  json["settings"] = std::move(settings);
  core::Response response = problem_response(503, json);
  response.headers.add("Retry-After", "60");
  return response;
}

core::Response unavailable(std::string_view detail) {
  core::Response response = problem(503, detail);
  response.headers.add("Retry-After", "5");
  return response;
}

core::Response json(std::string body) {
  return response(200, kJson, std::move(body));
}

core::Response plain(std::string_view text) {
  return response(200, "text/plain; charset=utf-8", std::string(text));
}

std::string entity_tag(core::Crypto& crypto, std::string_view body) {
  return '"' + core::base64url(crypto.sha256(body)).substr(0, kTagLength) + '"';
}

Verdict judge(const Preconditions& preconditions, std::string_view tag) {
  const auto& [if_match, if_none_match] = preconditions;
  if (if_match && !has_tag(*if_match, tag, Comparison::strong)) return Verdict::match_fails;
  if (if_none_match && has_tag(*if_none_match, tag, Comparison::weak)) return Verdict::none_match_fails;
  return Verdict::holds;
}

core::Response tagged_json(core::Crypto& crypto, std::string body) {
  const std::string tag = entity_tag(crypto, body);
  core::Response tagged = response(200, kJson, std::move(body), kUnchanged);
  tagged.headers.add("ETag", tag);
  return tagged;
}

core::Response not_modified(std::string_view tag) {
  core::Response response;
  response.status = 304;
  response.headers.add("Cache-Control", kUnchanged);
  response.headers.add("ETag", tag);
  return response;
}

core::Response precondition_failed() {
  return problem(412, "The list is not the one that If-Match or If-None-Match speaks of: read it again");
}

}  // namespace todo_api
