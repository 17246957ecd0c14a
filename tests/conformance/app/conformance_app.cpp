#include "conformance_app.h"

#include "fixtures.h"

namespace conformance {

namespace {

using core::Outcome;
using core::Respond;

/// The one principal: whoever asks shares its sessions, streams and tasks.
constexpr std::string_view kPrincipal = "conformance";

mcp::Caller caller() {
  mcp::Caller caller;
  caller.grant_id = kPrincipal;
  caller.subject = kPrincipal;
  caller.client_id = "conformance-suite";
  caller.client_name = "Conformance suite";
  caller.handle = kPrincipal;
  return caller;
}

class OpenGate final : public mcp::Gate {
 public:
  mcp::Permission permit(const mcp::Use&, const mcp::Caller&, core::Context&) override { return {}; }
  bool shows(const mcp::Use&, const mcp::Caller&) override { return true; }
  std::optional<mcp::Caller> recall(std::string_view handle, core::Context&) override {
    if (handle != kPrincipal) return std::nullopt;
    return caller();
  }
};

std::vector<mcp::Tool> tools() {
  std::vector<mcp::Tool> all;
  for (auto part : {content_tools, telling_tools, asking_tools, round_tools, task_tools, schema_tools}) {
    for (mcp::Tool& tool : part()) all.push_back(std::move(tool));
  }
  return all;
}

mcp::Offer offer() {
  return {.info = {.name = "mcp-deputy-conformance",
                   .title = "Conformance fixtures",
                   .version = "1.0.0",
                   .instructions = "Fixtures of the official MCP conformance suite."},
          .tools = tools(),
          .resources = resources(),
          .templates = templates(),
          .prompts = prompts()};
}

core::Response plain(int status, std::string_view text) {
  core::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::string(text);
  return response;
}

bool is_loopback_origin(std::string_view origin) {
  const std::optional<core::Url> url = core::parse_url(origin);
  return url && core::is_loopback_host(url->host);
}

}  // namespace

ConformanceApp::ConformanceApp(core::Config config)
    : core::Application(config.reporting), config_(std::move(config)), server_(offer()) {}

Outcome ConformanceApp::answer(const core::Input& input, core::Context& step) {
  return std::visit([&](const auto& i) { return on(i, step); }, input);
}

Outcome ConformanceApp::on(const core::EdgeRequest& input, core::Context&) {
  const std::optional<core::Url> url = core::parse_url(input.request.url);
  // A page of the internet whose name was made to lead to this machine shows by its Host, and any other page
  // by its Origin (DNS rebinding: basic/transports, "Security Warning").
  if (!url || !core::is_loopback_host(url->host)) {
    return Respond{plain(403, "This server answers for loopback hosts alone.\n")};
  }
  const std::optional<std::string_view> origin = input.request.headers.get("Origin");
  if (origin && !is_loopback_origin(*origin)) {
    return Respond{plain(403, "Pages of that origin may not call this server.\n")};
  }
  if (url->path != "/mcp") return Respond{plain(404, "The MCP endpoint is /mcp.\n")};
  return core::ForwardToPrincipal{std::string(kPrincipal), core::ForwardToPrincipal::Hop::shared};
}

Outcome ConformanceApp::on(const core::PrincipalRequest& input, core::Context& step) {
  OpenGate gate;
  return server_.handle(input.request, caller(), config_, gate, step);
}

Outcome ConformanceApp::on(const core::Wake& input, core::Context& step) {
  core::Storage& storage = *step.storage;
  storage.query(
      "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID");
  const core::Rows rows = storage.query("SELECT value FROM settings WHERE name = 'mcp_version'");
  const int64_t version = mcp::migrate(storage, rows.empty() ? 0 : rows.integer(0, 0));
  storage.query(
      "INSERT INTO settings (name, value) VALUES ('mcp_version', ?) "
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      {version});
  server_.wake(input.open_streams, step);
  return core::Reply{};
}

Outcome ConformanceApp::on(const core::Alarm&, core::Context& step) {
  OpenGate gate;
  server_.alarm(config_, gate, step);
  return core::Reply{};
}

Outcome ConformanceApp::on(const core::StreamOpened& input, core::Context& step) {
  if (server_.stream_opened(input.stream_id, step)) return core::Reply{};
  return Respond{plain(404, "There is no such stream.\n")};
}

Outcome ConformanceApp::on(const core::StreamClosed& input, core::Context& step) {
  server_.stream_closed(input.stream_id, step);
  return core::Reply{};
}

Outcome ConformanceApp::on(const core::Resume& input, core::Context& step) {
  OpenGate gate;
  return server_.resume(input.continuation, input.results, config_, gate, step);
}

Outcome ConformanceApp::on(const core::Lost& input, core::Context& step) {
  server_.lost(input.continuation, step);
  return core::Reply{};
}

Outcome ConformanceApp::on(const core::Fault& input, core::Context&) {
  return Respond{server_.fault(input.request, mcp::Changed::unknown)};
}

// Nobody signs in here, so nobody calls or keeps anything by these.
Outcome ConformanceApp::on(const core::PrincipalCall&, core::Context&) {
  return core::Reply{};
}
Outcome ConformanceApp::on(const core::VaultCall&, core::Context&) {
  return core::Reply{};
}

}  // namespace conformance
