// The authority without any application: one principal's storage, and steps that do something in it.
#pragma once

#include "authority/pauses.h"
#include "authority/schema.h"
#include "authority/sentence.h"
#include "authority/usage.h"
#include "authority/use.h"
#include "core/canonical_json.h"
#include "support.h"

namespace testing {

inline const std::vector<authority::Measure> kMeasures = {
    {.name = authority::kCalls, .one = "call", .many = "calls"},
    {.name = "orders", .one = "order", .many = "orders"},
    {.name = "items", .one = "item", .many = "items"},
    {.name = "EUR", .unit = authority::Measure::Unit::money, .one = "EUR", .many = "EUR", .digits = 2},
};

using authority::Limit;
using authority::Outcome;
using authority::Period;
using authority::Reason;

/// May look and buy; 60 calls a minute, 10 orders and 50.00 EUR in any 7 days, asks above 20.00 EUR.
inline authority::Terms usual_terms() {
  authority::Terms terms;
  terms.scopes = {"read", "buy"};
  terms.requested_scopes = {"read", "buy", "admin"};
  terms.bounds.limits = {
      {"calls", 60, Period::minute}, {"orders", 10, Period::week}, {"EUR", 5000, Period::week}};
  terms.bounds.ask_above = {{"EUR", 2000}};
  return terms;
}

class Realm {
 public:
  Realm() {
    storage.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
    authority::migrate(storage, 0);
  }

  /// One step of the object.
  template <typename Work>
  auto step(Work work) {
    core::Entropy entropy(crypto, crypto.sha256(std::to_string(++steps_)));
    core::Context context{now, entropy, crypto, &storage};
    if constexpr (std::is_void_v<decltype(work(context))>) {
      work(context);
      log = context.log;
      alarm = context.alarm;
    } else {
      auto result = work(context);
      log = context.log;
      alarm = context.alarm;
      return result;
    }
  }

  void grant(std::string id = "g1", authority::Terms terms = usual_terms(), std::string client = "c1") {
    authority::Grant made;
    made.id = std::move(id);
    made.principal = "ada";
    made.client_id = std::move(client);
    made.terms = std::move(terms);
    made.created_at = now;
    authority::add_grant(storage, made);
  }
  authority::Grant found(std::string_view id = "g1") { return *authority::find_grant(storage, id); }

  /// Lets something be bought, all in one step: what came of it.
  struct Bought {
    authority::Decision decision;
    std::optional<authority::Asked> asked;
    authority::Link link;
  };
  Bought buy(int64_t cents, std::string what = "a shirt", std::string_view grant_id = "g1") {
    return step([&](core::Context& context) {
      const authority::Grant grant = found(grant_id);
      authority::Desk desk(context, notary, grant, {"ada", grant.id, grant.client_id, {}, "modern"});
      authority::Use use;
      const authority::Decision admitted = desk.admit(use, kBuy, action(), R"({"size":"M"})", kKept);
      if (admitted.outcome != Outcome::allow) return Bought{admitted, {}, *use.ended};
      const auto charged = desk.charge(use, action(), question(cents, what));
      const auto how = charged.decision.outcome == Outcome::allow ? authority::Desk::End::done
                                                                  : authority::Desk::End::failed;
      return Bought{charged.decision, charged.asked, desk.end(use, kBuy, how)};
    });
  }
  Reason look(std::string_view grant_id = "g1") {
    return step([&](core::Context& context) {
      const authority::Grant grant = found(grant_id);
      authority::Desk desk(context, notary, grant, {"ada", grant.id, grant.client_id, {}, "modern"});
      authority::Use use;
      const authority::Subject subject{"tools/call", "look"};
      const authority::Decision decision = desk.admit(use, subject, {"look", "read"}, "{}", kKept);
      desk.end(use, subject, authority::Desk::End::done);
      return decision.reason;
    });
  }

  static authority::Action action() { return {"buy", "buy"}; }
  static authority::Question question(int64_t cents, std::string what = "a shirt") {
    authority::Question question;
    question.tool = "buy";
    question.title = "Buy";
    question.what = {{"Item", std::move(what)}};
    question.costs = {{"orders", 1}, {"EUR", cents}};
    return question;
  }

  std::vector<json> entries() {
    std::vector<json> all;
    for (const authority::Row& row : authority::entries_after(storage, 0, 10'000))
      all.push_back(json::parse(row.entry));
    return all;
  }

  inline static const authority::Subject kBuy{"tools/call", "buy"};
  static constexpr auto kKept = authority::Entry::Arguments::kept;

  NativeCrypto crypto;
  NativeStorage storage;
  core::Instant now{1'790'000'000'000};
  authority::Notary notary{"https://shop.example", "abc123",
                           std::make_shared<core::Signer>(crypto, std::string(32, 'k'))};
  std::vector<std::string> log;
  std::optional<core::Instant> alarm;

 private:
  uint64_t steps_ = 0;
};

}  // namespace testing
