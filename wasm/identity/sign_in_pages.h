// What a human sees during a sign-in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"
#include "identity/consent_form.h"
#include "identity/sign_in_states.h"

namespace identity {

/// The scopes asked for that there are; all of them where the client asked for none.
std::vector<std::string> known_scopes(const std::vector<std::string>& asked);

/// A person, as the pages name them.
std::string shown(std::string_view name, std::string_view email);

/// "Who asks", before anybody has signed in.
core::Response ask_page(const ClientView& client, std::string handle);

/// "What may it do".
struct ConsentView {
  std::string person;
  /// What the client was allowed before, as a sentence; empty where it asks for the first time.
  std::string before;
  /// Why the form comes back, as a sentence; empty where it does not.
  std::string problem;
};
core::Response consent_page(const ClientView& client, const ConsentView& view, const ConsentForm& form,
                            std::string handle);

/// A page that ends the sign-in and says how to begin anew.
core::Response start_again_page(int status, std::string_view title, std::string_view what);

/// The OAuth provider's refusal: `description` in its own words, explained where they are known.
core::Response refused_page(std::string_view code, const std::string& description);

}  // namespace identity
