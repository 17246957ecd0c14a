// WorkOS AuthKit, as every sign-in here uses it: the authorization request with PKCE (RFC 7636), the exchange
// of the code, and the person that its verified token names. Who signs in for what is told by those who ask:
// a deputy's grant (sign_in.h), the authority page (page_sign_in.h).
//
// No token of AuthKit outlives the callback: what is kept of it is a `Person`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.h"
#include "core/json.h"
#include "core/step.h"

namespace identity {

/// The provider in the names of principals (principal_id.h) who come from AuthKit.
inline constexpr std::string_view kProvider = "workos";

/// Whether a human who is signed in at AuthKit already must prove again who they are (its `max_age`).
enum class Freshness { any_session, sign_in_now };

/// A code that somebody else gets hold of is worth nothing without the verifier, which stays here.
std::string new_verifier(core::Context& step);
std::string challenge_of(core::Crypto& crypto, std::string_view verifier);

/// Where the browser goes. AuthKit sends it back to `origin`/callback with `state`.
std::string authorization_url(const core::Config& config, std::string_view origin, std::string_view state,
                              std::string_view challenge, Freshness freshness);

core::Fetch code_exchange(const core::Config& config, std::string_view code, std::string_view verifier);

/// Why there is no person: for a page, without what to do next, which depends on who asked.
struct SignInProblem {
  int status;
  std::string_view title;
  std::string_view what;
};
/// The only one that another try may mend.
inline constexpr int kUnreachable = 502;

/// Whom AuthKit says it signed in.
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
std::variant<Exchanged, SignInProblem> read_exchange(const core::Config& config,
                                                     const core::EffectResult& answer);

/// Whether the session was opened by an administrator on behalf of the person (the claim `act`, RFC 8693
/// section 4.1). Such a session may look and take back; it allows nothing.
enum class Impersonation { none, by_administrator };

/// Whom the verified token names.
struct Person {
  User user;
  /// AuthKit's id of the session (`sid`): webhooks name it when it is revoked.
  std::string session;
  std::vector<std::string> permissions;
  Impersonation impersonation = Impersonation::none;
  /// When they last proved who they are (`auth_time`), where the token says so.
  std::optional<core::Instant> authenticated_at = {};
};
std::variant<Person, SignInProblem> read_person(User user, const core::EffectResult& claims);

/// A person on the way from the Worker to their object, as JSON.
std::string person_json(const Person& person);
/// Nothing where it names nobody.
std::optional<Person> person_of(core::JsonView json);

}  // namespace identity
