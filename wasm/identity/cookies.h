// Cookies (RFC 6265bis) of this host alone: `__Host-`, Secure, HttpOnly, Lax. Browsers take Secure ones from
// http://localhost too, but for Safari.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http.h"
#include "core/time.h"

namespace identity {

/// The value that the browser sent; nothing where it sent none.
std::optional<std::string> cookie(const core::Request& request, std::string_view name);

/// Values of Set-Cookie. `name` and `value` are tokens of ours: they are not escaped.
std::string set_cookie(std::string_view name, std::string_view value, core::Duration lifetime);
std::string clear_cookie(std::string_view name);

}  // namespace identity
