// The shop with a host around it, as the fuzzers of `step` and `resume` drive it: the Worker, and the object
// of one person who has a deputy and is signed in to the authority page. Each step is one transaction.
// Whatever it answers is looked at: it must be HTTP, and where it says so JSON and JSON-RPC.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../transcripts/tape.h"
#include "authorization_server.h"
#include "core/json.h"
#include "support.h"

namespace fuzz {

inline constexpr std::string_view kOrigin = "https://shop.example";
inline constexpr std::string_view kWebhookSecret = "whsec_1";
inline constexpr std::string_view kGrant = "grant-one";

using HeaderList = std::vector<std::pair<std::string, std::string>>;

core::Request request(std::string_view method, std::string_view path, const HeaderList& headers = {},
                      std::string_view body = {});

class Host {
 public:
  /// `bounds`: of the deputy, as JSON. `changes`: to the Worker's variables, as a merge patch (RFC 7396).
  Host(std::string_view name, std::string_view bounds,
       const nlohmann::json& changes = nlohmann::json::object());

  /// An input begins, and what the one before it did is taken back.
  void begin();
  /// What must hold at the end of each: the storage is whole, the trail verifies, nothing is owed to itself.
  void end();

  // ---- Steps ----

  core::Outcome at_edge(core::Input input) { return step(std::move(input), false); }
  core::Outcome in_object(core::Input input) { return step(std::move(input), true); }
  /// The object is put to sleep, and wakes up with the next step in it.
  void wake_anew();
  /// Bytes that may be no input.
  void raw(std::string_view bytes, bool in_object);

  /// A request to the Worker, wherever it leads: what it ends with.
  core::Outcome send(core::Request request);
  /// Effects are performed, and the flow goes on, until it has an answer.
  core::Outcome follow(core::Outcome outcome, bool in_object, core::Request& request);
  core::EffectResult perform(const core::Effect& effect, core::Request& request);
  /// What was awaited in the background.
  void go_on();
  void lose();

  // ---- What is known ----

  bool stands();
  int64_t count(core::Statement statement);
  std::string mac(std::string_view data) { return core::hex(crypto.hmac_sha256(kWebhookSecret, data)); }

  model::Crypto crypto;
  model::Storage storage;
  core::Instant now{};
  std::string user, token, cookie, csrf;
  /// Results for the next effects; where there are none it is answered as the outside would.
  std::deque<core::EffectResult> results;
  /// What was seen last of each thing that a client sends again: session, requestState, task, ...
  std::map<char, std::string> seen;
  std::vector<std::string> streams;

 private:
  core::Outcome step(core::Input input, bool in_object);
  void look_at(const core::Outcome& outcome, const core::Context& context);
  void look_at(const core::Response& response);
  void look_at_messages(std::string_view text, std::string_view type);
  void remember(const nlohmann::json& json);

  transcripts::Tape tape_;
  transcripts::ObjectStorage object_;
  uint32_t object_number_ = 1;
  std::unique_ptr<AuthorizationServer> app_;
  std::deque<core::Await> flows_;
  uint64_t steps_ = 0;
  uint64_t steps_of_setup_ = 0;
  bool begun_ = false;
};

}  // namespace fuzz
