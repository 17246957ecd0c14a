// What the author of a tool, a prompt or a resource works with: one call, from its arguments to its result.
//
// A flow is written once, from top to bottom, and works in every revision:
//
//   const Answer* size = call.ask("size", FormElicitation{"Which size?", kSizeSchema});
//   if (!size) return call.wait();
//
// `ask`, `perform` and `sleep` give nothing as long as what they need is not there. The function then returns
// `call.wait()`, and it is run again from its first line when there is more: what was answered before is
// there at once, what was told before is not told again. So the code before a `wait` must have no effects of
// its own but through the call, and must come to the same questions again. Several questions can be asked
// before one `wait`. Nothing of a waiting call is kept in memory: it survives the end of the process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.h"
#include "core/json.h"
#include "core/step.h"
#include "mcp/content.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// Whose deputy calls: established by the authorization layer before the protocol sees the request.
struct Caller {
  /// The grant behind the token; sessions, streams and tasks belong to it.
  std::string grant_id;
  /// The human's id at the identity provider, their e-mail address and display name (either may be empty).
  std::string subject;
  std::string email;
  std::string name;
  /// Permissions that the identity provider vouched for, as long as they may still be relied on.
  std::vector<std::string> permissions;
  /// The OAuth client that acts.
  std::string client_id;
  std::string client_name;
  /// By what the authorization layer finds this caller again when a call goes on later (`Gate::recall`).
  /// Opaque to the protocol.
  std::string handle;
};

// ---- What can be asked of the client's side ----

/// A form for the human (client/elicitation, "Form Mode"). Never ask for secrets this way.
struct FormElicitation {
  std::string message;
  /// A flat object schema: strings, numbers, booleans, choices. What the human answers is checked against it.
  std::string schema;
};
/// A page for the human to open (client/elicitation, "URL Mode"). An `accepted` answer says that they opened
/// it, not that they are done.
struct UrlElicitation {
  std::string message;
  std::string url;
  /// 2025-11-25 tells the client by this id that the human is done (`notify_elicitation_complete`).
  std::string id;
};
/// A completion by the client's model (client/sampling): `CreateMessageRequestParams` as JSON text.
struct Sampling {
  std::string params;
};
/// The folders that the client works in (client/roots).
struct ListRoots {};

using InputRequest = std::variant<FormElicitation, UrlElicitation, Sampling, ListRoots>;

struct Answer {
  enum class Action {
    accepted,
    declined,   // the human said no
    cancelled,  // the human left the question
    failed,     // the client could not ask
  };
  Action action;
  /// Of an accepted form its fields, of sampling and roots the whole result. Lives as long as the call.
  std::optional<core::JsonView> content;
};

/// What a client has declared that it can do.
enum class ClientFeature { form_elicitation, url_elicitation, sampling, roots, tasks };
class ClientFeatures {
 public:
  /// Reads a `ClientCapabilities` object. A plain `elicitation: {}` means forms alone.
  static ClientFeatures of(std::optional<core::JsonView> capabilities);
  static ClientFeatures from_bits(int64_t bits) { return ClientFeatures(bits); }
  int64_t bits() const { return bits_; }
  bool has(ClientFeature feature) const { return (bits_ >> static_cast<int>(feature) & 1) != 0; }

 private:
  explicit ClientFeatures(int64_t bits) : bits_(bits) {}
  int64_t bits_ = 0;
};

enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };
std::optional<LogLevel> log_level(std::string_view name);
std::string_view name(LogLevel level);

/// May a call go on as a task (`Call::as_task`)? Required: clients without tasks cannot call it (-32021).
enum class TaskSupport { none, optional, required };

/// Returned by a call that is not done: see the top of this file.
struct Waiting {};
/// The call can do nothing before the human has been at these pages; the client repeats it afterwards. In
/// 2025-11-25 the error -32042, later a question like any other, before that a failure that names the pages.
struct UrlRequired {
  std::vector<UrlElicitation> pages;
};

// ---- What a call costs ----

/// What a call is about to do that the human has set limits to, and that they may want to be asked about.
struct Charge {
  struct Cost {
    /// What the deployment counts: "orders", or a currency (ISO 4217).
    std::string_view measure;
    /// At least 0; of money in minor units.
    int64_t amount = 0;
  };
  std::vector<Cost> costs;
  /// Exactly what will be done, as lines of a name and a value: the human reads them, and a yes is good for
  /// these alone.
  std::vector<std::pair<std::string, std::string>> what;
};

/// The authorization layer's word on a charge.
struct Charged {
  enum class Kind {
    allowed,      // what it costs is held until the call ends: a success uses it up
    refused,      // `message` says why
    to_be_asked,  // the human decides on `page`, and the call goes on when they have said yes
  };
  Kind kind = Kind::allowed;
  std::string message;
  UrlElicitation page;
};

/// Who counts.
class Account {
 public:
  virtual Charged charge(const Charge& charge, core::Context& step) = 0;

 protected:
  ~Account() = default;
};

/// The call may not do what it is about to do. `message` is for the agent.
struct Refused {
  std::string message;
};
/// Why a charge does not let a call go on.
using Obstacle = std::variant<Waiting, UrlRequired, Refused>;

/// Everything of a call that must be kept while it waits.
struct CallRecord {
  std::string method;  // tools/call, prompts/get or resources/read
  std::string params;  // JSON text, without inputResponses and requestState; empty before it is kept
  RequestId request_id;
  Revision revision = kModern;
  ClientFeatures features = ClientFeatures::from_bits(0);
  std::optional<LogLevel> log_level;  // the least that the client wants to hear; nothing: no log at all
  std::string progress_token;         // JSON text; empty: none wanted
  std::string caller_handle;
  std::string session_id;                                          // legacy only
  std::map<std::string, std::string, std::less<>> answers;         // results as JSON text, by key
  std::map<std::string, core::EffectResult, std::less<>> effects;  // by key
  std::map<std::string, core::Instant, std::less<>> sleeps;        // until when, by key
  uint32_t told = 0;                                               // notifications that went out already
  uint32_t rounds = 0;                                             // how often it has asked
  std::vector<std::string> pending;                                // keys of the questions that are open
  std::string task_id;                                             // not empty: it goes on as this task
  std::string stream_id;                                           // not empty: it answers on this stream
  std::string id;                                                  // its row in `calls`, where it has one
  std::string ticket;                                              // the gate's (`Gate::waits`)

  std::string encode() const;
  static std::optional<CallRecord> decode(std::string_view bytes);
  /// The same as text, for a column (base64url).
  std::string text() const { return core::base64url(encode()); }
  static std::optional<CallRecord> from_text(std::string_view text);
};

/// In `CallRecord::answers`: the client reported an error instead of a result.
inline constexpr std::string_view kFailedAnswer = "failed";

/// How often, and after what pauses, a call looks whether its human has approved it before it gives up: less
/// than the minute after which usual clients give up themselves.
inline constexpr int kApprovalLooks = 20;
inline constexpr core::Duration kApprovalPause = core::seconds(2);

class Call {
 public:
  /// `given`: the arguments, an object; they outlive the call.
  Call(CallRecord& record, core::JsonView given, TaskSupport tasks, const Caller& caller,
       const core::Config& config, core::Context& step, Account& account);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// A tool's or a prompt's arguments: an object, which may be empty. Tools get what their schema allows.
  core::JsonView arguments;
  const Caller& caller;
  const core::Config& config;
  core::Context& step;
  core::Storage& storage() const { return *step.storage; }
  bool client_can(ClientFeature feature) const { return record_.features.has(feature); }

  // ---- Needing something: see the top of this file ----

  /// Asks the client or its human. Where the client has not declared that it can, the call ends with an error
  /// that says so: look with `client_can` first where there is another way.
  const Answer* ask(std::string_view key, InputRequest request);
  /// An effect outside, such as core::Fetch. Done at least once: it may be repeated if the process ends in
  /// it.
  const core::EffectResult* perform(std::string_view key, core::Effect effect);
  /// What an effect gave; nothing as long as there is nothing.
  const core::EffectResult* result_of(std::string_view key) const;
  /// Drops what an effect gave, once it is kept elsewhere: it may be a secret, and a waiting call is stored.
  void forget(std::string_view key);
  /// A random identifier, the same in every run of this call.
  std::string once(std::string_view key);
  /// True when the time is over.
  bool sleep(std::string_view key, core::Duration duration);
  /// From here on the call is a task (extension io.modelcontextprotocol/tasks) where tool and client can do
  /// that: the client gets the task's id, and the result later. False until it is one; true at once where it
  /// never becomes one.
  bool as_task();
  /// What to return after one of these had nothing.
  Waiting wait() const { return {}; }

  // ---- Using up what the human has set limits to ----

  /// Before the effect that costs: nothing where the call may do it, and what it costs is then held for it.
  /// In all other cases return what `stopped` (tool.h) makes of the obstacle: the limits do not allow it, or
  /// the human is asked. At most once in a run.
  std::optional<Obstacle> charge(const Charge& charge);

  // ---- Telling the client how it goes ----

  /// `progress` must grow from one to the next. Dropped where the client has not asked for it.
  void progress(double progress, std::optional<double> total = {}, std::string_view message = {});
  /// `data` is any JSON. Dropped below the level that the client wants.
  void log(LogLevel level, std::string_view logger, const core::Json& data);
  /// Closes the connection, not the call: the client comes back for the result after `retry` (2025-11-25,
  /// basic/transports, "Sending Messages"; elsewhere nothing happens). For calls that take long.
  void disconnect(core::Duration retry);

  // ---- For the machinery that runs calls ----

  struct Question {
    std::string key;
    InputRequest request;
  };
  struct Deed {
    std::string key;
    core::Effect effect;
  };
  /// In the order in which they came: a notification, where the client wants it (else empty); the wish to be
  /// disconnected, where `retry` is not zero; what the status message of a task becomes.
  struct Told {
    std::string json;
    core::Duration retry;
    std::string status;
  };
  const std::vector<Question>& questions() const { return questions_; }
  const std::vector<Deed>& deeds() const { return deeds_; }
  const std::vector<Told>& told() const { return told_; }
  bool wants_task() const { return wants_task_; }
  std::optional<ClientFeature> missing() const { return missing_; }
  /// How much it has told by now, over all runs.
  uint32_t telling() const { return telling_; }

 private:
  void tell(Told told);
  Obstacle ask_approval(const UrlElicitation& page);

  CallRecord& record_;
  Account& account_;
  TaskSupport task_support_;
  std::vector<std::unique_ptr<core::JsonGate>> answer_gates_;
  std::map<std::string, Answer, std::less<>> given_;
  std::vector<Question> questions_;
  std::vector<Deed> deeds_;
  std::vector<Told> told_;
  uint32_t telling_ = 0;
  bool wants_task_ = false;
  std::optional<ClientFeature> missing_;
};

}  // namespace mcp
