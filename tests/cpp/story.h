// A person and their deputy from the first sign-in to the revocation, and what must hold of them at any time.
// Who gets no answer, or an error, asks again as clients do.
#pragma once

#include <set>

#include "authority/audit.h"
#include "authority/grants.h"
#include "fault_host.h"

namespace testing {

/// Of a receipt: number and hash of its entry.
inline std::pair<int64_t, std::string> read_receipt(const std::string& jws) {
  const size_t begin = jws.find('.') + 1;
  const json payload =
      json::parse(*core::base64url_decode(std::string_view(jws).substr(begin, jws.find('.', begin) - begin)));
  return {payload.at("seq"), payload.at("hash")};
}

/// A person, their deputy, and what they were told.
class Story {
 public:
  explicit Story(Fault fault = Fault::none, int64_t nth = 0) : host(fault, nth) {}

  /// All of it.
  void tell() {
    appoint();
    sign_in();
    buy("shirt");
    buy_with_approval("hoodie");
    buy_while_waiting("another hoodie");
    insist([&] { return act({{"do", "pause"}, {"grant", grant}}).status == 200; });
    insist([&] { return stands_still(); });
    insist([&] { return act({{"do", "resume"}, {"grant", grant}}).status == 200; });
    buy("second shirt");
    insist([&] { return act({{"do", "erase"}, {"grant", ""}}).status == 200; });
    buy("third shirt");
    revoke();
    insist([&] { return buy_once("late shirt").status == 401; });
    host.pass(core::minutes(100));
  }

  // ---- What must hold ----

  /// At any time, for each commit is whole.
  void check() {
    if (number("SELECT count(*) FROM sqlite_schema WHERE name = 'audit'") == 0)
      return;  // nothing was there yet
    const std::vector<json> entries = check_chain();
    const int64_t orders = number("SELECT count(*) FROM orders");
    CHECK(number("SELECT coalesce((SELECT used_by_all ->> 'orders' FROM ledger ORDER BY number DESC LIMIT 1),"
                 " 0)") == orders);
    CHECK(number("SELECT coalesce(sum(effects), 0) FROM activity") == orders);
    for (const auto& [company, id] : bought) {
      CAPTURE(company);
      CHECK(number("SELECT count(*) FROM orders WHERE id = ?", {id}) == 1);
    }
    for (const auto& [seq, hash] : receipts) {
      REQUIRE(seq <= static_cast<int64_t>(entries.size()));
      CHECK(hashes_[static_cast<size_t>(seq - 1)] == hash);
    }
    std::map<std::string, int> ends;
    for (const json& entry : entries) {
      if (entry.at("kind") == "revocation") ++ends[entry.at("grant")];
    }
    for (const auto& [id, times] : ends) {
      CHECK(times == 1);
      CHECK(authority::find_grant(host.storage.real, id)->ended_at);
    }
    CHECK(static_cast<int64_t>(ends.size()) ==
          number("SELECT count(*) FROM grants WHERE ended_at IS NOT NULL"));
    for (const std::string& id : revoked) CHECK(ends.contains(id));
  }

  /// When all is over.
  void check_end() {
    check();
    CHECK(number("SELECT count(*) FROM deliveries") == 0);
    CHECK(number("SELECT count(*) FROM uses") == 0);
    CHECK(number("SELECT count(*) FROM calls") == 0);
    CHECK(number("SELECT count(*) FROM held") == 0);
    // KV has those orders that were not erased, as they are.
    const core::Rows rows = host.storage.real.query(
        "SELECT 'order:user_1:' || id, document FROM orders WHERE argument_digest <> ''");
    std::map<std::string, std::string> expected;
    for (size_t row = 0; row < rows.size(); ++row) expected.emplace(rows.text(row, 0), rows.text(row, 1));
    CHECK(host.kv["ORDERS"] == expected);
    // WorkOS has every entry.
    for (size_t i = 0; i < hashes_.size(); ++i) {
      const auto found = host.posted.find(
          {"https://api.workos.com/audit_logs/events", host.principal + ":" + std::to_string(i + 1)});
      CAPTURE(i);
      REQUIRE(found != host.posted.end());
      CHECK(contains(found->second, hashes_[i]));
    }
    CHECK(host.posted.size() == hashes_.size() + questions());
    CHECK(bought.size() == 5);
    CHECK(number("SELECT count(*) FROM orders") == 5);
  }

  FaultHost host;
  /// Orders by what was written on them.
  std::map<std::string, std::string> bought;
  std::vector<std::pair<int64_t, std::string>> receipts;
  std::set<std::string> revoked;
  std::string grant;

  // ---- What they do, until it is acknowledged ----

  void appoint() {
    insist([&] {
      const std::string reply = host.call({{"call", "complete_authorization"},
                                           {"user_id", host.user},
                                           {"issuer", kOrigin},
                                           {"request", json::object()}});
      if (!contains(reply, "\"grant\"")) return false;
      grant = json::parse(reply).at("grant");
      return true;
    });
  }

  void sign_in() {
    insist([&] {
      const std::string reply = host.call({{"call", "open_page_session"},
                                           {"user_id", host.user},
                                           {"former", ""},
                                           {"person",
                                            {{"subject", "user_1"},
                                             {"email", "ada@example.com"},
                                             {"name", "Ada"},
                                             {"session", "session_1"},
                                             {"permissions", json::array()},
                                             {"impersonated", false}}}});
      if (!contains(reply, "\"secret\"")) return false;
      cookie_ = "__Host-authority=" + host.user + "." + json::parse(reply).at("secret").get<std::string>();
      return true;
    });
    insist([&] {
      const core::Response state = page("GET", "/authority/state");
      if (state.status != 200) return false;
      csrf_ = json::parse(state.body).at("session").at("csrf");
      return true;
    });
  }

  void buy(const std::string& company) {
    insist([&] { return placed(company, buy_once(company)); });
  }

  /// The client only hears of the page, and repeats the call when its human has been there.
  void buy_with_approval(const std::string& company) {
    insist([&] {
      const core::Response answer = buy_once(company, "mcp-hoodie");
      if (placed(company, answer)) return true;
      approve(answer);
      return false;
    });
  }

  /// The client can open the page, and the call waits for its human, who decides after a while.
  void buy_while_waiting(const std::string& company) {
    const json able = {{"elicitation", {{"url", json::object()}}}};
    insist([&] {
      const core::Response asked = buy_once(company, "mcp-hoodie", able);
      if (placed(company, asked)) return true;
      if (asked.status != 200 || !contains(asked.body, "input_required")) return false;
      const json result = json::parse(asked.body).at("result");
      int sleeps = 0;
      host.while_sleeping = [&] {
        if (++sleeps == 2) approve(asked);
      };
      json params = purchase(company, "mcp-hoodie");
      params["requestState"] = result.at("requestState");
      for (const auto& [key, question] : result.at("inputRequests").items()) {
        params["inputResponses"][key] = {{"action", "accept"}};
      }
      struct Awake {
        FaultHost& host;
        ~Awake() {
          host.while_sleeping = [] {};
        }
      } awake{host};
      return placed(company, call(params, able));
    });
  }

  void revoke() {
    bool tried = false;
    insist([&] {
      const core::Response answer = act({{"do", "revoke"}, {"grant", grant}});
      if (answer.status == 200) receipts.push_back(read_receipt(json::parse(answer.body).at("receipt")));
      // 404: it had been done, and the answer was lost.
      const bool done = answer.status == 200 || (tried && answer.status == 404);
      tried = true;
      if (done) revoked.insert(grant);
      return done;
    });
  }

  core::Response act(const json& what) { return page("POST", "/authority/act", what.dump()); }
  core::Response buy_once(const std::string& company, const std::string& item = "mcp-tshirt",
                          const json& able = json::object()) {
    return call(purchase(company, item), able);
  }
  core::Request buy_request(const std::string& company) {
    return request(purchase(company, "mcp-tshirt"), json::object());
  }
  core::Request act_request(const json& what) { return page_request("POST", "/authority/act", what.dump()); }
  bool placed(const std::string& company, const core::Response& answer) {
    if (answer.status != 200) return false;
    const json result = json::parse(answer.body).value("result", json::object());
    if (!result.contains("structuredContent") || result.value("isError", false)) return false;
    const std::string id = result["structuredContent"]["order"]["id"];
    const auto [known, added] = bought.emplace(company, id);
    CHECK(known->second == id);
    receipts.push_back(read_receipt(result.at("_meta").at("mcp.shop/receipt")));
    return true;
  }
  int64_t number(core::Statement statement, std::initializer_list<core::Value> parameters = {}) {
    return host.storage.real.query(statement, parameters).integer(0, 0);
  }

 private:
  void insist(const std::function<bool()>& attempt) {
    for (int tries = 1; tries <= 6; ++tries) {
      bool acknowledged = false;
      try {
        acknowledged = attempt();
      } catch (const PowerCut&) {
      } catch (const Trapped&) {
      }
      if (host.chances.happened && !std::exchange(looked_, true)) check();
      if (acknowledged) return;
      host.pass(core::seconds(1));
    }
    FAIL("it never succeeds");
  }

  static json purchase(const std::string& company, const std::string& item) {
    return {{"name", "buyMcpShopItem"},
            {"arguments",
             {{"company", company},
              {"idempotencyKey", company},
              {"item", item},
              {"mailingAddress", "1 Road"},
              {"tshirtSize", "M"}}}};
  }
  core::Request request(json params, const json& able) {
    params["_meta"] = ModernClient::meta();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = able;
    HeaderList headers = ModernClient::headers("tools/call", "buyMcpShopItem");
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("Accept", "application/json, text/event-stream");
    headers.emplace_back("Authorization", "Bearer " + host.user + ":" + grant + ":secret-of-" + grant);
    core::Request asked = make_request("POST", headers, request_json(++requests_, "tools/call", params));
    asked.url = std::string(kOrigin) + "/mcp";
    return asked;
  }
  core::Response call(const json& params, const json& able) { return host.ask(request(params, able)); }
  core::Request page_request(const char* method, const std::string& path, const std::string& body = "") {
    core::Request asked = make_request(method, {{"Cookie", cookie_}, {"X-CSRF", csrf_}}, body);
    asked.url = std::string(kOrigin) + path;
    return asked;
  }
  core::Response page(const char* method, const std::string& path, const std::string& body = "") {
    return host.ask(page_request(method, path, body));
  }
  void approve(const core::Response& asked) {
    constexpr std::string_view kPath = "/authority/approvals/";
    const size_t at = asked.body.find(kPath);
    if (asked.status != 200 || at == std::string::npos) return;
    const std::string id = asked.body.substr(at + kPath.size(), 22);
    // 409: they have answered already.
    insist([&] {
      const int status = act({{"do", "approve"}, {"id", id}}).status;
      if (status == 403) sign_in();  // theirs was more than ten minutes ago
      return status == 200 || status == 409;
    });
  }
  bool stands_still() {
    const core::Response answer = buy_once("paused");
    return answer.status == 200 && contains(answer.body, "\"isError\":true");
  }
  size_t questions() {
    size_t asked = 0;
    for (const auto& [key, body] : host.posted) asked += key.first == "https://notify.example/hook" ? 1 : 0;
    return asked;
  }

  /// The chain from its first entry on: each with its hash, its number and the hash of the one before it.
  std::vector<json> check_chain() {
    std::vector<json> entries;
    hashes_.clear();
    std::string before;
    for (const authority::Row& row : authority::entries_after(host.storage.real, 0, 10'000)) {
      const json entry = json::parse(row.entry);
      CHECK(core::base64url(host.crypto.sha256(row.entry)) == row.hash);
      CHECK(entry.at("prev") == before);
      CHECK(entry.at("seq") == static_cast<int64_t>(entries.size()) + 1);
      before = row.hash;
      hashes_.push_back(row.hash);
      entries.push_back(entry);
    }
    return entries;
  }
  std::string cookie_, csrf_;
  std::vector<std::string> hashes_;
  int requests_ = 0;
  bool looked_ = false;
};

}  // namespace testing
