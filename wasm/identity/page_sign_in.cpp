#include "identity/page_sign_in.h"

#include <algorithm>

#include "core/json.h"
#include "identity/answer.h"
#include "identity/cookies.h"
#include "identity/page_sessions.h"
#include "identity/pages.h"
#include "identity/principal_id.h"
#include "identity/states.h"

namespace identity {

namespace {

using core::Await;
using core::EffectResult;
using core::Outcome;
using core::Respond;

/// The OAuth provider's states are base64url, which has no dot.
constexpr std::string_view kStatePrefix = "page.";
constexpr std::string_view kCookiePrefix = "__Host-authority-";
constexpr size_t kIdLength = 22;  // of `Entropy::identifier`
constexpr size_t kMaxAddress = 512;

bool is_identifier(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

// ---- What the browser keeps meanwhile ----

/// One sign-in that has begun. Two of them in one browser do not disturb each other.
struct Attempt {
  std::string id;
  std::string verifier;
  std::string next;
  core::Instant expires_at;
};

std::string cookie_name(std::string_view id) {
  return std::string(kCookiePrefix).append(id);
}

std::string seal(const Attempt& attempt, const Keys& keys) {
  core::WireWriter writer;
  writer.bytes(attempt.id);
  writer.bytes(attempt.verifier);
  writer.bytes(attempt.next);
  writer.i64(attempt.expires_at.milliseconds);
  return core::base64url(writer.str()) + "." + keys.mac(Purpose::page_sign_in, writer.str());
}

std::optional<Attempt> open(std::string_view sealed, const Keys& keys) {
  const size_t dot = sealed.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::optional<std::string> bytes = core::base64url_decode(sealed.substr(0, dot));
  if (!bytes || !keys.verify(Purpose::page_sign_in, *bytes, sealed.substr(dot + 1))) return std::nullopt;
  core::WireReader reader(*bytes);
  Attempt attempt{reader.string(), reader.string(), reader.string(), {reader.i64()}};
  if (!reader.finished()) return std::nullopt;
  return attempt;
}

// ---- States ----

/// What the callback found, and what is known of the human since.
struct Arrival {
  std::string next;
  /// The session that this browser had: whose, and its id.
  std::string former_principal;
  std::string former_session;
  /// Set-Cookie that ends the attempt.
  std::string spent;
  template <typename A>
  void fields(A& a) {
    a(next, former_principal, former_session, spent);
  }
};
struct ExchangingCode {
  Arrival arrival;
  template <typename A>
  void fields(A& a) {
    arrival.fields(a);
  }
};
struct VerifyingToken {
  Arrival arrival;
  User user;
  template <typename A>
  void fields(A& a) {
    arrival.fields(a);
    user.fields(a);
  }
};
struct OpeningSession {
  Arrival arrival;
  std::string user_id;
  template <typename A>
  void fields(A& a) {
    arrival.fields(a);
    a(user_id);
  }
};
using State = std::variant<ExchangingCode, VerifyingToken, OpeningSession>;

Await await(core::Effect effect, State state) {
  return {{std::move(effect)}, encode_state(std::move(state))};
}

// ---- Answers ----

/// Not to be cached, and the address that it leaves from (a callback has a code in it) not to be told.
core::Response go_to(std::string_view address, const std::vector<std::string>& cookies) {
  core::Response response;
  response.status = 303;
  response.headers.add("Location", core::field_value(address));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  return with_cookies(std::move(response), cookies);
}

constexpr std::string_view kStartAgain = "Open the page again to sign in: it is at /authority.";

Respond stop(int status, std::string_view title, std::string_view what, std::string_view spent) {
  core::Response response = message_page(status, title, what, kStartAgain);
  if (spent.empty()) return Respond{std::move(response)};
  return Respond{with_cookies(std::move(response), {std::string(spent)})};
}

Respond stop(const SignInProblem& problem, std::string_view spent) {
  return stop(problem.status, problem.title, problem.what, spent);
}

class Machine {
 public:
  Machine(const Provider& provider, const Keys& keys, const EffectResult& result, core::Context& step)
      : provider_(provider), keys_(keys), result_(result), step_(step) {}

  Outcome operator()(ExchangingCode& state) {
    std::variant<Exchanged, SignInProblem> exchanged = provider_.read_exchange(result_);
    if (const auto* problem = std::get_if<SignInProblem>(&exchanged)) {
      return stop(*problem, state.arrival.spent);
    }
    Exchanged& known = std::get<Exchanged>(exchanged);
    return await(std::move(known.verification),
                 VerifyingToken{std::move(state.arrival), std::move(known.user)});
  }

  Outcome operator()(VerifyingToken& state) {
    const std::variant<Person, SignInProblem> read = provider_.read_person(std::move(state.user), result_);
    if (const auto* problem = std::get_if<SignInProblem>(&read)) return stop(*problem, state.arrival.spent);
    const Person& person = std::get<Person>(read);
    const std::string name = principal_name(step_.crypto, provider_.name(), person.user.subject);
    const std::string id = user_id(keys_, name);
    const std::string former =
        state.arrival.former_principal == name ? state.arrival.former_session : std::string();
    const std::string call = "{\"call\":\"open_page_session\",\"user_id\":" + core::json_quote(id) +
                             ",\"former\":" + core::json_quote(former) +
                             ",\"person\":" + person_json(person) + "}";
    return await(core::CallPrincipal{name, call}, OpeningSession{std::move(state.arrival), id});
  }

  Outcome operator()(OpeningSession& state) {
    const std::string secret = result_.ok() ? Answer(result_).text("secret") : std::string();
    if (secret.empty()) {
      return stop(502, "That did not work", "You are who you say, but no session could be opened for you.",
                  state.arrival.spent);
    }
    return Respond{go_to(page_address(state.arrival.next),
                         {state.arrival.spent, set_page_cookie(state.user_id, secret)})};
  }

 private:
  const Provider& provider_;
  const Keys& keys_;
  const EffectResult& result_;
  core::Context& step_;
};

}  // namespace

bool is_page_state(std::string_view state) {
  return state.starts_with(kStatePrefix);
}

std::string page_address(std::string_view asked) {
  constexpr std::string_view home = "/authority";
  const std::string_view path = asked.substr(0, asked.find('?'));
  const bool of_page = path == "/authority" || path.starts_with("/authority/") || path == "/admin" ||
                       path.starts_with("/admin/");
  // Unreserved characters and those that these addresses use: nothing that a browser reads in another way
  // (backslashes, control characters, an authority after two slashes, dots that lead elsewhere).
  const bool plain = std::all_of(asked.begin(), asked.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~/?&=%").find(c) != std::string_view::npos;
  });
  if (!of_page || !plain || asked.size() > kMaxAddress) return std::string(home);
  if (path.find("//") != std::string_view::npos || path.find("/.") != std::string_view::npos ||
      path.find('%') != std::string_view::npos || path == "/authority/sign-in") {
    return std::string(home);
  }
  return std::string(asked);
}

std::string page_sign_in_address(std::string_view path) {
  return "/authority/sign-in?next=" + core::percent_encode(path);
}

core::Outcome PageSignIn::begin(const core::Url& url, const Site& site, core::Context& step) const {
  Attempt attempt;
  attempt.id = step.entropy.identifier();
  attempt.verifier = new_verifier(step);
  attempt.next = page_address(core::form_value(url.query, "next").value_or(""));
  attempt.expires_at = step.now + kPageSignInLifetime;
  // Whoever signs in here may approve and revoke: a session that the provider still has does not suffice, or
  // else the next person at this computer would be signed in without a question.
  const std::string address =
      provider_.authorization_url(site.origin, std::string(kStatePrefix) + attempt.id,
                                  challenge_of(step.crypto, attempt.verifier), Freshness::sign_in_now);
  return Respond{
      go_to(address, {set_cookie(cookie_name(attempt.id), seal(attempt, keys_), kPageSignInLifetime)})};
}

core::Outcome PageSignIn::callback(const core::Request& request, const core::Url& url, const Site& site,
                                   core::Context& step) const {
  const auto value = [&](std::string_view name) { return core::form_value(url.query, name).value_or(""); };
  constexpr std::string_view cannot = "This sign-in cannot go on";
  const std::string state = value("state");
  const std::string_view id = std::string_view(state).substr(kStatePrefix.size());
  const std::optional<std::string> sealed =
      is_identifier(id) ? cookie(request, cookie_name(id)) : std::optional<std::string>();
  const std::optional<Attempt> attempt = sealed ? open(*sealed, keys_) : std::nullopt;
  if (!attempt || attempt->id != id) {
    return stop(400, cannot,
                "It was not started in this browser, or too long ago, or this step of it was taken before.",
                {});
  }
  const std::string spent = clear_cookie(cookie_name(id));
  if (attempt->expires_at <= step.now) return stop(400, cannot, "It took too long.", spent);
  const std::string error = value("error");
  if (error == "access_denied") return stop(400, "The sign-in was cancelled", "Nobody was signed in.", spent);
  if (!error.empty() || value("code").empty()) {
    std::string what(provider_.title());
    what += error.empty() ? " sent no code" : " answered \"" + error + "\"";
    if (!value("error_description").empty()) what += ": " + value("error_description");
    return stop(400, "The sign-in did not succeed", what, spent);
  }
  Arrival arrival{attempt->next, {}, {}, spent};
  if (const std::optional<PageCookie> former = page_cookie(request, keys_)) {
    arrival.former_principal = former->principal;
    arrival.former_session = page_session_id(step.crypto, former->secret);
  }
  return await(provider_.code_exchange(site.origin, value("code"), attempt->verifier),
               ExchangingCode{std::move(arrival)});
}

core::Outcome PageSignIn::resume(std::string_view continuation,
                                 const std::vector<core::EffectResult>& results, core::Context& step) const {
  std::optional<State> state = decode_state<State>(continuation);
  if (!state || results.size() != 1) return stop(500, "That did not work", "The sign-in lost its way.", {});
  return std::visit(Machine(provider_, keys_, results[0], step), *state);
}

}  // namespace identity
