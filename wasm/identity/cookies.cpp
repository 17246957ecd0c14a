#include "identity/cookies.h"

namespace identity {

std::optional<std::string> cookie(const core::Request& request, std::string_view name) {
  const std::string_view all = request.headers.get("Cookie").value_or("");
  for (std::string_view pair : core::split(all, ';')) {
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return std::string(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::string set_cookie(std::string_view name, std::string_view value, core::Duration lifetime) {
  return std::string(name).append("=").append(value) +
         "; Path=/; Max-Age=" + std::to_string(lifetime.milliseconds / 1000) +
         "; HttpOnly; Secure; SameSite=Lax";
}

std::string clear_cookie(std::string_view name) {
  return set_cookie(name, "", {});
}

}  // namespace identity
