#include "todo_api/routes.h"

namespace todo_api {

namespace {

/// What follows the route's path: nothing, or an id. Nothing at all where the path is another.
std::optional<std::string_view> rest_of(const Route& route, std::string_view path) {
  if (!path.starts_with(route.path)) return std::nullopt;
  const std::string_view rest = path.substr(route.path.size());
  const bool takes_id = route.path.size() > 1 && route.path.ends_with('/');
  if (rest.empty() == takes_id || rest.find('/') != std::string_view::npos) return std::nullopt;
  return rest;
}

}  // namespace

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  const std::string_view looked_for = method == "HEAD" ? "GET" : method;
  for (const Route& route : kRoutes) {
    const std::optional<std::string_view> rest = rest_of(route, path);
    if (!rest) continue;
    found.allow.append(found.allow.empty() ? "" : ", ").append(route.method);
    if (route.method == "GET") found.allow += ", HEAD";
    if (route.method != looked_for) continue;
    found.route = &route;
    found.id = *rest;
  }
  return found;
}

}  // namespace todo_api
