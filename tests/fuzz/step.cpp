// A step as the outside reaches it: a line for each thing that happens to the deputy's Worker and the
// person's object, several in a row. Its first letter says what (`Story::tell`), the rest is the bytes.
#include <unordered_map>

#include "fuzz.h"
#include "host.h"

namespace {

using fuzz::Host;
using fuzz::must;
using nlohmann::json;

constexpr size_t kMostBytes = 64 * 1024;
/// More take long, and find nothing that fewer do not; what is recorded is told to its end.
constexpr size_t kMostLines = 24;
/// Nearly all of it may be done, and buying above 20 EUR asks first.
constexpr std::string_view kBounds =
    R"({"limits":[{"measure":"calls","most":20,"per":"minute"},{"measure":"orders","most":10,"per":"week"},)"
    R"({"measure":"items","most":20,"per":"week"},{"measure":"EUR","most":20000,"per":"week"}],)"
    R"("ask_above":[{"measure":"EUR","amount":2000}]})";

struct Story {
  Host& host;
  std::string revision = "2025-11-25";

  /// `$T` and others: what a client has been given, and sends again.
  std::string filled(std::string_view text) const {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      const char name = text[++i];
      const auto seen = host.seen.find(name);
      switch (name) {
        case 'T': out += host.token; break;
        case 'C': out += host.cookie; break;
        case 'X': out += host.csrf; break;
        case 'U': out += host.user; break;
        case 'G': out += fuzz::kGrant; break;
        default:
          if (seen != host.seen.end()) {
            out += seen->second;
          } else {
            out.append("$").append(1, name);
          }
      }
    }
    return out;
  }

  fuzz::HeaderList usual() const {
    return {{"Authorization", "Bearer " + host.token},
            {"Content-Type", "application/json"},
            {"Accept", "application/json, text/event-stream"}};
  }

  void modern(const std::string& body) {
    fuzz::HeaderList headers = usual();
    headers.emplace_back("MCP-Protocol-Version", "2026-07-28");
    const json message = json::parse(body, nullptr, false);
    if (message.is_object()) {
      const auto text = [](const json& from, const char* name) {
        return from.is_object() && from.contains(name) && from[name].is_string()
                   ? from[name].get<std::string>()
                   : std::string();
      };
      headers.emplace_back("Mcp-Method", text(message, "method"));
      for (const char* target : {"name", "uri", "taskId"}) {
        const std::string named = message.contains("params") ? text(message["params"], target) : "";
        if (!named.empty()) headers.emplace_back("Mcp-Name", named);
      }
    }
    answered(host.send(fuzz::request("POST", "/mcp", headers, body)));
  }

  void legacy(const std::string& body) {
    fuzz::HeaderList headers = usual();
    const json message = json::parse(body, nullptr, false);
    const bool begins =
        message.is_object() && message.contains("method") && message["method"] == "initialize";
    if (begins) {
      const json& params = message.contains("params") ? message["params"] : message;
      if (params.is_object() && params.contains("protocolVersion") && params["protocolVersion"].is_string())
        revision = params["protocolVersion"];
      host.seen.erase('S');
    } else {
      if (host.seen.contains('S')) headers.emplace_back("Mcp-Session-Id", host.seen['S']);
      headers.emplace_back("MCP-Protocol-Version", revision);
    }
    answered(host.send(fuzz::request("POST", "/mcp", headers, body)));
  }

  /// "METHOD path", "Name: value", ..., and behind an empty part the body; parts are separated by tabs.
  void any(std::string_view line) {
    std::vector<std::string_view> parts;
    while (true) {
      const size_t end = line.find('\t');
      parts.push_back(line.substr(0, end));
      if (end == std::string_view::npos) break;
      line.remove_prefix(end + 1);
    }
    const size_t space = parts[0].find(' ');
    const std::string_view path = space == std::string_view::npos ? "/mcp" : parts[0].substr(space + 1);
    fuzz::HeaderList headers;
    size_t at = 1;
    for (; at < parts.size() && !parts[at].empty(); ++at) {
      const size_t colon = parts[at].find(": ");
      if (colon == std::string_view::npos) continue;
      headers.emplace_back(parts[at].substr(0, colon), parts[at].substr(colon + 2));
    }
    std::string body;
    for (++at; at < parts.size(); ++at) body.append(parts[at]);
    answered(host.send(fuzz::request(parts[0].substr(0, space), path, headers, body)));
  }

  void page(std::string_view method, std::string_view path, std::string_view body) {
    answered(host.send(fuzz::request(method, path,
                                     {{"Cookie", host.cookie},
                                      {"X-CSRF", host.csrf},
                                      {"Origin", std::string(fuzz::kOrigin)},
                                      {"Sec-Fetch-Site", "same-origin"}},
                                     body)));
  }

  /// A stream that begins is linked.
  void answered(const core::Outcome& outcome) {
    if (const auto* stream = std::get_if<core::RespondStream>(&outcome))
      host.in_object(core::StreamOpened{stream->stream_id});
  }

  std::string stream(std::string_view rest) const {
    return host.streams.empty() ? std::string(rest) : host.streams.back();
  }

  void tell(std::string_view line) {
    if (line.empty()) return;
    const std::string rest = filled(line.substr(1));
    core::Request none;
    switch (line[0]) {
      case 'm': modern(rest); break;
      case 'l': legacy(rest); break;
      case 'r': any(rest); break;
      case 'd': page("POST", "/authority/act", rest); break;
      case 'e': page("POST", "/admin/act", rest); break;
      case 'u': page("GET", rest, {}); break;
      case 'g': host.go_on(); break;
      case 'k': host.lose(); break;
      case 'a': host.follow(host.in_object(core::Alarm{}), true, none); break;
      case 'w': host.in_object(core::Wake{host.streams}); break;
      case 'o': host.in_object(core::StreamOpened{stream(rest)}); break;
      case 'c': host.in_object(core::StreamClosed{stream(rest)}); break;
      case 'f': host.at_edge(core::Fault{fuzz::request("POST", "/mcp", usual(), rest)}); break;
      case 'v': host.in_object(core::VaultCall{rest}); break;
      case 'p': host.follow(host.in_object(core::PrincipalCall{rest}), true, none); break;
      case 't': {
        // At most a year.
        int64_t milliseconds = 0;
        for (const char c : rest)
          milliseconds =
              std::min<int64_t>(milliseconds * 10 + (c >= '0' && c <= '9' ? c - '0' : 0), 31'536'000'000);
        host.now = host.now + core::milliseconds(milliseconds);
        break;
      }
      case '=': {
        // "s200 bytes" or "f404 reason".
        core::EffectResult result;
        if (rest.starts_with('s')) result.status = core::EffectResult::Status::succeeded;
        size_t at = 1;
        for (; at < rest.size() && at < 4 && rest[at] >= '0' && rest[at] <= '9'; ++at)
          result.code = result.code * 10 + static_cast<uint32_t>(rest[at] - '0');
        if (at < rest.size()) result.bytes = rest.substr(at + 1);
        host.results.push_back(std::move(result));
        break;
      }
      case 'x': host.raw(rest, false); break;
      case 'y': host.raw(rest, true); break;
      default: break;
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMostBytes) return 0;
  // What is recorded begins with an instance of its own.
  static std::unique_ptr<Host> kept;
  if (!kept || transcripts::Tape::recording()) kept = std::make_unique<Host>("step", kBounds);
  Host& host = *kept;
  host.begin();
  Story story{host};
  size_t count = 0;
  for (const std::string_view line : fuzz::lines_of(fuzz::text_of(data, size))) {
    if (++count > kMostLines && !transcripts::Tape::recording()) break;
    story.tell(line);
  }
  host.end();
  if (transcripts::Tape::recording()) kept.reset();
  return 0;
}
