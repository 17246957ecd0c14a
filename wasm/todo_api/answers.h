// What this API answers: JSON that nobody keeps, and problems (RFC 9457) that say exactly what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/crypto.h"
#include "core/http.h"

namespace todo_api {

/// One thing that is wrong with a body.
struct Flaw {
  /// Where: a JSON Pointer as a URI fragment (RFC 6901 section 6). "#" is the whole body.
  std::string pointer;
  std::string detail;
};

/// RFC 9457, with the flaws as its member `errors`.
core::Response problem(int status, std::string_view detail, const std::vector<Flaw>& flaws = {});
/// 405; `allow` names the methods that there are.
core::Response method_not_allowed(std::string_view allow);
/// 503: the settings that are missing, and where to set them, as its member `settings`.
core::Response not_configured(const std::vector<core::Config::Problem>& problems);
/// 503, to be tried again.
core::Response unavailable(std::string_view detail);

core::Response json(std::string body);
core::Response plain(std::string_view text);

// ---- Answers with an entity tag (RFC 9110 sections 8.8.3 and 13) ----

/// What a request says about the list that it expects.
struct Preconditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  bool any() const { return if_match || if_none_match; }
};
enum class Verdict { holds, none_match_fails, match_fails };

/// A strong one: of equal bodies, and of no others.
std::string entity_tag(core::Crypto& crypto, std::string_view body);
Verdict judge(const Preconditions& preconditions, std::string_view tag);
core::Response tagged_json(core::Crypto& crypto, std::string body);
core::Response not_modified(std::string_view tag);
/// 412.
core::Response precondition_failed();

}  // namespace todo_api
