#include "identity/sign_in.h"

#include <algorithm>

#include "core/json.h"
#include "identity/answer.h"
#include "identity/authkit.h"
#include "identity/consent_form.h"
#include "identity/pages.h"
#include "identity/plain_name.h"
#include "identity/principal_id.h"
#include "identity/sign_in_pages.h"
#include "identity/sign_in_states.h"
#include "service.h"

namespace identity {

namespace {

using core::Await;
using core::CallOAuth;
using core::Effect;
using core::EffectResult;
using core::Outcome;
using core::Respond;

Await await(Effect effect, SignInState state) {
  return {{std::move(effect)}, encode(std::move(state))};
}

CallOAuth oauth(std::string_view operation, std::string origin, std::string arguments) {
  return {std::string(operation), std::move(origin), std::move(arguments)};
}

// ---- Reading what the effects gave ----

/// A JSON object with members added; `object` is an object's text.
std::string with_members(std::string_view object, std::string_view members) {
  std::string out(object.substr(0, object.size() - 1));
  if (out.size() > 1) out += ',';
  return out.append(members) + '}';
}

std::string json_list(const std::vector<std::string>& values) {
  return core::json_text(core::Json(values));
}

/// What the OAuth provider refused: to the client where it may be told, else on a page.
core::Response refusal(const EffectResult& result) {
  const Answer answer(result);
  const std::string redirect = answer.text("redirect_to");
  if (redirect.empty()) return refused_page(answer.text("code"), answer.text("description"));
  core::Response response;
  response.status = 302;
  response.headers.add("Location", core::field_value(redirect));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

/// Nobody was signed in.
core::Response problem_page(const SignInProblem& problem) {
  if (problem.status != kUnreachable) return start_again_page(problem.status, problem.title, problem.what);
  return message_page(problem.status, problem.title, problem.what,
                      "Go back to your client in a minute and connect again.");
}

/// What a consent is about: the request, who signed in for it, and who asks.
struct ConsentSubject {
  core::JsonView request, person, client;
};
/// Nothing where nobody had signed in: the first page's transaction is none for the second.
std::optional<ConsentSubject> consent_of(const Answer& answer) {
  const auto request = answer.member("request");
  const auto person = request ? core::member(*request, "person") : std::nullopt;
  const auto client = request ? core::member(*request, "client") : std::nullopt;
  if (!person || !client) return std::nullopt;
  return ConsentSubject{*request, *person, *client};
}

ClientView view_of(core::JsonView client, const std::vector<std::string>& scopes) {
  ClientView view;
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(client, name).value_or(""));
  };
  view.name = plain_name(text("name"));
  view.known_by = text("domain").empty() ? "a name that it gave itself" : "its document at " + text("domain");
  view.host = text("host");
  view.loopback = core::boolean_member(client, "loopback").value_or(false);
  view.scopes = scopes;
  return view;
}

/// Parameters of a request that come once at most (RFC 6749 section 3.1); there may be several resources.
constexpr std::string_view kOnce[] = {"response_type", "client_id",      "redirect_uri",         "scope",
                                      "state",         "code_challenge", "code_challenge_method"};

/// A SHA-256 in base64url (RFC 7636 section 4.2).
bool is_challenge(std::string_view text) {
  const std::optional<std::string> hash = core::base64url_decode(text);
  return hash && hash->size() == 32;
}

class Machine {
 public:
  Machine(const core::Config& config, const Keys& keys, const authority::Vocabulary& words,
          const std::vector<EffectResult>& results, core::Context& step)
      : config_(config), keys_(keys), words_(words), results_(results), step_(step) {}

  // GET /authorize: the provider has checked client, redirect URI, resource and PKCE method.
  Outcome operator()(const Parsing& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto request = answer.member("request");
    const auto client = answer.member("client");
    if (!request || !client) return broken();
    const auto refuse = [&](std::string_view code, std::string_view description) {
      return await(oauth("error_redirect", state.origin,
                         "{\"request\":" + core::json_text(*request) + ",\"code\":" + core::json_quote(code) +
                             ",\"description\":" + core::json_quote(description) + "}"),
                   Refusing{});
    };
    if (!is_challenge(core::string_member(*request, "codeChallenge").value_or(""))) {
      return refuse("invalid_request", "PKCE with S256 is required (OAuth 2.1)");
    }
    const std::vector<std::string> asked = core::string_list(core::member(*request, "scope"));
    const std::vector<std::string> scopes = known_scopes(asked);
    if (scopes.empty()) return refuse("invalid_scope", "The scopes here are " + scope_names(" and "));
    const std::string extended =
        with_members(core::json_text(*request),
                     "\"requested_scopes\":" + json_list(scopes) + ",\"client\":" + core::json_text(*client));
    return await(oauth("begin_consent", state.origin, "{\"request\":" + extended + "}"),
                 Asking{view_of(*client, scopes)});
  }

  Outcome operator()(const Refusing&) { return Respond{refusal(first())}; }

  Outcome operator()(const Asking& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    return Respond{with_cookies(ask_page(state.client, answer.text("handle")), answer.list("cookies"))};
  }

  Outcome operator()(const ReadingForm& state) {
    if (!first().ok()) {
      return Respond{
          start_again_page(413, "The form is too large", "A form of this page has at most 16 KiB.")};
    }
    const std::string& form = first().bytes;
    const std::string handle = core::form_value(form, "handle").value_or("");
    const std::string decision = core::form_value(form, "decision").value_or("");
    const std::string handle_member = "\"handle\":" + core::json_quote(handle);
    if (decision == "cancel" || decision == "deny") {
      return await(oauth("deny_consent", state.origin, "{" + handle_member + "}"), Cancelling{});
    }
    if (state.path == "/authorize" && decision == "continue") {
      return await(oauth("approve_consent", state.origin, "{" + handle_member + "}"),
                   Continuing{state.origin});
    }
    if (state.path == "/consent" && decision == "allow") {
      return await(oauth("approve_consent", state.origin, "{" + handle_member + "}"),
                   Allowing{state.origin, form});
    }
    return Respond{start_again_page(400, "This form cannot be understood", "It says neither yes nor no.")};
  }

  Outcome operator()(const Cancelling&) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    return Respond{with_cookies(
        onward_page(answer.text("redirect_to"), "the application, which is told that you said no"),
        answer.list("cookies"))};
  }

  Outcome operator()(const Continuing& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    if (!answer.member("request")) return broken();
    const std::string verifier = new_verifier(step_);
    return await(oauth("begin_upstream", state.origin,
                       "{\"request\":" + answer.json("request") +
                           ",\"data\":{\"verifier\":" + core::json_quote(verifier) + "}}"),
                 Leaving{state.origin, challenge_of(step_.crypto, verifier), answer.list("cookies")});
  }

  Outcome operator()(const Leaving& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const std::string url = AuthKit(config_).authorization_url(state.origin, answer.text("state"),
                                                               state.challenge, Freshness::any_session);
    std::vector<std::string> cookies = state.cookies;
    for (std::string& cookie : answer.list("cookies")) cookies.push_back(std::move(cookie));
    return Respond{with_cookies(onward_page(url, "the sign-in page"), cookies)};
  }

  Outcome operator()(const Returning& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto request = answer.member("request");
    if (!request) return broken();
    const std::vector<std::string> cookies = answer.list("cookies");
    if (!state.error.empty()) {
      if (state.error == "access_denied") {
        return await(oauth("error_redirect", state.origin,
                           "{\"request\":" + core::json_text(*request) +
                               ",\"code\":\"access_denied\",\"description\":\"The sign-in was cancelled\"}"),
                     Refusing{});
      }
      std::string what = "AuthKit answered \"" + state.error + "\"";
      if (!state.error_description.empty()) what += ": " + state.error_description;
      return Respond{with_cookies(start_again_page(400, "The sign-in did not succeed", what), cookies)};
    }
    const auto data = answer.member("data");
    const std::string verifier(data ? core::string_member(*data, "verifier").value_or("") : "");
    return await(AuthKit(config_).code_exchange(state.origin, state.code, verifier),
                 Exchanging{state.origin, core::json_text(*request), cookies});
  }

  Outcome operator()(const Exchanging& state) {
    std::variant<Exchanged, SignInProblem> exchanged = AuthKit(config_).read_exchange(first());
    if (const SignInProblem* problem = std::get_if<SignInProblem>(&exchanged)) {
      return Respond{with_cookies(problem_page(*problem), state.cookies)};
    }
    Exchanged& known = std::get<Exchanged>(exchanged);
    return await(std::move(known.verification),
                 Verifying{state.origin, state.request, state.cookies, std::move(known.user)});
  }

  Outcome operator()(const Verifying& state) {
    const std::variant<Person, SignInProblem> read = AuthKit(config_).read_person(state.user, first());
    if (const SignInProblem* problem = std::get_if<SignInProblem>(&read)) {
      return Respond{with_cookies(problem_page(*problem), state.cookies)};
    }
    const Person& person = std::get<Person>(read);
    const auto& [subject, email, name] = person.user;
    if (person.impersonation != Impersonation::none) {
      return Respond{
          with_cookies(message_page(403, "An impersonated session allows nothing",
                                    "This AuthKit session was opened by an administrator on behalf of " +
                                        email + ". Only they themselves can appoint a deputy.",
                                    "End the impersonation and sign in as yourself."),
                       state.cookies)};
    }
    core::JsonGate gate;
    const core::JsonResult request = gate.parse(state.request);
    const auto client = request.ok() ? core::member(request.root, "client") : std::nullopt;
    if (!client) return broken();
    const std::vector<std::string> scopes = core::string_list(core::member(request.root, "requested_scopes"));
    const std::string signed_in = core::json_text(core::Json{{"subject", subject},
                                                             {"email", email},
                                                             {"name", name},
                                                             {"session", person.session},
                                                             {"permissions", person.permissions}});
    const std::string client_id(core::string_member(request.root, "clientId").value_or(""));
    const std::string question =
        "{\"call\":\"recall_client\",\"client_id\":" + core::json_quote(client_id) + "}";
    return await(core::CallPrincipal{principal_name(step_.crypto, kProvider, subject), question},
                 Recalling{state.origin, with_members(state.request, "\"person\":" + signed_in),
                           state.cookies, view_of(*client, scopes), shown(name, email)});
  }

  Outcome operator()(const Recalling& state) {
    const std::string before = first().ok() ? Answer(first()).text("sentence") : std::string();
    const std::string extended = with_members(state.request, "\"before\":" + core::json_quote(before));
    return await(oauth("begin_consent", state.origin, "{\"request\":" + extended + "}"),
                 Consenting{state.client, state.person, state.cookies, before, {}, {}});
  }

  Outcome operator()(const Consenting& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    std::vector<std::string> cookies = state.cookies;
    for (std::string& cookie : answer.list("cookies")) cookies.push_back(std::move(cookie));
    const ConsentForm form = consent_form(words_, state.client.scopes, state.form);
    return Respond{with_cookies(
        consent_page(state.client, {state.person, state.before, state.problem}, form, answer.text("handle")),
        cookies)};
  }

  Outcome operator()(const Allowing& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto asked = consent_of(answer);
    if (!asked) return nobody_signed_in();
    const core::JsonView request = asked->request, person = asked->person, client = asked->client;
    const auto text = [](core::JsonView object, std::string_view name) {
      return std::string(core::string_member(object, name).value_or(""));
    };
    const std::string subject = text(person, "subject");
    if (subject.empty()) return broken();
    const std::vector<std::string> requested = core::string_list(core::member(request, "requested_scopes"));
    const ClientView view = view_of(client, requested);
    const std::variant<Choice, std::string> read = read_choice(state.form, words_, requested, step_.now);
    if (const std::string* problem = std::get_if<std::string>(&read)) {
      // Going back in the browser would not help: the page was the answer to a callback that counts once.
      return await(oauth("begin_consent", state.origin, "{\"request\":" + core::json_text(request) + "}"),
                   Consenting{view, shown(text(person, "name"), text(person, "email")),
                              answer.list("cookies"), text(request, "before"), state.form, *problem});
    }
    const Choice& choice = std::get<Choice>(read);
    const std::string name = principal_name(step_.crypto, kProvider, subject);
    const core::Json described{{"client_name", view.name},
                               {"client_known_by", view.known_by},
                               {"client_host", view.host},
                               {"requested_scopes", requested},
                               {"sentence", authority::sentence(words_, choice.scopes, choice.bounds)}};
    std::string members = core::json_text(described);
    members = members.substr(1, members.size() - 2) + ",\"bounds\":" + authority::bounds_json(choice.bounds);
    const std::string call =
        "{\"call\":\"complete_authorization\",\"issuer\":" + core::json_quote(state.origin) +
        ",\"user_id\":" + core::json_quote(user_id(keys_, name)) +
        ",\"request\":" + core::json_text(request) + ",\"scope\":" + json_list(choice.scopes) +
        ",\"metadata\":" + with_members(core::json_text(person), members) + "}";
    return await(core::CallPrincipal{name, call}, Completing{view.name, answer.list("cookies")});
  }

  Outcome operator()(const Completing& state) {
    const Answer answer(first());
    const std::string redirect = first().ok() ? answer.text("redirect_to") : std::string();
    if (redirect.empty()) return Respond{with_cookies(refusal(first()), state.cookies)};
    return Respond{with_cookies(onward_page(redirect, state.client_name), state.cookies)};
  }

 private:
  const EffectResult& first() const { return results_.front(); }
  /// The handle of the first page is none for the second.
  static Outcome nobody_signed_in() {
    return Respond{
        start_again_page(400, "This sign-in cannot go on", "Nobody has signed in for this request.")};
  }
  static Outcome broken() {
    return Respond{message_page(500, "That did not work", "The sign-in lost its way.",
                                "Go back to your client and connect again.")};
  }

  const core::Config& config_;
  const Keys& keys_;
  const authority::Vocabulary& words_;
  const std::vector<EffectResult>& results_;
  core::Context& step_;
};

}  // namespace

core::Outcome SignIn::authorize(const core::Request& request, const core::Url& url, const Site& site) const {
  for (std::string_view name : kOnce) {
    if (core::form_values(url.query, name).size() < 2) continue;
    return Respond{
        start_again_page(400, "This sign-in cannot go on",
                         "The request says more than once what its " + std::string(name) + " is.")};
  }
  return await(oauth("parse_authorization", site.origin, "{\"url\":" + core::json_quote(request.url) + "}"),
               Parsing{site.origin});
}

core::Outcome SignIn::submit(const core::Request& request, const core::Url& url, const Site& site) const {
  // The handle and its cookie already bind the form to the browser; a foreign page is told so at once.
  if (check_origin(request, site, config_) == OriginCheck::foreign) {
    return Respond{
        start_again_page(403, "This form came from elsewhere", "The page that sent it is not one of ours.")};
  }
  return await(core::ReadBody{kMaxFormBytes}, ReadingForm{site.origin, url.path});
}

core::Outcome SignIn::callback(const core::Request& request, const core::Url& url, const Site& site) const {
  const auto value = [&](std::string_view name) { return core::form_value(url.query, name).value_or(""); };
  return await(oauth("finish_upstream", site.origin, "{\"url\":" + core::json_quote(request.url) + "}"),
               Returning{site.origin, value("code"), value("error"), value("error_description")});
}

core::Outcome SignIn::resume(std::string_view continuation, const std::vector<core::EffectResult>& results,
                             core::Context& step) const {
  std::optional<SignInState> state = decode_sign_in_state(continuation);
  if (!state || results.size() != 1) {
    return Respond{message_page(500, "That did not work", "The sign-in lost its way.",
                                "Go back to your client and connect again.")};
  }
  return std::visit(Machine(config_, keys_, words_, results, step), *state);
}

}  // namespace identity
