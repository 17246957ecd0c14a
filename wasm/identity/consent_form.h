// The form in which a human chooses a deputy's bounds, and what they chose. Without a script: presets are one
// click, "custom" shows a field for every limit.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "authority/bounds.h"
#include "authority/sentence.h"
#include "core/time.h"

namespace identity {

/// The parts of web/consent.html, as HTML.
struct ConsentForm {
  std::string presets;
  std::string tools;
  std::string limits;
  std::string until;
};
/// What a client that asks for these scopes can be allowed. `filled_in`: the form as it came back (its body),
/// to be shown as it was; empty for a new one.
ConsentForm consent_form(const authority::Vocabulary& words, const std::vector<std::string>& requested_scopes,
                         std::string_view filled_in);

struct Choice {
  std::vector<std::string> scopes;
  authority::Bounds bounds;
};
/// What a form says; a sentence for the human where it cannot be used.
std::variant<Choice, std::string> read_choice(std::string_view form, const authority::Vocabulary& words,
                                              const std::vector<std::string>& requested_scopes,
                                              core::Instant now);

}  // namespace identity
