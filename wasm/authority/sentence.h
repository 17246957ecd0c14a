// What a grant comes to, in words, from the same data that `decide` reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "authority/decide.h"

namespace authority {

/// What the application calls things.
struct Vocabulary {
  std::vector<Measure> measures;
  struct Scope {
    std::string_view name;
    /// After "It may": "order shirts for you".
    std::string_view allows;
    /// Whether it opens anything besides its tools.
    enum class Opens { tools, more } opens = Opens::tools;
  };
  std::vector<Scope> scopes;
  /// All that a human can allow here, or not.
  struct Tool {
    std::string_view name;
    std::string_view title;
    std::string_view scope;
    enum class Access { read, write } access = Access::write;
  };
  std::vector<Tool> tools;

  /// The title of a tool, for people; its name where it is not known.
  std::string_view title_of(std::string_view tool) const;
};

/// "It may look at the inventory, and order shirts for you. Its only tool is "Buy a shirt". At most 60 calls
/// a minute, 3 orders in any 7 days and 50.00 EUR in any 7 days. No items. It asks you before more than 20.00
/// EUR at once. It ends on 2026-11-30 at 10:00 UTC, or when you sign out."
std::string sentence(const Vocabulary& vocabulary, const std::vector<std::string>& scopes,
                     const Bounds& bounds);

/// Why an action may not be, for the agent: which bound, what is left of it, when there is more, and where
/// the human can change it.
std::string refusal(const Vocabulary& vocabulary, const Decision& decision, std::string_view tool,
                    std::string_view authority_page);

}  // namespace authority
