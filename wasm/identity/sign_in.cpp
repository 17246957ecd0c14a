#include "identity/sign_in.h"

#include <algorithm>
#include <array>

#include "core/json.h"
#include "identity/pages.h"
#include "identity/principal_id.h"

namespace identity {

namespace {

using core::Await;
using core::CallOAuth;
using core::Effect;
using core::EffectResult;
using core::Outcome;
using core::Respond;

constexpr std::string_view kProvider = "workos";

struct ScopeText {
  std::string_view scope;
  std::string_view allows;
};
constexpr std::array<ScopeText, 2> kScopeTexts{
    {{"shop:read", "look at the inventory and at your orders"}, {"shop:buy", "order shirts for you"}}};

/// What the pages say of a client.
struct ClientView {
  std::string name;
  std::string known_by;
  std::string host;
  bool loopback = false;
  std::vector<std::string> scopes;

  template <typename Archive>
  void fields(Archive& archive) {
    archive(name, known_by, host, loopback, scopes);
  }
};

// ---- States: what is awaited, and what must be known to go on ----

struct Parsing {
  std::string origin;
  template <typename A>
  void fields(A& a) {
    a(origin);
  }
};
struct Refusing {
  template <typename A>
  void fields(A&) {}
};
struct Asking {
  ClientView client;
  template <typename A>
  void fields(A& a) {
    client.fields(a);
  }
};
struct ReadingForm {
  std::string origin;
  std::string path;
  template <typename A>
  void fields(A& a) {
    a(origin, path);
  }
};
struct Cancelling {
  template <typename A>
  void fields(A&) {}
};
struct Continuing {
  std::string origin;
  template <typename A>
  void fields(A& a) {
    a(origin);
  }
};
struct Leaving {
  std::string origin;
  std::string challenge;
  std::vector<std::string> cookies;
  template <typename A>
  void fields(A& a) {
    a(origin, challenge, cookies);
  }
};
struct Returning {
  std::string origin;
  std::string code;
  std::string error;
  std::string error_description;
  template <typename A>
  void fields(A& a) {
    a(origin, code, error, error_description);
  }
};
struct Exchanging {
  std::string origin;
  std::string request;
  std::vector<std::string> cookies;
  template <typename A>
  void fields(A& a) {
    a(origin, request, cookies);
  }
};
struct Verifying {
  std::string origin;
  std::string request;
  std::vector<std::string> cookies;
  std::string subject;
  std::string email;
  std::string name;
  template <typename A>
  void fields(A& a) {
    a(origin, request, cookies, subject, email, name);
  }
};
struct AskingAgain {
  std::string origin;
  template <typename A>
  void fields(A& a) {
    a(origin);
  }
};
struct Consenting {
  ClientView client;
  std::string person;
  std::vector<std::string> cookies;
  bool again = false;  // the form came back with nothing ticked
  template <typename A>
  void fields(A& a) {
    client.fields(a);
    a(person, cookies, again);
  }
};
struct Allowing {
  std::string origin;
  template <typename A>
  void fields(A& a) {
    a(origin);
  }
};
struct Completing {
  std::string client_name;
  std::vector<std::string> cookies;
  template <typename A>
  void fields(A& a) {
    a(client_name, cookies);
  }
};

using State = std::variant<Parsing, Refusing, Asking, ReadingForm, Cancelling, Continuing, Leaving, Returning,
                           Exchanging, Verifying, AskingAgain, Consenting, Allowing, Completing>;

// ---- States as bytes ----

struct Writing {
  core::WireWriter& out;
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }
  void one(std::string& value) { out.bytes(value); }
  void one(bool& value) { out.u8(value ? 1 : 0); }
  void one(std::vector<std::string>& list) {
    out.u32(static_cast<uint32_t>(list.size()));
    for (std::string& value : list) one(value);
  }
};

struct Reading {
  core::WireReader& in;
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }
  void one(std::string& value) { value = in.string(); }
  void one(bool& value) { value = in.u8() == 1; }
  void one(std::vector<std::string>& list) {
    const uint32_t count = in.u32();
    for (uint32_t i = 0; i < count && in.ok(); ++i) list.push_back(in.string());
  }
};

std::string encode(State state) {
  core::WireWriter writer;
  writer.u8(static_cast<uint8_t>(state.index()));
  Writing writing{writer};
  std::visit([&](auto& s) { s.fields(writing); }, state);
  return writer.take();
}

template <size_t I = 0>
std::optional<State> decode_as(size_t index, core::WireReader& reader) {
  if constexpr (I < std::variant_size_v<State>) {
    if (index != I) return decode_as<I + 1>(index, reader);
    std::variant_alternative_t<I, State> state;
    Reading reading{reader};
    state.fields(reading);
    if (!reader.finished()) return std::nullopt;
    return State(std::move(state));
  } else {
    return std::nullopt;
  }
}

std::optional<State> decode(std::string_view bytes) {
  core::WireReader reader(bytes);
  const size_t index = reader.u8();
  return decode_as(index, reader);
}

Await await(Effect effect, State state) {
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

/// The scopes asked for that there are; all of them where the client asked for none.
std::vector<std::string> known_scopes(const std::vector<std::string>& asked) {
  std::vector<std::string> scopes;
  for (const ScopeText& known : kScopeTexts) {
    if (asked.empty() || std::find(asked.begin(), asked.end(), known.scope) != asked.end()) {
      scopes.emplace_back(known.scope);
    }
  }
  return scopes;
}

// ---- Pages ----

std::string loopback_warning(const ClientView& client) {
  if (!client.loopback) return {};
  return R"(<p class="warning">This is a program on this computer. Any program here can call itself by this name, so go on only if you started it.</p>)";
}

std::string scope_sentence(const ClientView& client) {
  std::string sentence;
  for (const ScopeText& text : kScopeTexts) {
    if (std::find(client.scopes.begin(), client.scopes.end(), text.scope) == client.scopes.end()) continue;
    if (!sentence.empty()) sentence += ", and to ";
    sentence += text.allows;
  }
  return "to " + sentence;
}

enum class Boxes { ticked, empty };

std::string scope_choices(const ClientView& client, Boxes boxes) {
  std::string html;
  for (const ScopeText& text : kScopeTexts) {
    if (std::find(client.scopes.begin(), client.scopes.end(), text.scope) == client.scopes.end()) continue;
    html += "<label><input type=\"checkbox\" name=\"scope\" value=\"" + std::string(text.scope) +
            (boxes == Boxes::ticked ? "\" checked> <span>" : "\"> <span>") + std::string(text.allows) +
            " <code class=\"quiet\">" + std::string(text.scope) + "</code></span></label>\n";
  }
  return html;
}

/// A person, as the page names them.
std::string shown(std::string_view name, std::string_view email) {
  if (name.empty()) return std::string(email);
  return std::string(name).append(" (").append(email).append(")");
}

constexpr std::string_view kStartAgain = "Go back to your client and connect again: sign-in starts anew.";

core::Response start_again_page(int status, std::string_view title, std::string_view what) {
  return message_page(status, title, what, kStartAgain);
}

/// What the OAuth provider's refusals mean to a human. It has one code for all of them; its version is
/// pinned, and words of another one are shown as they are.
struct Meaning {
  std::string_view description;
  std::string_view what;
  std::string_view advice;
};
constexpr std::array<Meaning, 4> kMeanings{
    {{"Invalid client_id",
      "The application that sent you here is not known to this shop, or no longer (Invalid client_id).",
      "In the application, remove this shop and add it again: then it introduces itself anew."},
     {"Invalid redirect URI",
      "The application wants you sent back to an address that it never named to this shop, so nobody is sent "
      "there "
      "(Invalid redirect URI).",
      "In the application, remove this shop and add it again. If that does not help, do not trust the link "
      "that led "
      "you here."},
     {"This authorization was not started in this browser; start again",
      "This sign-in was not started in this browser, or too long ago.", kStartAgain},
     {"This authorization expired or was already used; start again",
      "This sign-in took too long, or this step of it was taken before.", kStartAgain}}};

/// What the OAuth provider refused: to the client where it may be told, else on a page.
core::Response refusal(const EffectResult& result) {
  const Answer answer(result);
  const std::string redirect = answer.text("redirect_to");
  if (!redirect.empty()) {
    core::Response response;
    response.status = 302;
    response.headers.add("Location", redirect);
    response.headers.add("Cache-Control", "no-store");
    return response;
  }
  const std::string code = answer.text("code");
  if (code == "server_error") {
    return message_page(502, "That did not work", answer.text("description"), "Try again in a minute.");
  }
  constexpr std::string_view title = "This sign-in cannot go on";
  const std::string description = answer.text("description");
  for (const Meaning& meaning : kMeanings) {
    if (meaning.description == description) return message_page(400, title, meaning.what, meaning.advice);
  }
  return start_again_page(400, title,
                          description.empty() ? "The request could not be understood." : description + ".");
}

ClientView view_of(core::JsonView client, const std::vector<std::string>& scopes) {
  ClientView view;
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(client, name).value_or(""));
  };
  view.name = text("name");
  view.known_by = text("known_by");
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
    if (scopes.empty()) return refuse("invalid_scope", "The scopes here are shop:read and shop:buy");
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
    const ClientView& client = state.client;
    return Respond{
        with_cookies(page(200, "An application asks to act for you",
                          fill("ask.html", {{"client", client.name},
                                            {"origin", client.known_by},
                                            {"host", client.host},
                                            {"warning", loopback_warning(client), Slot::Kind::html},
                                            {"scopes", scope_sentence(client)},
                                            {"handle", answer.text("handle")}})),
                     answer.list("cookies"))};
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
    const auto request = answer.member("request");
    const auto person = request ? core::member(*request, "person") : std::nullopt;
    const auto client = request ? core::member(*request, "client") : std::nullopt;
    if (!person || !client) return nobody_signed_in();
    const auto text = [&](std::string_view name) { return core::string_member(*person, name).value_or(""); };
    ClientView view = view_of(*client, core::string_list(core::member(*request, "requested_scopes")));
    return await(
        oauth("begin_consent", state.origin, "{\"request\":" + core::json_text(*request) + "}"),
        Consenting{std::move(view), shown(text("name"), text("email")), answer.list("cookies"), true});
  }

  Outcome operator()(const Consenting& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    std::vector<std::string> cookies = state.cookies;
    for (std::string& cookie : answer.list("cookies")) cookies.push_back(std::move(cookie));
    const std::string_view notice =
        state.again
            ? R"(<p class="warning" role="alert">Nothing was ticked, so there is nothing to allow. Tick at least one, or deny.</p>)"
            : "";
    return Respond{with_cookies(
        page(state.again ? 400 : 200, "Allow this deputy?",
             fill("consent.html",
                  {{"client", state.client.name},
                   {"origin", state.client.known_by},
                   {"host", state.client.host},
                   {"warning", loopback_warning(state.client), Slot::Kind::html},
                   {"person", state.person},
                   {"notice", std::string(notice), Slot::Kind::html},
                   {"scopes", scope_choices(state.client, state.again ? Boxes::empty : Boxes::ticked),
                    Slot::Kind::html},
                   {"handle", answer.text("handle")}})),
        cookies)};
  }

  Outcome operator()(const Allowing& state) {
    if (!first().ok()) return Respond{refusal(first())};
    const Answer answer(first());
    const auto request = answer.member("request");
    const auto person = request ? core::member(*request, "person") : std::nullopt;
    const auto client = request ? core::member(*request, "client") : std::nullopt;
    if (!person || !client) return nobody_signed_in();
    const std::string subject(core::string_member(*person, "subject").value_or(""));
    if (subject.empty()) return broken();
    const std::string name = principal_name(step_.crypto, kProvider, subject);
    const std::string client_name(core::string_member(*client, "name").value_or(""));
    const auto requested = core::member(*request, "requested_scopes");
    const std::string metadata = with_members(
        core::json_text(*person),
        "\"client_name\":" + core::json_quote(client_name) +
            ",\"requested_scopes\":" + (requested ? core::json_text(*requested) : std::string("[]")));
    const auto scope = core::member(*request, "scope");
    const std::string call =
        "{\"call\":\"complete_authorization\",\"issuer\":" + core::json_quote(state.origin) +
        ",\"user_id\":" + core::json_quote(user_id(keys_, name)) +
        ",\"request\":" + core::json_text(*request) +
        ",\"scope\":" + (scope ? core::json_text(*scope) : std::string("[]")) + ",\"metadata\":" + metadata +
        "}";
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
  std::optional<State> state = decode(continuation);
  if (!state || results.size() != 1) {
    return Respond{message_page(500, "That did not work", "The sign-in lost its way.",
                                "Go back to your client and connect again.")};
  }
  return std::visit(Machine(config_, keys_, results, step), *state);
}

}  // namespace identity
