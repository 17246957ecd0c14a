#include "identity/sign_in_pages.h"

#include <algorithm>
#include <array>

#include "identity/pages.h"
#include "service.h"

namespace identity {

namespace {

using Scope = authority::Vocabulary::Scope;

std::string loopback_warning(const ClientView& client) {
  if (!client.loopback) return {};
  return R"(<p class="warning">This is a program on this computer. Any program here can call itself by this name, so go on only if you started it.</p>)";
}

std::string scope_sentence(const ClientView& client) {
  std::string sentence;
  for (const Scope& text : service().scopes) {
    if (std::find(client.scopes.begin(), client.scopes.end(), text.name) == client.scopes.end()) continue;
    if (!sentence.empty()) sentence += ", and to ";
    sentence += text.allows;
  }
  return "to " + sentence;
}

std::string paragraph(std::string_view attributes, std::string_view text) {
  return "<p " + std::string(attributes) + '>' + core::html_escape(text) + "</p>";
}

constexpr std::string_view kStartAgain = "Go back to your client and connect again: sign-in starts anew.";

/// What the OAuth provider's refusals mean to a human. It has one code for all of them; its version is
/// pinned, and words of another one are shown as they are.
struct Meaning {
  std::string_view description;
  std::string_view what;
  std::string_view advice;
};
constexpr std::array<Meaning, 4> kMeanings{
    {{"Invalid client_id",
      "The application that sent you here is not known to this server, or no longer (Invalid client_id).",
      "In the application, remove this server and add it again: then it introduces itself anew."},
     {"Invalid redirect URI",
      "The application wants you sent back to an address that it never named to this server, so nobody is "
      "sent "
      "there "
      "(Invalid redirect URI).",
      "In the application, remove this server and add it again. If that does not help, do not trust the link "
      "that led "
      "you here."},
     {"This authorization was not started in this browser; start again",
      "This sign-in was not started in this browser, or too long ago.", kStartAgain},
     {"This authorization expired or was already used; start again",
      "This sign-in took too long, or this step of it was taken before.", kStartAgain}}};

}  // namespace

std::vector<std::string> known_scopes(const std::vector<std::string>& asked) {
  std::vector<std::string> scopes;
  for (const Scope& known : service().scopes) {
    if (asked.empty() || std::find(asked.begin(), asked.end(), known.name) != asked.end()) {
      scopes.emplace_back(known.name);
    }
  }
  return scopes;
}

std::string shown(std::string_view name, std::string_view email) {
  if (name.empty()) return std::string(email);
  return std::string(name).append(" (").append(email).append(")");
}

core::Response ask_page(const ClientView& client, std::string handle) {
  return page(200, "An application asks to act for you",
              fill("ask.html", {{"service", std::string(service().name)},
                                {"client", client.name},
                                {"origin", client.known_by},
                                {"host", client.host},
                                {"warning", loopback_warning(client), Slot::Kind::html},
                                {"scopes", scope_sentence(client)},
                                {"handle", std::move(handle)}}));
}

core::Response consent_page(const ClientView& client, const ConsentView& view, const ConsentForm& form,
                            std::string handle) {
  const std::string again =
      view.before.empty()
          ? paragraph("class=\"quiet\"", "It asks for the first time.")
          : paragraph(
                "class=\"advice\"",
                "You allowed it before; what you allow now takes the place of that, and what it has used "
                "up still counts. Before: " +
                    view.before);
  const std::string notice =
      view.problem.empty() ? std::string() : paragraph("class=\"warning\" role=\"alert\"", view.problem);
  return page(view.problem.empty() ? 200 : 400, "Allow this deputy?",
              fill("consent.html", {{"client", client.name},
                                    {"origin", client.known_by},
                                    {"host", client.host},
                                    {"warning", loopback_warning(client), Slot::Kind::html},
                                    {"person", view.person},
                                    {"again", again, Slot::Kind::html},
                                    {"notice", notice, Slot::Kind::html},
                                    {"presets", form.presets, Slot::Kind::html},
                                    {"tools", form.tools, Slot::Kind::html},
                                    {"limits", form.limits, Slot::Kind::html},
                                    {"until", form.until, Slot::Kind::html},
                                    {"handle", std::move(handle)}}));
}

core::Response start_again_page(int status, std::string_view title, std::string_view what) {
  return message_page(status, title, what, kStartAgain);
}

core::Response refused_page(std::string_view code, const std::string& description) {
  if (code == "server_error") {
    return message_page(502, "That did not work", description, "Try again in a minute.");
  }
  constexpr std::string_view title = "This sign-in cannot go on";
  for (const Meaning& meaning : kMeanings) {
    if (meaning.description == description) return message_page(400, title, meaning.what, meaning.advice);
  }
  return start_again_page(400, title,
                          description.empty() ? "The request could not be understood." : description + ".");
}

}  // namespace identity
