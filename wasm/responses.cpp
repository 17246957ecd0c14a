#include "responses.h"

#include "core/json.h"
#include "identity/pages.h"
#include "service.h"

namespace {

/// Text for a page; what stands between backticks is code.
std::string with_code(std::string_view text) {
  std::string html;
  bool inside = false;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('`'), rest.size());
    html += core::html_escape(rest.substr(0, end));
    if (end < rest.size()) html += inside ? "</code>" : "<code>";
    inside = !inside;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return html;
}

}  // namespace

core::Response plain(int status, std::string_view text) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::string(text);
  return response;
}

core::Response method_not_allowed(std::string_view allow) {
  core::Response response = plain(405, "This address does not know that method.\n");
  response.headers.add("Allow", allow);
  return response;
}

core::Response oauth_error(int status, std::string_view code, std::string_view description) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = core::json_text(core::Json{{"error", code}, {"error_description", description}});
  return response;
}

core::Response not_configured(const std::vector<core::Config::Problem>& problems) {
  std::string list;
  for (const core::Config::Problem& problem : problems) {
    list += "<dt><code>" + core::html_escape(problem.variable) + "</code></dt><dd>" +
            with_code(problem.advice) + "</dd>\n";
  }
  core::Response response =
      identity::page(503, "Not configured yet",
                     identity::fill("not-configured.html", {{"problems", list, identity::Slot::Kind::html}}));
  response.headers.add("Retry-After", "60");
  return response;
}

core::Response landing(const identity::Site& site) {
  const bool local = core::is_loopback_host(core::parse_url(site.origin)->host);
  return identity::page(
      200, service().heading,
      identity::fill(
          "landing.html",
          {{"heading", std::string(service().heading)},
           {"mcp", site.resource()},
           {"clients",
            identity::fill(local ? "connect-local.html" : "connect-deployed.html",
                           {{"mcp", site.resource()}, {"server", std::string(service().short_name)}}),
            identity::Slot::Kind::html}}));
}
