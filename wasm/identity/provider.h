// Who signs humans in to the pages of this deployment: the authorization request with PKCE (RFC 7636), the
// exchange of the code, and the person whom the verified token names. AuthKit (authkit.h) or any OpenID
// Connect issuer (oidc.h).
//
// No token of a sign-in outlives the callback: what is kept of it is a `Person`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/step.h"

namespace identity {

/// Whether a human who is signed in already must prove again who they are (its `max_age`).
enum class Freshness { any_session, sign_in_now };

/// A code that somebody else gets hold of is worth nothing without the verifier, which stays here.
std::string new_verifier(core::Context& step);
std::string challenge_of(core::Crypto& crypto, std::string_view verifier);

/// Why there is no person: for a page, without what to do next, which depends on who asked.
struct SignInProblem {
  int status;
  std::string_view title;
  std::string_view what;
};
/// The only one that another try may mend.
inline constexpr int kUnreachable = 502;

/// Whom the provider says it signed in.
struct User {
  std::string subject;
  std::string email;
  std::string name;

  template <typename Archive>
  void fields(Archive& archive) {
    archive(subject, email, name);
  }
};

/// Nobody is believed until the token is verified.
struct Exchanged {
  User user;
  core::VerifyToken verification;
};

/// Whether the session was opened by an administrator on behalf of the person (the claim `act`, RFC 8693
/// section 4.1). Such a session may look and take back; it allows nothing.
enum class Impersonation { none, by_administrator };

/// Whom the verified token names.
struct Person {
  User user;
  /// The provider's id of the session (`sid`): webhooks name it when it is revoked.
  std::string session;
  std::vector<std::string> permissions;
  Impersonation impersonation = Impersonation::none;
  /// When they last proved who they are (`auth_time`), where the token says so.
  std::optional<core::Instant> authenticated_at = {};
};

class Provider {
 public:
  virtual ~Provider() = default;

  /// In the names of principals (principal_id.h).
  virtual std::string_view name() const = 0;
  /// For people.
  virtual std::string_view title() const = 0;
  /// Where the browser goes. It comes back to `origin`/callback with `state`.
  virtual std::string authorization_url(std::string_view origin, std::string_view state,
                                        std::string_view challenge, Freshness freshness) const = 0;
  virtual core::Fetch code_exchange(std::string_view origin, std::string_view code,
                                    std::string_view verifier) const = 0;
  virtual std::variant<Exchanged, SignInProblem> read_exchange(const core::EffectResult& answer) const = 0;
  virtual std::variant<Person, SignInProblem> read_person(User user,
                                                          const core::EffectResult& claims) const = 0;
};

/// A person on the way from the Worker to their object, as JSON.
std::string person_json(const Person& person);
/// Nothing where it names nobody.
std::optional<Person> person_of(core::JsonView json);

}  // namespace identity
