// Icons for people's eyes. They are part of every list, so they are small; and they are `data:` URIs, so that
// no client has to fetch them from anywhere.
#pragma once

#include <string_view>

#include "mcp/content.h"

namespace shop {

/// The drawing of web/icon.svg in one colour, for light and dark:
/// <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#4f46e5" d="..."/></svg>
inline constexpr std::string_view kShirtDrawing =
    "data:image/svg+xml;base64,"
    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAzMiAzMiI+PHBhdGggZm"
    "lsbD0iIzRmNDZlNSIgZD0iTTExIDQgMiA5bDMuNSA3TDkgMTQuNVYyOGgxNFYxNC41bDMuNSAxLjVMMzAgOWwtOS01"
    "YTUgNSAwIDAgMS0xMCAweiIvPjwvc3ZnPg==";
/// A sheet with three lines, drawn in the same way.
inline constexpr std::string_view kOrdersDrawing =
    "data:image/svg+xml;base64,"
    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAzMiAzMiI+PHBhdGggZm"
    "lsbD0iIzRmNDZlNSIgZD0iTTYgM2gyMHYyNkg2em01IDZ2MmgxMFY5em0wIDZ2MmgxMHYtMnptMCA2djJoMTB2LTJ6"
    "Ii8+PC9zdmc+";

inline constexpr mcp::Icon kShirtIcon = {kShirtDrawing, "image/svg+xml", "any"};
inline constexpr mcp::Icon kOrdersIcon = {kOrdersDrawing, "image/svg+xml", "any"};

}  // namespace shop
