// The pages that a human sees: templates of web/ with values filled in. Everything filled in is escaped,
// unless it is HTML that was made here.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/http.h"

namespace identity {

/// A place in a template, `{{name}}`, and what stands there.
struct Slot {
  enum class Kind { text, html };
  std::string_view name;
  std::string value;
  Kind kind = Kind::text;
};

/// web/`name` with its slots filled. A slot that is not given stays empty.
std::string fill(std::string_view name, std::initializer_list<Slot> slots);

/// A whole page around `main` (HTML), with the headers of every page: no framing, no scripts, nothing from
/// elsewhere, no caching, no referrer.
core::Response page(int status, std::string_view title, std::string main, std::string head = {});
/// A page that a script of ours fills and keeps up to date (`main` names it); nobody else's may run.
core::Response scripted_page(std::string_view title, std::string main);
/// A page that says what happened and what to do.
core::Response message_page(int status, std::string_view title, std::string_view what,
                            std::string_view advice);
/// A page that goes on to `url` by itself. Not a redirect: Chromium applies the form's `form-action` to
/// redirects.
core::Response onward_page(std::string_view url, std::string_view where);
/// Sets the cookies that the OAuth provider asks for.
core::Response with_cookies(core::Response response, const std::vector<std::string>& cookies);
/// The style sheet, /style.css.
core::Response style_sheet();
/// The icon, /icon.svg.
core::Response icon();
/// The authority page's script, /authority.js.
core::Response authority_script();

}  // namespace identity
