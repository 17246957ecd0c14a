// What is said of a request that failed inside: nothing that is not known.
#include "app.h"
#include "continuations.h"
#include "identity/boundary.h"
#include "identity/page_guard.h"
#include "identity/pages.h"
#include "responses.h"

using core::Outcome;
using core::Respond;

namespace {

mcp::Changed changed_by(const core::Fault& fault) {
  if (fault.reached == core::Fault::Reached::others) return mcp::Changed::unknown;
  // A call's flow may have asked the outside for something; the others only look at a token.
  const bool called = fault.continuation.starts_with(static_cast<char>(Machine::mcp));
  return called ? mcp::Changed::unknown : mcp::Changed::nothing;
}

}  // namespace

Outcome App::on(const core::Fault& input, core::Context&) {
  const mcp::Changed changed = changed_by(input);
  const std::optional<core::Url> url = core::parse_url(input.request.url);
  if (url && url->path == "/mcp") {
    core::Response response = server_.fault(input.request, changed);
    identity::allow_origin(response, input.request.headers.get("Origin").value_or(""));
    return Respond{std::move(response)};
  }
  if (url && (url->path == "/token" || url->path == "/register")) {
    return Respond{oauth_error(500, "server_error", "Something went wrong on our side; try again")};
  }
  const char* what = changed == mcp::Changed::nothing ? "Something went wrong; nothing was changed."
                                                      : "Something went wrong; look whether it was done.";
  if (url && identity::kind_of_path(url->path) == identity::PagePath::data) {
    return Respond{identity::page_error(500, "server_error", what)};
  }
  return Respond{identity::message_page(500, "That did not work", what, "Try again.")};
}
