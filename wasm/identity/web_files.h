// The pages and the style sheet of web/, embedded at build time.
#pragma once

#include <string_view>

namespace web {

/// The text of web/`name`; empty where there is no such file.
std::string_view file(std::string_view name);

}  // namespace web
