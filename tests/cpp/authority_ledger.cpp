// The ledger beside a plain sum, and how little of it is looked at.
#include "authority/ledger.h"

#include "authority_support.h"

using namespace testing;
using authority::Ledger;
using authority::UsedSince;

namespace {

class CountingStorage final : public core::Storage {
 public:
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override {
    ++queries;
    return real.query(statement, parameters);
  }
  NativeStorage real;
  int queries = 0;
};

struct Past {
  int deputy;
  std::string measure;
  int64_t amount, at;
};

/// The same, the long way. `deputy`: of all where it is negative.
UsedSince sum(const std::vector<Past>& all, int deputy, std::string_view measure, int64_t since) {
  UsedSince used;
  for (const Past& past : all) {
    if ((deputy >= 0 && past.deputy != deputy) || past.measure != measure || past.at < since) continue;
    used.amount += past.amount;
    if (!used.first) used.first = core::Instant{past.at};
  }
  return used;
}

}  // namespace

TEST_CASE("Ledger: what was used since any moment is the sum of it, of one deputy and of all") {
  NativeStorage storage;
  authority::create_ledger_schema(storage);
  NativeCrypto crypto;
  core::Entropy entropy(crypto, crypto.sha256("ledger"));
  const auto random = [&](uint8_t below) { return static_cast<uint8_t>(entropy.bytes(1)[0]) % below; };
  std::vector<Past> all;
  std::vector<int64_t> heads(3);
  int64_t now = 1'000'000;
  for (int i = 0; i < 300; ++i) {
    now += random(3);
    const int deputy = random(3);
    const std::string measure = random(5) == 0 ? "EUR" : "orders";
    const int64_t amount = 1 + random(9);
    all.push_back({deputy, measure, amount, now});
    int64_t& head = heads[static_cast<size_t>(deputy)];
    head = Ledger(storage).append(head, {{measure, amount}, {"items", 0}}, core::Instant{now});
    if (i % 10 != 0) continue;
    for (const std::string_view of : {"EUR", "orders", "items"}) {
      const int64_t since = 1'000'000 + random(200) * (now - 1'000'000) / 199;
      Ledger ledger(storage);
      for (int one = -1; one < 3; ++one) {
        CAPTURE(i, one, of, since);
        const UsedSince used = one < 0
                                   ? ledger.used_by_all(of, core::Instant{since})
                                   : ledger.used(heads[static_cast<size_t>(one)], of, core::Instant{since});
        const UsedSince expected = sum(all, one, of, since);
        CHECK(used.amount == expected.amount);
        CHECK(used.first == expected.first);
      }
    }
  }
}

TEST_CASE("Ledger: of two thousand uses a few are looked at") {
  CountingStorage storage;
  authority::create_ledger_schema(storage);
  int64_t head = 0;
  for (int64_t i = 0; i < 2'000; ++i) {
    head = Ledger(storage).append(head, {{i == 1'800 ? "EUR" : "orders", 1}}, core::Instant{i});
  }
  for (const int64_t since : {0, 1, 999, 1'799, 1'999, 2'000}) {
    for (const std::string_view measure : {"EUR", "orders"}) {
      CAPTURE(since, measure);
      storage.forget();
      storage.queries = 0;
      Ledger(storage).used(head, measure, core::Instant{since});
      CHECK(storage.queries <= 60);
      storage.forget();
      storage.queries = 0;
      Ledger(storage).used_by_all(measure, core::Instant{since});
      CHECK(storage.queries <= 25);
    }
  }
  storage.forget();
  storage.queries = 0;
  Ledger(storage).append(head, {{"orders", 1}}, core::Instant{2'000});
  CHECK(storage.queries <= 6);
}

TEST_CASE("Ledger: totals may pass what an integer holds") {
  NativeStorage storage;
  authority::create_ledger_schema(storage);
  int64_t head = 0;
  for (int64_t i = 0; i < 1'100; ++i) {
    head = Ledger(storage).append(head, {{"EUR", authority::kMaxAmount}}, core::Instant{i});
  }
  CHECK(Ledger(storage).used(head, "EUR", core::Instant{1'099}).amount == authority::kMaxAmount);
  CHECK(Ledger(storage).used_by_all("EUR", core::Instant{1'098}).amount == 2 * authority::kMaxAmount);
}

TEST_CASE("Ledger: where the clock has gone back, what is used is as late as what was used last") {
  NativeStorage storage;
  authority::create_ledger_schema(storage);
  Ledger ledger(storage);
  const int64_t head = ledger.append(0, {{"orders", 1}}, core::Instant{1'000});
  const int64_t next = ledger.append(head, {{"orders", 1}}, core::Instant{10});
  CHECK(ledger.used(next, "orders", core::Instant{1'000}).amount == 2);
}

TEST_CASE("Usage: a grant that has used something itself takes over what another had besides") {
  Realm realm;
  for (const std::string id : {"g1", "g2", "g3"}) {
    realm.grant(id);
    realm.now = realm.now + core::seconds(1);
    REQUIRE(realm.buy(100, "a shirt", id).decision.outcome == Outcome::allow);
  }
  const auto orders_of = [&](std::string_view id) {
    return authority::used_of(realm.storage, id, {{"orders", 10, Period::week}}, realm.now).at(0);
  };
  authority::carry_over(realm.storage, "g1", "g3", realm.now);
  authority::carry_over(realm.storage, "g2", "g3", realm.now);
  CHECK(orders_of("g3").settled == 3);
  // The first of it is that of the first grant.
  CHECK(orders_of("g3").frees_at == core::Instant{1'790'000'001'000} + core::days(7) + core::milliseconds(1));
  CHECK(orders_of("g1").settled == 0);
  CHECK(orders_of("g2").settled == 0);
  realm.buy(100, "a shirt", "g3");
  CHECK(orders_of("g3").settled == 4);
  realm.grant("g4");
  authority::carry_over(realm.storage, "g3", "g4", realm.now);
  CHECK(orders_of("g4").settled == 4);
  CHECK(orders_of("g3").settled == 0);
}

TEST_CASE("Usage: the last use is found though the clock has gone back to an earlier hour") {
  Realm realm;
  realm.grant();
  realm.buy(100);
  realm.now = realm.now - core::hours(3);
  realm.buy(100);
  realm.buy(100);
  const auto used = authority::used_of(realm.storage, "g1", {{"orders", 10, Period::week}}, realm.now).at(0);
  CHECK(used.settled == 3);
}
