// Going on with what nobody gave: forged continuations, results of effects as no outside should give them,
// and whatever a client or a browser brings back, changed. Nothing of it faults, and nothing of it allows
// anything.
//
//   first byte   0 to 11: what is awaited (kWays); from 12 on: what is brought back changed (kForged)
//   second byte  of a way: 0 the continuation is the rest of the first line, 1 it is changed by that line,
//   else
//                it is the real one
//   then lines: results of effects, "s200 bytes" or "f404 reason"
#include <unordered_map>

#include "fuzz.h"
#include "host.h"
#include "identity/principal_id.h"

namespace {

using core::Outcome;
using fuzz::Host;
using fuzz::must;
using nlohmann::json;

constexpr size_t kMostBytes = 16 * 1024;
constexpr int kMostRounds = 12;
/// Whatever is bought, the human is asked.
constexpr std::string_view kBounds =
    R"({"limits":[{"measure":"calls","most":1000,"per":"minute"},{"measure":"orders","most":10,"per":"week"},)"
    R"({"measure":"items","most":20,"per":"week"},{"measure":"EUR","most":20000,"per":"week"}],)"
    R"("ask_above":[{"measure":"orders","amount":0}]})";
constexpr std::string_view kOrder = R"("company":"Acme","mailingAddress":"1 Main St","tshirtSize":"XL")";

const fuzz::HeaderList kOwnPage = {{"Origin", std::string(fuzz::kOrigin)}};

Outcome edge(Host& host, std::string_view method, std::string_view path,
             const fuzz::HeaderList& headers = {}) {
  return host.at_edge(core::EdgeRequest{fuzz::request(method, path, headers), "192.0.2.1"});
}

core::Request modern(std::string_view token, std::string_view method, json params) {
  params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                     {"io.modelcontextprotocol/clientCapabilities", {{"elicitation", json::object()}}},
                     {"io.modelcontextprotocol/clientInfo", {{"name", "fuzzer"}, {"version", "1"}}}};
  const json message{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
  fuzz::HeaderList headers = {{"Authorization", "Bearer " + std::string(token)},
                              {"Content-Type", "application/json"},
                              {"Accept", "application/json, text/event-stream"},
                              {"MCP-Protocol-Version", "2026-07-28"},
                              {"Mcp-Method", std::string(method)}};
  if (params.contains("name")) headers.emplace_back("Mcp-Name", params["name"]);
  core::Request made =
      fuzz::request("POST", "/mcp", headers, message.dump(-1, ' ', false, json::error_handler_t::replace));
  made.body_state = core::BodyState::complete;
  return made;
}

/// A sign-in to the page that has begun: the callback's address, and the browser's cookie.
std::pair<std::string, std::string> begun_sign_in(Host& host) {
  const Outcome begun = edge(host, "GET", "/authority/sign-in?next=/authority");
  const core::Response& response = std::get<core::Respond>(begun).response;
  const std::string url(response.headers.get("Location").value_or(""));
  const std::string state = core::form_value(url.substr(url.find('?') + 1), "state").value_or("");
  const std::string cookie(response.headers.get("Set-Cookie").value_or(""));
  return {"/callback?code=c1&state=" + core::percent_encode(state), cookie.substr(0, cookie.find(';'))};
}

std::string webhook_body() {
  return R"({"id":"event_1","event":"user.deleted","data":{"object":"user","id":"user_1"}})";
}
std::string webhook_signature(Host& host) {
  const std::string time = std::to_string(host.now.milliseconds);
  return "t=" + time + ", v1=" + host.mac(time + "." + webhook_body());
}

// ---- What is awaited ----

struct Way {
  bool in_object;
  Outcome (*begin)(Host&);
};

Outcome wait_for_the_human(Host& host) {
  const json arguments = json::parse("{" + std::string(kOrder) + "}");
  return host.in_object(core::PrincipalRequest{
      modern(host.token, "tools/call", {{"name", "buyMcpShopItem"}, {"arguments", arguments}})});
}

constexpr Way kWays[] = {
    {false, [](Host& host) { return edge(host, "GET", "/authorize?client_id=client-1"); }},
    {false, [](Host& host) { return edge(host, "POST", "/authorize", kOwnPage); }},
    {false, [](Host& host) { return edge(host, "POST", "/consent", kOwnPage); }},
    {false, [](Host& host) { return edge(host, "GET", "/callback?code=c1&state=st"); }},
    {false, [](Host& host) { return edge(host, "POST", "/token"); }},
    {false, [](Host& host) { return edge(host, "POST", "/register"); }},
    {true,
     [](Host& host) {
       return host.in_object(core::PrincipalRequest{
           modern(host.user + ":" + std::string(fuzz::kGrant) + ":other", "tools/list", json::object())});
     }},
    {false,
     [](Host& host) {
       const auto [path, cookie] = begun_sign_in(host);
       return edge(host, "GET", path, {{"Cookie", cookie}});
     }},
    {false,
     [](Host& host) {
       return edge(host, "POST", "/webhooks/workos", {{"WorkOS-Signature", webhook_signature(host)}});
     }},
    {true,
     [](Host& host) {
       wait_for_the_human(host);
       host.now = host.now + core::minutes(1);
       return host.in_object(core::Alarm{});
     }},
    {true, wait_for_the_human},
    {true,
     [](Host& host) {
       core::Request request = fuzz::request("GET", "/admin/state?user=user_01ABCDEFGHJKMNPQRSTVWXYZ01",
                                             {{"Cookie", host.cookie}, {"X-CSRF", host.csrf}});
       return host.in_object(core::PrincipalRequest{std::move(request)});
     }},
};

/// Three bytes each: where, how, and with what.
std::string changed(std::string text, std::string_view edits) {
  fuzz::Numbers numbers(edits);
  while (!numbers.empty()) {
    const size_t at = numbers.below(text.size() + 1);
    const uint8_t how = numbers.u8();
    const char with = static_cast<char>(numbers.u8());
    switch (how % 4) {
      case 0:
        if (at < text.size()) text[at] = with;
        break;
      case 1: text.insert(at, 1, with); break;
      case 2: text.erase(at, static_cast<size_t>(how / 4) + 1); break;
      default: text.insert(at, text.substr(static_cast<unsigned char>(with) % (text.size() + 1), how / 4));
    }
  }
  return text;
}

core::EffectResult result_of(std::string_view line) {
  core::EffectResult result;
  if (line.starts_with('s')) result.status = core::EffectResult::Status::succeeded;
  size_t at = 1;
  for (; at < line.size() && at < 4 && line[at] >= '0' && line[at] <= '9'; ++at)
    result.code = result.code * 10 + static_cast<uint32_t>(line[at] - '0');
  if (at < line.size()) result.bytes = std::string(line.substr(at + 1));
  return result;
}

void go_on(Host& host, const Way& way, uint8_t mode, std::string_view rest) {
  Outcome outcome = way.begin(host);
  const core::Await* await = std::get_if<core::Await>(&outcome);
  std::vector<std::string_view> lines = fuzz::lines_of(rest);
  size_t at = 0;
  std::string continuation = await ? await->continuation : "";
  if (mode == 0 || !await) continuation = std::string(lines[at++]);
  if (mode == 1 && await) continuation = changed(continuation, lines[at++]);
  size_t effects = await ? await->effects.size() : 1;
  // Another number of results than was awaited is never given.
  for (int round = 0; round < kMostRounds; ++round) {
    core::Resume resume{continuation, {}};
    for (size_t i = 0; i < effects; ++i)
      resume.results.push_back(at < lines.size() ? result_of(lines[at++]) : core::EffectResult{});
    outcome = way.in_object ? host.in_object(std::move(resume)) : host.at_edge(std::move(resume));
    await = std::get_if<core::Await>(&outcome);
    if (!await) break;
    continuation = await->continuation;
    effects = await->effects.size();
  }
}

// ---- What is brought back ----

const core::Response* response_of(const Outcome& outcome) {
  const core::Respond* respond = std::get_if<core::Respond>(&outcome);
  return respond ? &respond->response : nullptr;
}

/// The real thing, changed; nothing where it is still in there.
std::optional<std::string> forged(const std::string& real, std::string_view edits) {
  std::string text = changed(real, edits);
  if (text.find(real) != std::string::npos) return std::nullopt;
  return text;
}

void forge_token(Host& host, std::string_view edits) {
  const auto token = forged(host.token, edits);
  if (!token) return;
  const Outcome outcome = host.send(modern(*token, "tools/list", json::object()));
  const core::Response* response = response_of(outcome);
  must(response && response->status == 401, "a token that is none lets in", *token);
}

void forge_request_state(Host& host, std::string_view edits) {
  json params{{"name", "buyMcpShopItem"}, {"arguments", {{"company", "Acme"}}}};
  const Outcome asked = host.send(modern(host.token, "tools/call", params));
  must(host.seen.contains('R'), "nobody is asked");
  const std::string real = host.seen['R'];
  const auto state = forged(real, edits);
  if (!state) return;
  params["inputResponses"] = {
      {"details-1",
       {{"action", "accept"}, {"content", {{"mailingAddress", "1 Main St"}, {"tshirtSize", "XL"}}}}}};
  params["requestState"] = *state;
  const int64_t questions = host.count("SELECT count(*) FROM approvals");
  host.send(modern(host.token, "tools/call", params));
  must(host.count("SELECT count(*) FROM approvals") == questions,
       "an answer counts with a state that nobody gave", *state);
  // The real one is still there, and leads on.
  params["requestState"] = real;
  host.send(modern(host.token, "tools/call", params));
  must(host.count("SELECT count(*) FROM approvals") == questions + 1, "the state is gone by a forged one",
       *state);
}

void forge_page_cookie(Host& host, std::string_view edits) {
  const auto cookie = forged(host.cookie, edits);
  if (!cookie) return;
  const Outcome outcome = host.send(fuzz::request("GET", "/authority/state", {{"Cookie", *cookie}}));
  const core::Response* response = response_of(outcome);
  must(response && response->status == 401, "a cookie that is none signs in", *cookie);
}

void forge_csrf(Host& host, std::string_view edits) {
  const auto csrf = forged(host.csrf, edits);
  if (!csrf) return;
  const int64_t pauses = host.count("SELECT count(*) FROM pauses");
  const Outcome outcome = host.send(
      fuzz::request("POST", "/authority/act",
                    {{"Cookie", host.cookie}, {"X-CSRF", *csrf}, {"Origin", std::string(fuzz::kOrigin)}},
                    R"({"do":"pause"})"));
  const core::Response* response = response_of(outcome);
  must(response && response->status == 403, "a forged request is let through", *csrf);
  must(host.count("SELECT count(*) FROM pauses") == pauses, "a forged request does something", *csrf);
}

void forge_attempt(Host& host, std::string_view edits) {
  const auto [path, real] = begun_sign_in(host);
  const auto cookie = forged(real, edits);
  if (!cookie) return;
  const Outcome outcome = edge(host, "GET", path, {{"Cookie", *cookie}});
  must(!std::holds_alternative<core::Await>(outcome), "a sign-in goes on with a cookie that is none",
       *cookie);
}

void forge_signature(Host& host, std::string_view edits) {
  const std::string real = webhook_signature(host);
  const std::string mac = real.substr(real.find("v1=") + 3);
  const std::string header = changed(real, edits);
  if (core::lower(header).find(mac) != std::string::npos) return;
  core::Request request =
      fuzz::request("POST", "/webhooks/workos", {{"WorkOS-Signature", header}}, webhook_body());
  const Outcome outcome = host.send(std::move(request));
  const core::Response* response = response_of(outcome);
  must(response && response->status >= 400 && host.stands(), "an event counts that nobody signed", header);
}

void forge_session(Host& host, std::string_view edits) {
  const fuzz::HeaderList headers = {{"Authorization", "Bearer " + host.token},
                                    {"Content-Type", "application/json"},
                                    {"Accept", "application/json, text/event-stream"}};
  host.send(fuzz::request(
      "POST", "/mcp", headers,
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},)"
      R"("clientInfo":{"name":"fuzzer","version":"1"}}})"));
  must(host.seen.contains('S'), "no session");
  const auto session = forged(host.seen['S'], edits);
  if (!session) return;
  fuzz::HeaderList with = headers;
  with.emplace_back("Mcp-Session-Id", *session);
  with.emplace_back("MCP-Protocol-Version", "2025-11-25");
  const Outcome outcome =
      host.send(fuzz::request("POST", "/mcp", with, R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})"));
  const core::Response* response = response_of(outcome);
  must(response && response->status >= 400, "a session that is none", *session);
}

constexpr void (*kForged[])(Host&, std::string_view) = {forge_token,  forge_request_state, forge_page_cookie,
                                                        forge_csrf,   forge_attempt,       forge_signature,
                                                        forge_session};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > kMostBytes) return 0;
  static std::unique_ptr<Host> kept;
  if (!kept || transcripts::Tape::recording()) kept = std::make_unique<Host>("resume", kBounds);
  Host& host = *kept;
  host.begin();
  const int64_t sessions = host.count("SELECT count(*) FROM page_sessions");
  const std::string_view rest = fuzz::text_of(data + 2, size - 2);
  const size_t which = data[0] % (std::size(kWays) + std::size(kForged));
  if (which < std::size(kWays)) {
    go_on(host, kWays[which], data[1], rest);
  } else {
    kForged[which - std::size(kWays)](host, fuzz::text_of(data + 1, size - 1));
  }
  must(host.count("SELECT count(*) FROM orders") == 0, "something is bought that nobody said yes to");
  must(host.count("SELECT count(*) FROM approvals WHERE state = 'approved' OR state = 'used'") == 0,
       "a yes that nobody said");
  must(host.count("SELECT count(*) FROM grants") == 1, "a grant that nobody gave");
  must(host.count("SELECT count(*) FROM page_sessions") <= sessions, "a page session that nobody opened");
  host.end();
  if (transcripts::Tape::recording()) kept.reset();
  return 0;
}
