// The application with a host in C++ around it: a Worker and one principal's object, as values.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../transcripts/tape.h"
#include "authorization_server.h"
#include "support.h"

namespace testing {

inline constexpr std::string_view kOrigin = "https://shop.example";

/// The Worker's variables.
inline json shop_variables() {
  return {{"PUBLIC_URL", kOrigin},
          {"AUTHORITY_SECRET", std::string(32, 's')},
          {"WORKOS_CLIENT_ID", "client_1"},
          {"WORKOS_API_KEY", "sk_1"},
          {"DEMO_MODE", "true"}};
}

class AppHost {
 public:
  explicit AppHost(const json& variables = shop_variables())
      : config_(core::read_config(variables.dump())),
        tape_("deputy_tests", variables.dump(), crypto),
        object_(storage, tape_.heard()),
        app_(config_, tape_.crypto()) {
    tape_.configured();
    in_object(core::Wake{});
  }

  core::Outcome at_edge(core::Input input) { return step(std::move(input), nullptr); }
  core::Outcome in_object(core::Input input) { return step(std::move(input), &object_); }

  /// A request that reaches the Worker.
  core::Outcome request(std::string method, std::string path, const HeaderList& headers = {}) {
    core::Request request;
    request.method = std::move(method);
    request.url = std::string(kOrigin) + path;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    return at_edge(core::EdgeRequest{std::move(request), "192.0.2.1"});
  }

  core::Outcome resume(const core::Await& await, std::vector<core::EffectResult> results) {
    return at_edge(core::Resume{await.continuation, std::move(results)});
  }
  core::Outcome resume_in_object(const core::Await& await, std::vector<core::EffectResult> results) {
    return in_object(core::Resume{await.continuation, std::move(results)});
  }

  /// The OAuth provider's storage calls.
  json vault(const json& call) {
    return json::parse(std::get<core::Reply>(in_object(core::VaultCall{call.dump()})).bytes);
  }

  identity::Keys keys() { return identity::Keys(config_, crypto); }

  NativeCrypto crypto;
  NativeStorage storage;
  core::Instant now{1'790'000'000'000};
  std::optional<core::Instant> alarm;
  /// Of the last step.
  std::vector<std::string> log;

 private:
  core::Outcome step(core::Input input, core::Storage* where) {
    if (storage.rows_written() != written_) wake_anew();
    const std::string seed(32, static_cast<char>(++steps_));
    core::Entropy entropy(tape_.crypto(), seed);
    core::Context context{now, entropy, tape_.crypto(), where};
    core::Outcome outcome = app_.handle(input, context);
    written_ = storage.rows_written();
    tape_.step(
        where ? object_number_ : 0, [&] { return core::encode_input(now, seed, input); },
        [&] { return core::encode_output(outcome, context); });
    alarm = context.alarm;
    log = context.log;
    return outcome;
  }

  /// A test has changed what is stored: an object that is awake would not know.
  void wake_anew() {
    object_.forget();
    ++object_number_;
  }

  core::Config config_;
  transcripts::Tape tape_;
  transcripts::ObjectStorage object_;
  uint32_t object_number_ = 1;
  int64_t written_ = 0;
  AuthorizationServer app_;
  int steps_ = 0;
};

inline const core::Response& response_of(const core::Outcome& outcome) {
  REQUIRE(std::holds_alternative<core::Respond>(outcome));
  return std::get<core::Respond>(outcome).response;
}

inline const std::string& body_of(const core::Outcome& outcome) {
  return response_of(outcome).body;
}

inline const core::Await& await_of(const core::Outcome& outcome) {
  REQUIRE(std::holds_alternative<core::Await>(outcome));
  return std::get<core::Await>(outcome);
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The only effect that is awaited.
template <typename Effect>
const Effect& effect_of(const core::Outcome& outcome) {
  const core::Await& await = await_of(outcome);
  REQUIRE(await.effects.size() == 1);
  REQUIRE(std::holds_alternative<Effect>(await.effects[0]));
  return std::get<Effect>(await.effects[0]);
}

}  // namespace testing
