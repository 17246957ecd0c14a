#include "support.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sqlite3.h>

#include <stdexcept>

namespace testing {

// ---- Storage ----

NativeStorage::NativeStorage() {
  if (sqlite3_open(":memory:", &database_) != SQLITE_OK) throw std::runtime_error("no SQLite database");
}

NativeStorage::~NativeStorage() {
  sqlite3_close(database_);
}

core::Rows NativeStorage::query(core::Statement statement, std::initializer_list<core::Value> parameters) {
  const auto check = [&](bool fine) {
    if (fine) return;
    throw std::runtime_error(std::string(sqlite3_errmsg(database_)) +
                             " in: " + std::string(statement.data(), statement.size()));
  };
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  check(sqlite3_prepare_v2(database_, statement.data(), static_cast<int>(statement.size()), &prepared,
                           &tail) == SQLITE_OK);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> guard(prepared, sqlite3_finalize);
  if (tail != statement.data() + statement.size()) throw std::runtime_error("more than one statement");
  if (sqlite3_bind_parameter_count(prepared) != static_cast<int>(parameters.size())) {
    throw std::runtime_error("wrong number of parameters");
  }

  int index = 0;
  for (const core::Value& value : parameters) {
    ++index;
    if (const int64_t* integer = std::get_if<int64_t>(&value)) {
      check(sqlite3_bind_double(prepared, index, static_cast<double>(*integer)) == SQLITE_OK);
    } else if (const std::string_view* text = std::get_if<std::string_view>(&value)) {
      // An empty view may have no address, which SQLite would take for NULL.
      const char* data = text->empty() ? "" : text->data();
      check(sqlite3_bind_text(prepared, index, data, static_cast<int>(text->size()), SQLITE_TRANSIENT) ==
            SQLITE_OK);
    }
  }

  const int columns = sqlite3_column_count(prepared);
  uint32_t rows = 0;
  core::WireWriter values;
  int state;
  while ((state = sqlite3_step(prepared)) == SQLITE_ROW) {
    ++rows;
    for (int column = 0; column < columns; ++column) {
      switch (sqlite3_column_type(prepared, column)) {
        case SQLITE_NULL: values.u8(0); break;
        case SQLITE_INTEGER:
        case SQLITE_FLOAT:
          values.u8(1);
          values.f64(sqlite3_column_double(prepared, column));
          break;
        default:
          values.u8(2);
          values.bytes({reinterpret_cast<const char*>(sqlite3_column_text(prepared, column)),
                        static_cast<size_t>(sqlite3_column_bytes(prepared, column))});
      }
    }
  }
  check(state == SQLITE_DONE);
  core::WireWriter encoded;
  encoded.u32(static_cast<uint32_t>(columns));
  encoded.u32(rows);
  encoded.append(values.str());
  return core::Rows(encoded.take());
}

void NativeStorage::run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database_));
  }
}

void NativeStorage::begin() {
  run("SAVEPOINT step");
}
void NativeStorage::commit() {
  run("RELEASE step");
}
void NativeStorage::roll_back() {
  run("ROLLBACK TO step; RELEASE step");
}

int64_t NativeStorage::rows_written() const {
  return sqlite3_total_changes(database_);
}

// ---- Crypto ----

std::string NativeCrypto::sha256(std::string_view data) {
  std::string out(32, '\0');
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
             nullptr);
  return out;
}

std::string NativeCrypto::hmac_sha256(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

// ---- Server ----

mcp::Permission TestGate::permit(const mcp::Tool& tool, const mcp::Caller&, core::Context& step) {
  asked.emplace_back(tool.name);
  const auto answer = answers.find(tool.name);
  if (answer != answers.end()) return answer->second;
  return rule ? rule(tool, step) : mcp::Permission{};
}

World::World(std::vector<mcp::Tool> tools)
    : server({"test-server", "Test Server", "1.2.3", "Be nice."}, std::move(tools)) {
  alice.grant_id = "grant-a";
  alice.subject = "user_alice";
  alice.email = "alice@example.com";
  alice.name = "Alice";
  alice.client_id = "client-1";
  alice.client_name = "Client One";
  config.demo_mode = core::Switch::on;
  mcp::create_schema(storage);
}

core::Context World::step() {
  const std::string seed = crypto.sha256("step " + std::to_string(steps_++));
  entropies_.push_back(std::make_unique<core::Entropy>(crypto, seed));
  core::Context context{now, *entropies_.back(), crypto, &storage, {}};
  return context;
}

Reply World::send(const core::Request& request, const mcp::Caller& caller) {
  core::Context context = step();
  storage.begin();
  const core::Response response = server.handle(request, caller, config, gate, context);
  storage.commit();
  alarm = context.alarm;

  Reply reply;
  reply.status = response.status;
  reply.headers = response.headers;
  if (const core::EventStream* stream = std::get_if<core::EventStream>(&response.body)) {
    reply.form = Reply::Form::event_stream;
    REQUIRE(stream->messages.size() == 1);
    reply.text = stream->messages.front();
  } else {
    reply.text = std::get<std::string>(response.body);
    if (!reply.text.empty()) reply.form = Reply::Form::one_json;
  }
  if (!reply.text.empty()) reply.body = json::parse(reply.text);
  return reply;
}

core::Request make_request(std::string_view method, const HeaderList& headers, std::string_view body) {
  core::Request request;
  request.method = std::string(method);
  request.url = "http://localhost:8787/mcp";
  request.body = std::string(body);
  request.body_state = core::BodyState::complete;
  for (const auto& [name, value] : headers) {
    if (value != kNoHeader) request.headers.add(name, value);
  }
  return request;
}

Reply World::post(std::string_view body, const HeaderList& headers, const mcp::Caller& caller) {
  HeaderList all = headers;
  const auto add_default = [&](std::string_view name, std::string_view value) {
    for (const auto& header : headers) {
      if (core::equal_ignoring_case(header.first, name)) return;
    }
    all.emplace_back(name, value);
  };
  add_default("Content-Type", "application/json");
  add_default("Accept", "application/json, text/event-stream");
  return send(make_request("POST", all, body), caller);
}

std::string request_json(const json& id, std::string_view method, const json& params) {
  json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return message.dump();
}

std::string notification_json(std::string_view method, const json& params) {
  json message = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return message.dump();
}

// ---- Clients ----

LegacyClient::LegacyClient(World& world, std::string revision, mcp::Caller caller)
    : world_(world), revision_(std::move(revision)), caller_(std::move(caller)) {
  const json params = {{"protocolVersion", revision_},
                       {"capabilities", json::object()},
                       {"clientInfo", {{"name", "test-client"}, {"version", "0.1"}}}};
  const Reply reply = world_.post(request_json(0, "initialize", params), {}, caller_);
  REQUIRE(reply.status == 200);
  hello = reply.result();
  session_ = reply.header("Mcp-Session-Id");
  REQUIRE(world_.post(notification_json("notifications/initialized"), headers(), caller_).status == 202);
}

HeaderList LegacyClient::headers() const {
  HeaderList list = {{"Mcp-Session-Id", session_}};
  // The header came with 2025-06-18.
  if (revision_ >= "2025-06-18") list.emplace_back("MCP-Protocol-Version", revision_);
  return list;
}

Reply LegacyClient::call(std::string_view method, const json& params) {
  return world_.post(request_json(++last_id_, method, params), headers(), caller_);
}

Reply LegacyClient::call_tool(std::string_view name, const json& arguments) {
  return call("tools/call", {{"name", name}, {"arguments", arguments}});
}

Reply LegacyClient::post(std::string_view body, HeaderList more) {
  const HeaderList own = headers();
  more.insert(more.end(), own.begin(), own.end());
  return world_.post(body, more, caller_);
}

Reply LegacyClient::end() {
  return world_.send(make_request("DELETE", headers()), caller_);
}

json ModernClient::meta() {
  return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
          {"io.modelcontextprotocol/clientCapabilities", json::object()},
          {"io.modelcontextprotocol/clientInfo", {{"name", "test-client"}, {"version", "0.1"}}}};
}

HeaderList ModernClient::headers(std::string_view method, std::string_view name) {
  HeaderList list = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", std::string(method)}};
  if (!name.empty()) list.emplace_back("Mcp-Name", name);
  return list;
}

Reply ModernClient::call(std::string_view method, json params) {
  params["_meta"] = meta();
  const std::string name = params.value("name", "");
  return world_.post(request_json(++last_id_, method, params), headers(method, name));
}

Reply ModernClient::call_tool(std::string_view name, const json& arguments) {
  return call("tools/call", {{"name", name}, {"arguments", arguments}});
}

}  // namespace testing
