#include "identity/pages.h"

#include "identity/web_files.h"
#include "service.h"

namespace identity {

namespace {

core::Response same_for_all(std::string_view name, std::string_view type,
                            std::string_view caching = "public, max-age=3600") {
  core::Response response;
  response.headers.add("Content-Type", type);
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Cache-Control", caching);
  response.body = std::string(web::file(name));
  return response;
}

constexpr std::string_view kNoScripts =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";
constexpr std::string_view kOwnScripts =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

core::Response framed(int status, std::string_view policy, std::string_view title, std::string main,
                      std::string head) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Content-Security-Policy", policy);
  response.headers.add("X-Frame-Options", "DENY");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Referrer-Policy", "same-origin");
  response.headers.add("Cache-Control", "no-store");
  response.body = fill("layout.html", {{"title", std::string(title)},
                                       {"service", std::string(service().name)},
                                       {"head", std::move(head), Slot::Kind::html},
                                       {"main", std::move(main), Slot::Kind::html}});
  return response;
}

}  // namespace

std::string fill(std::string_view name, std::initializer_list<Slot> slots) {
  std::string_view rest = web::file(name);
  std::string out;
  while (true) {
    const size_t open = rest.find("{{");
    out.append(rest.substr(0, open));
    if (open == std::string_view::npos) return out;
    const size_t close = rest.find("}}", open);
    if (close == std::string_view::npos) return out;
    const std::string_view slot_name = rest.substr(open + 2, close - open - 2);
    for (const Slot& slot : slots) {
      if (slot.name != slot_name) continue;
      out += slot.kind == Slot::Kind::html ? slot.value : core::html_escape(slot.value);
    }
    rest.remove_prefix(close + 2);
  }
}

core::Response page(int status, std::string_view title, std::string main, std::string head) {
  return framed(status, kNoScripts, title, std::move(main), std::move(head));
}

core::Response scripted_page(std::string_view title, std::string main) {
  core::Response response = framed(200, kOwnScripts, title, std::move(main), {});
  response.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

core::Response message_page(int status, std::string_view title, std::string_view what,
                            std::string_view advice) {
  return page(
      status, title,
      fill("message.html",
           {{"title", std::string(title)}, {"what", std::string(what)}, {"advice", std::string(advice)}}));
}

core::Response onward_page(std::string_view url, std::string_view where) {
  return page(200, "One moment",
              fill("onward.html", {{"url", std::string(url)}, {"where", std::string(where)}}),
              "<meta http-equiv=\"refresh\" content=\"0;url=" + core::html_escape(url) + "\">\n");
}

core::Response with_cookies(core::Response response, const std::vector<std::string>& cookies) {
  for (const std::string& cookie : cookies) response.headers.add("Set-Cookie", core::field_value(cookie));
  return response;
}

core::Response style_sheet() {
  return same_for_all("style.css", "text/css; charset=utf-8");
}

core::Response icon() {
  return same_for_all("icon.svg", "image/svg+xml");
}

core::Response authority_script() {
  // It reads what the page's addresses give: after a deployment an old one would misread it.
  return same_for_all("authority.js", "text/javascript; charset=utf-8", "no-cache");
}

}  // namespace identity
