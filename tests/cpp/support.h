// What native tests stand on: real SQLite and OpenSSL behind the core's ports, a gate that a test can open
// and close, and a server with helpers that speak to it as clients do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/crypto.h"
#include "core/step.h"
#include "core/storage.h"
#include "mcp/server.h"
#include "mcp/tool.h"

struct sqlite3;

namespace testing {

using nlohmann::json;

/// SQLite in memory. Integers are bound as doubles, as workerd binds them, so that a statement that only
/// works with integers fails here too. A statement that fails throws.
class NativeStorage final : public core::Storage {
 public:
  NativeStorage();
  ~NativeStorage() override;

  using core::Storage::query;
  core::Rows query(core::Statement statement, std::initializer_list<core::Value> parameters) override;

  /// What a host does around a step.
  void begin();
  void commit();
  void roll_back();

  /// Rows written since the start: a step that must not write leaves it as it was.
  int64_t rows_written() const;

 private:
  void run(const char* sql);
  sqlite3* database_ = nullptr;
};

class NativeCrypto final : public core::Crypto {
 public:
  std::string sha256(std::string_view data) override;
  std::string hmac_sha256(std::string_view key, std::string_view data) override;
};

/// Lets everything through unless told otherwise, and remembers what it was asked.
class TestGate final : public mcp::Gate {
 public:
  mcp::Permission permit(const mcp::Tool& tool, const mcp::Caller& caller, core::Context& step) override;

  std::map<std::string, mcp::Permission, std::less<>> answers;
  /// Asked where `answers` says nothing.
  std::function<mcp::Permission(const mcp::Tool&, core::Context&)> rule;
  std::vector<std::string> asked;
};

/// An HTTP answer, with its JSON where it has one.
struct Reply {
  int status = 0;
  core::Headers headers;
  std::string text;
  json body;
  enum class Form { nothing, one_json, event_stream } form = Form::nothing;

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

/// A principal's object with one MCP server in it.
class World {
 public:
  explicit World(std::vector<mcp::Tool> tools);

  /// A step for one request: its own entropy, its own transaction.
  Reply send(const core::Request& request, const mcp::Caller& caller);
  Reply send(const core::Request& request) { return send(request, alice); }
  /// A POST with JSON content, as clients send it unless `headers` says otherwise.
  Reply post(std::string_view body, const HeaderList& headers = {}) { return post(body, headers, alice); }
  Reply post(std::string_view body, const HeaderList& headers, const mcp::Caller& caller);

  /// For code that is tested without a server.
  core::Context step();

  NativeCrypto crypto;
  NativeStorage storage;
  core::Config config;
  TestGate gate;
  mcp::Server server;
  core::Instant now{1'790'000'000'000};
  mcp::Caller alice;
  /// The alarm that the last step asked for.
  std::optional<core::Instant> alarm;

 private:
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
  LegacyClient(World& world, std::string revision) : LegacyClient(world, std::move(revision), world.alice) {}
  LegacyClient(World& world, std::string revision, mcp::Caller caller);

  Reply call(std::string_view method, const json& params = nullptr);
  Reply call_tool(std::string_view name, const json& arguments = json::object());
  Reply post(std::string_view body, HeaderList headers = {});
  Reply end();

  const std::string& session() const { return session_; }
  HeaderList headers() const;
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
  explicit ModernClient(World& world) : world_(world) {}

  static json meta();
  static HeaderList headers(std::string_view method, std::string_view name = "");

  Reply call(std::string_view method, json params = json::object());
  Reply call_tool(std::string_view name, const json& arguments = json::object());

 private:
  World& world_;
  int64_t last_id_ = 0;
};

/// Tools that know nothing of any application: hello (structured), echo (one argument), fail, demo_only.
std::vector<mcp::Tool> example_tools();

/// Every revision of the legacy era.
inline const std::vector<std::string> kLegacyRevisions = {"2024-11-05", "2025-03-26", "2025-06-18",
                                                          "2025-11-25"};

}  // namespace testing
