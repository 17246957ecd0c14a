// Answers that belong to no part of the application alone.
#pragma once

#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/http.h"
#include "identity/boundary.h"

core::Response plain(int status, std::string_view text);
/// 405; `allow` names the methods that there are.
core::Response method_not_allowed(std::string_view allow);
/// RFC 6749 section 5.2, readable by pages of any origin.
core::Response oauth_error(int status, std::string_view code, std::string_view description);

/// The page that says which settings the deployment lacks.
core::Response not_configured(const std::vector<core::Config::Problem>& problems);
/// The page at the root: what this is, and how a client is connected.
core::Response landing(const identity::Site& site);
