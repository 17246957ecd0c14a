// The files of this folder that are embedded at build time (scripts/embed.cmake).
#pragma once

#include <string_view>

namespace todo_api {

/// Empty where there is no such file.
std::string_view file(std::string_view name);

}  // namespace todo_api
