#include "identity/provider.h"

namespace identity {

std::string new_verifier(core::Context& step) {
  return core::base64url(step.entropy.bytes(32));
}

std::string challenge_of(core::Crypto& crypto, std::string_view verifier) {
  return core::base64url(crypto.sha256(verifier));
}

std::string person_json(const Person& person) {
  core::Json json{
      {"subject", person.user.subject},    {"email", person.user.email},
      {"name", person.user.name},          {"session", person.session},
      {"permissions", person.permissions}, {"impersonated", person.impersonation != Impersonation::none}};
  if (person.authenticated_at) json["authenticated_at"] = person.authenticated_at->milliseconds;
  return core::json_text(json);
}

std::optional<Person> person_of(core::JsonView json) {
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(json, name).value_or(""));
  };
  const std::optional<bool> impersonated = core::boolean_member(json, "impersonated");
  if (text("subject").empty() || !impersonated) return std::nullopt;
  Person person{{text("subject"), text("email"), text("name")},
                text("session"),
                core::string_list(core::member(json, "permissions")),
                *impersonated ? Impersonation::by_administrator : Impersonation::none};
  if (const std::optional<int64_t> at = core::integer_member(json, "authenticated_at")) {
    person.authenticated_at = core::Instant{*at};
  }
  return person;
}

}  // namespace identity
