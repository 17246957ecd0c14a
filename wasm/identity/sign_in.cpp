#include "identity/sign_in.h"

#include <algorithm>

#include "core/json.h"
#include "identity/pages.h"
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

constexpr std::string_view kProvider = "workos";

Await await(Effect effect, SignInState state) {
  return {{std::move(effect)}, encode(std::move(state))};
}

CallOAuth oauth(std::string_view operation, std::string origin, std::string arguments) {
  return {std::string(operation), std::move(origin), std::move(arguments)};
}

// ---- Reading what the effects gave ----

/// The JSON that an operation of the OAuth provider gave. The view lives as long as this.
class Answer {
 public:
  explicit Answer(const EffectResult& result) : parsed_(gate_.parse(result.bytes)) {}
  std::string text(std::string_view name) const {
    return parsed_.ok() ? std::string(core::string_member(parsed_.root, name).value_or("")) : std::string();
  }
  /// A member written anew as JSON text; "null" where it is absent.
  std::string json(std::string_view name) const {
    const auto value = member(name);
    return value ? core::json_text(*value) : "null";
  }
  std::optional<core::JsonView> member(std::string_view name) const {
    return parsed_.ok() ? core::member(parsed_.root, name) : std::nullopt;
  }
  std::vector<std::string> list(std::string_view name) const { return core::string_list(member(name)); }
  bool ok() const { return parsed_.ok(); }

 private:
  core::JsonGate gate_;
  core::JsonResult parsed_;
};

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
  response.headers.add("Location", redirect);
  response.headers.add("Cache-Control", "no-store");
  return response;
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
  view.name = text("name");
  view.known_by = text("domain").empty() ? "a name that it gave itself" : "its document at " + text("domain");
  view.host = text("host");
  view.loopback = core::boolean_member(client, "loopback").value_or(false);
  view.scopes = scopes;
  return view;
}

class Machine {
 public:
  Machine(const core::Config& config, const Keys& keys, const std::vector<EffectResult>& results,
          core::Context& step)
      : config_(config), keys_(keys), results_(results), step_(step) {}

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
    if (!core::string_member(*request, "codeChallenge")) {
      return refuse("invalid_request", "PKCE with S256 is required (OAuth 2.1)");
    }
    const std::vector<std::string> asked = core::string_list(core::member(*request, "scope"));
    const std::vector<std::string> scopes = known_scopes(asked);
    if (scopes.empty())
      return refuse("invalid_scope", "The scopes here are " + service::scope_names(" and "));
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
      const std::vector<std::string> chosen = core::form_values(form, "scope");
      if (chosen.empty()) {
        // Going back in the browser would not help: the page was the answer to a callback that counts once.
        return await(oauth("approve_consent", state.origin, "{" + handle_member + "}"),
                     AskingAgain{state.origin});
      }
      return await(oauth("approve_consent", state.origin,
                         "{" + handle_member + ",\"scope\":" + json_list(chosen) + "}"),
                   Allowing{state.origin});
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
    // PKCE towards AuthKit (RFC 7636): a code that somebody else gets hold of is worth nothing.
    const std::string verifier = core::base64url(step_.entropy.bytes(32));
    const std::string challenge = core::base64url(step_.crypto.sha256(verifier));
    return await(oauth("begin_upstream", state.origin,
                       "{\"request\":" + answer.json("request") +
                           ",\"data\":{\"verifier\":" + core::json_quote(verifier) + "}}"),
                 Leaving{state.origin, challenge, answer.list("cookies")});
  }

  Outcome operator()(const Leaving& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    std::string url =
        config_.workos_api_url + "/user_management/authorize?response_type=code&provider=authkit";
    url += "&client_id=" + core::percent_encode(config_.workos_client_id);
    url += "&redirect_uri=" + core::percent_encode(state.origin + "/callback");
    url += "&state=" + core::percent_encode(answer.text("state"));
    url += "&code_challenge_method=S256&code_challenge=" + state.challenge;
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
    core::Fetch exchange;
    exchange.method = "POST";
    exchange.url = config_.workos_api_url + "/user_management/authenticate";
    exchange.headers.add("Content-Type", "application/json");
    exchange.body = core::json_text(core::Json{{"grant_type", "authorization_code"},
                                               {"client_id", config_.workos_client_id},
                                               {"client_secret", config_.workos_api_key},
                                               {"code", state.code},
                                               {"code_verifier", verifier}});
    return await(std::move(exchange), Exchanging{state.origin, core::json_text(*request), cookies});
  }

  Outcome operator()(const Exchanging& state) {
    const EffectResult& exchanged = first();
    if (!exchanged.ok() || exchanged.code >= 500) {
      return Respond{with_cookies(message_page(502, "The sign-in service does not answer",
                                               "AuthKit could not be reached, so nobody was signed in.",
                                               "Go back to your client in a minute and connect again."),
                                  state.cookies)};
    }
    const Answer answer(exchanged);
    const auto user = answer.member("user");
    const std::string token = answer.text("access_token");
    if (exchanged.code != 200 || !user || token.empty()) {
      return Respond{
          with_cookies(start_again_page(400, "The sign-in did not succeed",
                                        "AuthKit did not accept the code of this sign-in: it may be too old, "
                                        "or it was used before."),
                       state.cookies)};
    }
    const auto text = [&](std::string_view name) {
      return std::string(core::string_member(*user, name).value_or(""));
    };
    std::string name = text("first_name");
    if (!text("last_name").empty()) name += (name.empty() ? "" : " ") + text("last_name");
    return await(core::VerifyToken{token, config_.workos_api_url + "/sso/jwks/" + config_.workos_client_id,
                                   config_.workos_issuers, config_.workos_client_id},
                 Verifying{state.origin, state.request, state.cookies, text("id"), text("email"), name});
  }

  Outcome operator()(const Verifying& state) {
    if (!first().ok()) {
      return Respond{with_cookies(start_again_page(400, "The sign-in could not be verified",
                                                   "The token that came from AuthKit is not valid here."),
                                  state.cookies)};
    }
    const Answer claims(first());
    if (claims.text("sub").empty() || claims.text("sub") != state.subject) {
      return Respond{
          with_cookies(start_again_page(400, "The sign-in could not be verified",
                                        "The token that came from AuthKit belongs to somebody else."),
                       state.cookies)};
    }
    if (claims.member("act")) {
      return Respond{
          with_cookies(message_page(403, "An impersonated session allows nothing",
                                    "This AuthKit session was opened by an administrator on behalf of " +
                                        state.email + ". Only they themselves can appoint a deputy.",
                                    "End the impersonation and sign in as yourself."),
                       state.cookies)};
    }
    core::JsonGate gate;
    const core::JsonResult request = gate.parse(state.request);
    const auto client = request.ok() ? core::member(request.root, "client") : std::nullopt;
    if (!client) return broken();
    const std::vector<std::string> scopes = core::string_list(core::member(request.root, "requested_scopes"));
    const std::string person = core::json_text(core::Json{{"subject", state.subject},
                                                          {"email", state.email},
                                                          {"name", state.name},
                                                          {"session", claims.text("sid")},
                                                          {"permissions", claims.list("permissions")}});
    ClientView view = view_of(*client, scopes);
    return await(oauth("begin_consent", state.origin,
                       "{\"request\":" + with_members(state.request, "\"person\":" + person) + "}"),
                 Consenting{std::move(view), shown(state.name, state.email), state.cookies});
  }

  Outcome operator()(const AskingAgain& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto asked = consent_of(answer);
    if (!asked) return nobody_signed_in();
    const core::JsonView request = asked->request, person = asked->person, client = asked->client;
    const auto text = [&](std::string_view name) { return core::string_member(person, name).value_or(""); };
    ClientView view = view_of(client, core::string_list(core::member(request, "requested_scopes")));
    return await(
        oauth("begin_consent", state.origin, "{\"request\":" + core::json_text(request) + "}"),
        Consenting{std::move(view), shown(text("name"), text("email")), answer.list("cookies"), true});
  }

  Outcome operator()(const Consenting& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    std::vector<std::string> cookies = state.cookies;
    for (std::string& cookie : answer.list("cookies")) cookies.push_back(std::move(cookie));
    const Consent consent = state.again ? Consent::again : Consent::first;
    return Respond{
        with_cookies(consent_page(state.client, state.person, consent, answer.text("handle")), cookies)};
  }

  Outcome operator()(const Allowing& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto asked = consent_of(answer);
    if (!asked) return nobody_signed_in();
    const core::JsonView request = asked->request, person = asked->person, client = asked->client;
    const std::string subject(core::string_member(person, "subject").value_or(""));
    if (subject.empty()) return broken();
    const std::string name = principal_name(step_.crypto, kProvider, subject);
    const std::string client_name(core::string_member(client, "name").value_or(""));
    const auto requested = core::member(request, "requested_scopes");
    const std::string metadata = with_members(
        core::json_text(person),
        "\"client_name\":" + core::json_quote(client_name) +
            ",\"requested_scopes\":" + (requested ? core::json_text(*requested) : std::string("[]")));
    // No more than the page offered, whatever the form says.
    std::vector<std::string> scopes = core::string_list(core::member(request, "scope"));
    const std::vector<std::string> offered = core::string_list(requested);
    std::erase_if(scopes, [&](const std::string& scope) {
      return std::find(offered.begin(), offered.end(), scope) == offered.end();
    });
    if (scopes.empty()) return broken();
    const std::string call =
        "{\"call\":\"complete_authorization\",\"issuer\":" + core::json_quote(state.origin) +
        ",\"user_id\":" + core::json_quote(user_id(keys_, name)) +
        ",\"request\":" + core::json_text(request) + ",\"scope\":" + json_list(scopes) +
        ",\"metadata\":" + metadata + "}";
    return await(core::CallPrincipal{name, call}, Completing{client_name, answer.list("cookies")});
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
  const std::vector<EffectResult>& results_;
  core::Context& step_;
};

}  // namespace

core::Outcome SignIn::authorize(const core::Request& request, const Site& site) const {
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
  return std::visit(Machine(config_, keys_, results, step), *state);
}

}  // namespace identity
