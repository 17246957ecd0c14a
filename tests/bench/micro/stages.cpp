#include "stages.h"

#include <memory>

#include "authority/replay.h"
#include "authority/usage.h"
#include "authority/use.h"
#include "core/step.h"
#include "mcp/exchange.h"
#include "mcp/tool.h"
#include "shop/catalogue.h"

namespace micro {

namespace {

/// Answers each statement as it was answered when the call was recorded.
class RecordedStorage final : public core::Storage {
 public:
  explicit RecordedStorage(const std::vector<PortCall>& calls) : calls_(calls) {}
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override {
    const std::string values = core::encode_values(parameters);
    const std::string_view text(statement.data(), statement.size());
    for (const PortCall& call : calls_) {
      if (call.kind == 1 && call.first == text) return core::Rows(std::string(call.answer));
    }
    fail("the call never asked: " + std::string(text));
  }

 private:
  const std::vector<PortCall>& calls_;
};

/// Nothing is computed: what a digest costs is not the core's own.
class NoCrypto final : public core::Crypto {
 public:
  std::string sha256(std::string_view) override { return std::string(32, 'd'); }
  std::string hmac_sha256(std::string_view, std::string_view) override { return std::string(32, 'm'); }
  std::string ed25519_sign(std::string_view, std::string_view) override { return std::string(64, 's'); }
  std::string ed25519_public_key(std::string_view) override { return std::string(32, 'k'); }
};

/// What the stages of one call share: each finds here what the one before it gives.
struct Bench {
  explicit Bench(const Step& step) : call(step), storage(step.calls), begun(*core::decode_input(step.input)) {
    const core::Rows rows(std::string(answer_to("FROM grants")));
    if (rows.empty()) fail("the call has no grant");
    grant = *authority::find_grant(storage, rows.text(0, 0));
    standing = authority::standing(storage, grant.id, grant.terms.bounds, action.costs, {}, begun.now);
    decision = authority::decide(grant.terms, standing, action, begun.now);
    if (decision.outcome != authority::Outcome::allow) fail("the call was not let through");
    record();
  }

  std::string_view answer_to(std::string_view part) const {
    for (const PortCall& port : call.calls) {
      if (port.kind == 1 && port.first.find(part) != std::string_view::npos) return port.answer;
    }
    return {};
  }

  const core::Request& request() const { return std::get<core::PrincipalRequest>(begun.input).request; }

  void record() {
    entry.decision_input = authority::decision_input(grant.terms, standing, action, begun.now);
    entry.decision = authority::decision_json(decision);
  }

  template <typename Work>
  auto in_step(Work work) {
    core::Entropy entropy(crypto, begun.entropy);
    core::Context step{begun.now, entropy, crypto, &storage};
    return work(step);
  }

  const Step& call;
  RecordedStorage storage;
  NoCrypto crypto;
  core::Begun begun;
  authority::Notary notary{"https://shop.example", std::string(64, '0'),
                           std::make_shared<core::Signer>(crypto, std::string(32, 'k'))};
  authority::Grant grant;
  authority::Standing standing;
  authority::Action action{
      .tool = "listMcpShopInventory", .scope = "shop:read", .costs = {{std::string(authority::kCalls), 1}}};
  authority::Decision decision;
  authority::Actor actor{"principal-pseudonym-22", "grant-one", "client-1", {}, "modern"};
  authority::Entry entry{.kind = "call",
                         .actor = actor,
                         .subject = {"tools/call", "listMcpShopInventory"},
                         .result = "done",
                         .arguments = "{}"};
  mcp::ToolResult result = mcp::ToolResult::json(shop::inventory_json());
};

void answer(Bench& bench) {
  const mcp::ToolResult& result = bench.result;
  std::string members = R"("content":[)" + mcp::content_json(result.content[0], mcp::kModern);
  members += R"(],"structuredContent":)" + result.structured;
  std::string text = mcp::result_text({"7"}, '{' + members + '}');
  const core::Outcome outcome =
      core::Respond{mcp::answer(mcp::accepted_forms(bench.request().headers), {}, std::move(text))};
  bench.in_step([&](core::Context& step) { return core::encode_output(outcome, step); });
}

}  // namespace

std::vector<Stage> stages_of(const Step& call) {
  const auto bench = std::make_shared<Bench>(call);
  return {
      {"input: bytes to a request", [bench] { core::decode_input(bench->call.input); }},
      {"parse: the JSON gate, and a JSON-RPC message",
       [bench] {
         core::JsonGate gate;
         mcp::read_message(gate.parse(bench->request().body).root);
       }},
      {"grant: its row to terms and bounds",
       [bench] { authority::find_grant(bench->storage, bench->grant.id); }},
      {"standing: what was used of each limit",
       [bench] {
         authority::standing(bench->storage, bench->grant.id, bench->grant.terms.bounds, bench->action.costs,
                             {}, bench->begun.now);
       }},
      {"decide",
       [bench] { authority::decide(bench->grant.terms, bench->standing, bench->action, bench->begun.now); }},
      {"audit: the decision as canonical JSON", [bench] { bench->record(); }},
      {"audit: an entry, chained and stored",
       [bench] {
         // Always the same entry: after some thousand others it would ask for the archive.
         bench->storage.forget();
         bench->in_step(
             [&](core::Context& step) { return authority::append(step, bench->notary, bench->entry); });
       }},
      {"audit: a receipt",
       [bench] {
         bench->in_step([&](core::Context& step) {
           return authority::receipt(step, bench->notary, bench->actor, {42, std::string(43, 'h')});
         });
       }},
      {"tool: the inventory as its result", [] { mcp::ToolResult::json(shop::inventory_json()); }},
      {"answer: JSON-RPC, HTTP, bytes", [bench] { answer(*bench); }},
  };
}

}  // namespace micro
