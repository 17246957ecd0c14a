// Records what the benchmark plays: one session for each operation, of one person with one deputy that has
// called before. `TRANSCRIPTS` names the file.
#include "host.h"

namespace {

using nlohmann::json;

/// Those that the consent page offers first, with room for a morning of purchases.
constexpr std::string_view kBounds =
    R"({"limits":[{"measure":"calls","most":1000,"per":"minute"},{"measure":"orders","most":100,"per":"week"},)"
    R"({"measure":"items","most":100,"per":"week"},{"measure":"EUR","most":500000,"per":"week"}],)"
    R"("ask_above":[{"measure":"EUR","amount":100000}]})";

/// The last of them is measured; those before it fill the core's memory of tokens, as any call does. Before
/// the last but one the object wakes up: that call alone is what the last one's object remembers.
constexpr int kCalls = 20;

struct Operation {
  std::string name;
  std::string method;
  json params;
};

const json kInventory = {{"name", "listMcpShopInventory"}, {"arguments", json::object()}};
const json kOrder = {{"name", "buyMcpShopItem"},
                     {"arguments",
                      {{"company", "Acme"},
                       {"mailingAddress", "1 Main Street, Springfield"},
                       {"tshirtSize", "L"},
                       {"quantity", 1}}}};

std::string body(int id, const Operation& operation) {
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", operation.method}, {"params", operation.params}}
      .dump();
}

fuzz::HeaderList headers_of(const fuzz::Host& host, std::string_view revision) {
  return {{"Authorization", "Bearer " + host.token},
          {"Content-Type", "application/json"},
          {"Accept", "application/json, text/event-stream"},
          {"Host", "shop.example"},
          {"User-Agent", "bench/1.0"},
          {"MCP-Protocol-Version", std::string(revision)}};
}

void must_succeed(const core::Outcome& outcome) {
  const core::Respond* respond = std::get_if<core::Respond>(&outcome);
  const std::string text = respond ? respond->response.body : "";
  if (!respond || respond->response.status >= 300 || text.find("\"isError\":true") != std::string::npos) {
    std::fprintf(stderr, "no success: %s\n", text.c_str());
    std::exit(1);
  }
}

/// As `pnpm bench` measures it: no copies of the trail to WorkOS.
const json kNoCopies = {{"WORKOS_ORGANIZATION_ID", nullptr}};

void record_modern(Operation operation, const json& variables = kNoCopies) {
  fuzz::Host host(operation.name + ", 2026-07-28", kBounds, variables);
  operation.params["_meta"] = {
      {"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
      {"io.modelcontextprotocol/clientCapabilities", json::object()},
      {"io.modelcontextprotocol/clientInfo", {{"name", "bench"}, {"version", "1.0"}}}};
  fuzz::HeaderList headers = headers_of(host, "2026-07-28");
  headers.emplace_back("Mcp-Method", operation.method);
  if (operation.params.contains("name")) headers.emplace_back("Mcp-Name", operation.params["name"]);
  for (int id = 1; id <= kCalls; ++id) {
    if (id == kCalls - 1) host.wake_anew();
    must_succeed(host.send(fuzz::request("POST", "/mcp", headers, body(id, operation))));
  }
}

void record_legacy(const Operation& operation) {
  fuzz::Host host(operation.name + ", 2025-11-25", kBounds, kNoCopies);
  fuzz::HeaderList headers = headers_of(host, "2025-11-25");
  const Operation hello{{},
                        "initialize",
                        {{"protocolVersion", "2025-11-25"},
                         {"capabilities", json::object()},
                         {"clientInfo", {{"name", "bench"}, {"version", "1.0"}}}}};
  must_succeed(host.send(fuzz::request("POST", "/mcp", headers, body(0, hello))));
  headers.emplace_back("Mcp-Session-Id", host.seen['S']);
  for (int id = 1; id <= kCalls; ++id) {
    if (id == kCalls - 1) host.wake_anew();
    must_succeed(host.send(fuzz::request("POST", "/mcp", headers, body(id, operation))));
  }
}

}  // namespace

int main() {
  if (!transcripts::Tape::recording()) return 1;
  const Operation inventory{"tools/call inventory", "tools/call", kInventory};
  const Operation list{"tools/list", "tools/list", json::object()};
  record_modern(inventory);
  record_legacy(inventory);
  record_modern(list);
  record_legacy(list);
  record_modern({"tools/call buy", "tools/call", kOrder});
  record_modern({inventory.name + " with a copy to WorkOS", inventory.method, inventory.params},
                json::object());
}
