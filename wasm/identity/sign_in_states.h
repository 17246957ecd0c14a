// The states of a sign-in: what is awaited, and what must be known to go on when it is there. `sign_in.cpp`
// says what each leads to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/authkit.h"

namespace identity {

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
  User user;
  template <typename A>
  void fields(A& a) {
    a(origin, request, cookies);
    user.fields(a);
  }
};
struct Recalling {
  std::string origin;
  std::string request;
  std::vector<std::string> cookies;
  ClientView client;
  std::string person;
  template <typename A>
  void fields(A& a) {
    a(origin, request, cookies);
    client.fields(a);
    a(person);
  }
};
struct Consenting {
  ClientView client;
  std::string person;
  std::vector<std::string> cookies;
  std::string
      before;        // what this client was allowed before, as a sentence; empty: it asks for the first time
  std::string form;  // the form that came back and cannot be used; empty: a new one
  std::string problem;  // what is wrong with it
  template <typename A>
  void fields(A& a) {
    client.fields(a);
    a(person, cookies, before, form, problem);
  }
};
struct Allowing {
  std::string origin;
  std::string form;
  template <typename A>
  void fields(A& a) {
    a(origin, form);
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

using SignInState =
    std::variant<Parsing, Refusing, Asking, ReadingForm, Cancelling, Continuing, Leaving, Returning,
                 Exchanging, Verifying, Recalling, Consenting, Allowing, Completing>;

std::string encode(SignInState state);
/// Nothing where the bytes are no state.
std::optional<SignInState> decode_sign_in_state(std::string_view bytes);

}  // namespace identity
