// What native tests stand on: a gate that a test can open and close, a server in a host that does what the
// real one does around it, and clients that speak to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/step.h"
#include "mcp/server.h"
#include "mcp/tool.h"
#include "ports.h"

namespace testing {

using nlohmann::json;

/// Lets everything through unless told otherwise, and remembers what it was asked.
class TestGate final : public mcp::Gate {
 public:
  mcp::Permission permit(const mcp::Use& use, const mcp::Caller& caller, core::Context& step) override;
  bool shows(const mcp::Use& use, const mcp::Caller& caller) override;
  std::optional<mcp::Caller> recall(std::string_view handle, core::Context& step) override;

  std::map<std::string, mcp::Permission, std::less<>> answers;
  /// Asked where `answers` says nothing.
  std::function<mcp::Permission(const mcp::Use&, core::Context&)> rule;
  std::vector<std::string> asked;
  std::set<std::string, std::less<>> hidden;
  /// By handle. Whoever is taken out of it has lost their authority.
  std::map<std::string, mcp::Caller, std::less<>> callers;
};

/// One server-sent event.
struct Event {
  std::string id;
  std::string data;
  std::string retry;
  json message() const { return json::parse(data); }
};
std::vector<Event> parse_events(std::string_view text);

/// An HTTP answer, with its JSON where it has one.
struct Reply {
  int status = 0;
  core::Headers headers;
  std::string text;
  /// The answer; the last message where there are several.
  json body;
  /// All messages of a whole event stream.
  std::vector<json> messages = {};
  /// Open: more comes later, on the stream with this id.
  enum class Form { nothing, one_json, event_stream, open_stream } form = Form::nothing;
  std::string stream = {};

  std::string header(std::string_view name) const { return std::string(headers.get(name).value_or("")); }
  const json& result() const { return body.at("result"); }
  const json& error() const { return body.at("error"); }
  int code() const { return body.at("error").at("code").get<int>(); }
  std::string message() const { return body.at("error").at("message").get<std::string>(); }
  /// The text of a tool result.
  std::string tool_text() const { return result().at("content").at(0).at("text").get<std::string>(); }
  bool is_tool_error() const { return result().value("isError", false); }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

inline core::EffectResult succeeded(std::string bytes = {}, uint32_t code = 0) {
  return {core::EffectResult::Status::succeeded, code, std::move(bytes)};
}
inline core::EffectResult failed(std::string bytes = {}) {
  return {core::EffectResult::Status::failed, 0, std::move(bytes)};
}

/// A principal's object with one MCP server in it, and the host around it: it performs effects, links
/// streams, keeps the alarm, and can be evicted.
class World {
 public:
  explicit World(std::vector<mcp::Tool> tools = {});
  explicit World(mcp::Offer offer);

  /// A step for one request: its own entropy, its own transaction. Effects that the answer waits for are
  /// performed; a stream that it begins is linked.
  Reply send(const core::Request& request, const mcp::Caller& caller);
  Reply send(const core::Request& request) { return send(request, alice); }
  /// A POST with JSON content, as clients send it unless `headers` says otherwise.
  Reply post(std::string_view body, const HeaderList& headers = {}) { return post(body, headers, alice); }
  Reply post(std::string_view body, const HeaderList& headers, const mcp::Caller& caller);

  /// For code that is tested without a server.
  core::Context step();
  /// A step that is committed, and whose writes and flows the host takes care of.
  void in_step(const std::function<void(core::Context&)>& work);

  // ---- Flows in the background ----

  /// Performs the effects of all flows that wait, and of those that they begin, until none is left.
  void go_on();
  /// The step after the effects of the oldest flow traps.
  void lose_flow();
  /// Flows that wait for their effects, the oldest first.
  std::vector<core::Await> flows;
  /// Performs an effect; by default time passes for a Sleep and everything else fails.
  std::function<core::EffectResult(const core::Effect&)> perform;
  /// How many effects were performed.
  int performed = 0;

  // ---- Streams ----

  struct Held {
    std::string text;
    bool open = false;
    /// How often it was linked.
    int linked = 0;
  };
  /// What was sent on a stream, over all its connections.
  std::vector<Event> events(const std::string& stream) { return parse_events(streams[stream].text); }
  /// Its messages alone.
  std::vector<json> messages(const std::string& stream);
  bool is_open(const std::string& stream) { return streams[stream].open; }
  /// What came since the last look.
  std::vector<json> news(const std::string& stream);
  /// The client goes.
  void hang_up(const std::string& stream);
  /// Links a stream that nobody held yet (see `link_streams`). False where the server knows none such.
  bool link(const std::string& stream);
  std::map<std::string, Held> streams;
  /// False: a stream that an answer begins is left for the test to link.
  bool link_streams = true;

  // ---- Time and memory ----

  /// Time passes; the alarm goes off where it is due.
  void pass(core::Duration time);
  /// The process ends and comes back: memory and flows are gone, the links of streams are not, but for those
  /// in `lost_links`.
  void evict(const std::set<std::string>& lost_links = {});
  void end_grant(std::string_view grant_id);

  /// Rows of each table of the protocol that has any, but for those of sessions themselves.
  std::string left_over();

  NativeCrypto crypto;
  NativeStorage storage;
  core::Config config;
  TestGate gate;
  std::unique_ptr<mcp::Server> server;
  core::Instant now{1'790'000'000'000};
  mcp::Caller alice;
  mcp::Caller bob;
  /// The alarm that the last step asked for.
  std::optional<core::Instant> alarm;
  /// The earliest that any step asked for, as the host keeps it.
  std::optional<core::Instant> next_alarm;
  /// What the steps left for the deployment's log.
  std::vector<std::string> log;

 private:
  core::Outcome run(const std::function<core::Outcome(core::Context&)>& work);
  core::Outcome resume(const core::Await& await);
  Reply reply_of(core::Outcome outcome);

  mcp::Offer offer_;
  std::map<std::string, size_t> seen_;
  std::vector<std::unique_ptr<core::Entropy>> entropies_;
  uint64_t steps_ = 0;
};

/// Takes a header's default away (`post` sends Content-Type and Accept).
inline constexpr std::string_view kNoHeader = "\x01";

core::Request make_request(std::string_view method, const HeaderList& headers, std::string_view body = "");

std::string request_json(const json& id, std::string_view method, const json& params = nullptr);
std::string notification_json(std::string_view method, const json& params = nullptr);

/// A client of the legacy era: one session.
class LegacyClient {
 public:
  LegacyClient(World& world, std::string revision, json capabilities = json::object())
      : LegacyClient(world, std::move(revision), world.alice, std::move(capabilities)) {}
  LegacyClient(World& world, std::string revision, mcp::Caller caller, json capabilities = json::object());

  Reply call(std::string_view method, const json& params = nullptr);
  Reply call_tool(std::string_view name, const json& arguments = json::object());
  Reply post(std::string_view body, HeaderList headers = {});
  /// Answers a request of the server with a result, or with an error.
  Reply answer(const json& question, const json& result);
  Reply answer_error(const json& question);
  /// GET: the standing stream, or what comes after an event.
  Reply get(std::string_view last_event_id = "");
  Reply end();

  const std::string& session() const { return session_; }
  HeaderList headers() const;
  int64_t last_id() const { return last_id_; }
  json hello;

 private:
  World& world_;
  std::string revision_;
  mcp::Caller caller_;
  std::string session_;
  int64_t last_id_ = 0;
};

/// A client of the modern era.
class ModernClient {
 public:
  explicit ModernClient(World& world, json declared = json::object())
      : capabilities(std::move(declared)), world_(world) {}
  ModernClient(World& world, mcp::Caller caller, json declared = json::object())
      : capabilities(std::move(declared)), world_(world), caller_(std::move(caller)) {}

  static json meta();
  static HeaderList headers(std::string_view method, std::string_view name = "");

  Reply call(std::string_view method, json params = json::object());
  Reply call_tool(std::string_view name, const json& arguments = json::object());

  /// Declared with each request.
  json capabilities;
  /// Members that are added to `_meta`.
  json more_meta = json::object();
  /// Headers that are added.
  HeaderList more_headers = {};

 private:
  World& world_;
  std::optional<mcp::Caller> caller_;  // nothing: Alice, as she is then
  int64_t last_id_ = 0;
};

/// Tools that know nothing of any application: hello (structured), echo (one argument), fail, demo_only.
std::vector<mcp::Tool> example_tools();

// ---- Code that a test writes where it needs it ----

/// What the tool `act`, the prompt `prompt` and the resource `test://thing` do.
extern std::function<mcp::ToolOutcome(mcp::Call&)> act;
extern std::function<mcp::PromptOutcome(mcp::Call&)> prompt;
extern std::function<mcp::ReadOutcome(mcp::Call&)> thing;
/// `act` with any arguments, `other` which does the same, the prompt, the resource, and the template
/// `test://things/{id}`.
mcp::Offer scripted_offer(mcp::TaskSupport tasks = mcp::TaskSupport::none);

/// Every revision of the legacy era.
inline const std::vector<std::string> kLegacyRevisions = {"2024-11-05", "2025-03-26", "2025-06-18",
                                                          "2025-11-25"};

}  // namespace testing
