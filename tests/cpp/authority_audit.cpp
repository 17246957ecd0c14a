// The audit trail: a chain that is written with what it tells of, and still holds when arguments are gone.

#include "authority/audit.h"

#include "authority/replay.h"
#include "authority/revocation.h"
#include "authority_support.h"

using namespace testing;
using authority::Row;

namespace {

/// The number of the first entry that does not hold; 0 where all do.
int64_t broken_at(Realm& realm, const std::vector<Row>& rows) {
  std::string prev;
  int64_t seq = 0;
  for (const Row& row : rows) {
    const json entry = json::parse(row.entry);
    core::JsonGate gate;
    const bool canonical = core::canonical_json(gate.parse(row.entry).root) == row.entry;
    const bool hashed = core::base64url(realm.crypto.sha256(row.entry)) == row.hash;
    const bool replayed = !entry.contains("input") ||
                          authority::replay(entry.at("input").dump()) == entry.at("decision").dump();
    const bool argued = !row.arguments || core::base64url(realm.crypto.sha256(*row.salt + *row.arguments)) ==
                                              entry.at("arguments");
    if (!canonical || !hashed || !replayed || !argued || entry.at("seq") != ++seq || entry.at("prev") != prev)
      return row.seq;
    prev = row.hash;
  }
  return 0;
}

std::vector<Row> rows(Realm& realm) {
  return authority::entries_after(realm.storage, 0, 10'000);
}

}  // namespace

TEST_CASE("Audit: every use has its entry, and the chain holds") {
  Realm realm;
  realm.grant();
  realm.look();
  realm.buy(100);
  realm.buy(2001);
  realm.buy(6000);
  const std::vector<json> entries = realm.entries();
  REQUIRE(entries.size() == 4);
  CHECK(broken_at(realm, rows(realm)) == 0);
  const json& bought = entries[1];
  CHECK(bought.at("principal") == "ada");
  CHECK(bought.at("grant") == "g1");
  CHECK(bought.at("client") == "c1");
  CHECK(bought.at("era") == "modern");
  CHECK(bought.at("method") == "tools/call");
  CHECK(bought.at("name") == "buy");
  CHECK(bought.at("result") == "done");
  CHECK(bought.at("wasm") == "abc123");
  CHECK(bought.at("decision").at("reason") == "allowed");
  CHECK(bought.at("input").at("terms").at("bounds").at("ask_above")[0].at("amount") == 2000);
  CHECK(entries[2].at("result") == "asked");
  CHECK(entries[3].at("result") == "denied");
  CHECK(entries[3].at("decision").at("reason") == "over_limit");
}

TEST_CASE("Audit: a change of any entry breaks the chain there") {
  Realm realm;
  realm.grant();
  for (int i = 0; i < 5; ++i) realm.buy(100);
  std::vector<Row> changed = rows(realm);
  changed[2].entry.replace(changed[2].entry.find("\"done\""), 6, "\"gone\"");
  CHECK(broken_at(realm, changed) == 3);
  changed[2].hash = core::base64url(realm.crypto.sha256(changed[2].entry));
  CHECK(broken_at(realm, changed) == 4);
  changed = rows(realm);
  changed.erase(changed.begin() + 1);
  CHECK(broken_at(realm, changed) == 3);
}

TEST_CASE("Audit: many refusals of one kind within a minute are one entry, and one that counts them") {
  Realm realm;
  realm.grant();
  const auto first = realm.buy(6000);
  for (int i = 0; i < 30; ++i) CHECK(realm.buy(6000).link.seq == first.link.seq);
  CHECK(realm.entries().size() == 1);
  // Of another kind: an entry of its own.
  authority::pause(realm.storage, "g1", authority::kHumanPause, realm.now);
  realm.buy(6000);
  CHECK(realm.entries().size() == 2);
  realm.now = realm.now + authority::kDenialsTogether;
  realm.step([&](core::Context& context) { authority::sweep_denials(context, realm.notary, "ada"); });
  const std::vector<json> entries = realm.entries();
  REQUIRE(entries.size() == 3);
  CHECK(entries[2].at("kind") == "denials");
  CHECK(entries[2].at("refers") == first.link.seq);
  CHECK(entries[2].at("details") == json{{"more", 30}, {"reason", "over_limit"}});
  CHECK(broken_at(realm, rows(realm)) == 0);
}

TEST_CASE("Audit: arguments can be erased, and the chain still holds") {
  Realm realm;
  realm.grant();
  realm.buy(100);
  realm.grant("g2", usual_terms(), "c2");
  realm.buy(100, "a shirt", "g2");
  CHECK(rows(realm)[0].arguments == R"({"size":"M"})");
  authority::erase_arguments(realm.storage, "g1");
  CHECK_FALSE(rows(realm)[0].arguments);
  CHECK_FALSE(rows(realm)[0].salt);
  CHECK(rows(realm)[1].arguments);
  authority::erase_arguments(realm.storage, "");
  CHECK_FALSE(rows(realm)[1].arguments);
  CHECK(broken_at(realm, rows(realm)) == 0);
  CHECK(authority::export_line(rows(realm)[0]).find("salt") == std::string::npos);
}

TEST_CASE("Audit: arguments that are private, or very long, are there as a digest alone") {
  Realm realm;
  realm.grant();
  const auto append = [&](size_t size, authority::Entry::Arguments keep) {
    realm.step([&](core::Context& context) {
      authority::append(context, realm.notary,
                        {.kind = "call",
                         .actor = {"ada", "g1", "c1", {}, "modern"},
                         .arguments = std::string(size, 'x'),
                         .keep = keep});
    });
    return rows(realm).back();
  };
  using Keep = authority::Entry::Arguments;
  CHECK(append(authority::kMaxKeptArguments, Keep::kept).arguments);
  for (const Row& row :
       {append(authority::kMaxKeptArguments + 1, Keep::kept), append(1, Keep::digest_only)}) {
    CHECK_FALSE(row.arguments);
    CHECK(json::parse(row.entry).at("arguments").get<std::string>().size() == 43);
  }
}

TEST_CASE("Audit: what has gone to the archive is where the trail begins") {
  Realm realm;
  realm.grant();
  for (int i = 0; i < 5; ++i) realm.look();
  const std::vector<Row> all = rows(realm);
  authority::drop_entries(realm.storage, 3);
  CHECK(authority::count_entries(realm.storage) == 2);
  realm.look();
  CHECK(rows(realm).size() == 3);
  CHECK(json::parse(rows(realm)[2].entry).at("prev") == all[4].hash);
  authority::drop_entries(realm.storage, 6);
  CHECK(rows(realm).empty());
  CHECK(authority::head(realm.storage).seq == 6);
  realm.look();
  CHECK(realm.entries()[0].at("seq") == 7);
}

TEST_CASE("Audit: receipts and heads name the entry, its hash, and who signed") {
  Realm realm;
  realm.grant();
  const authority::Link link = realm.buy(100).link;
  const auto payload = [](const std::string& jws) {
    const size_t from = jws.find('.') + 1;
    return json::parse(*core::base64url_decode(jws.substr(from, jws.rfind('.') - from)));
  };
  const json receipt = payload(realm.step([&](core::Context& context) {
    return authority::receipt(context, realm.notary, {"ada", "g1", {}, {}, {}}, link);
  }));
  CHECK(receipt == json{{"at", realm.now.milliseconds},
                        {"grant", "g1"},
                        {"hash", link.hash},
                        {"iss", "https://shop.example"},
                        {"principal", "ada"},
                        {"seq", link.seq}});
  const json head = payload(realm.step(
      [&](core::Context& context) { return authority::signed_head(context, realm.notary, "ada"); }));
  CHECK(head.at("seq") == 1);
  CHECK(head.at("hash") == link.hash);
}

TEST_CASE("Audit: the activity of a deputy, by the day") {
  Realm realm;
  realm.grant();
  const core::Instant from{realm.now.milliseconds / 86'400'000 * 86'400'000};
  realm.look();
  realm.buy(100);
  realm.buy(6000);
  realm.now = realm.now + core::days(1);
  realm.look();
  const authority::Activity activity = authority::activity_of(realm.storage, "g1", from, core::days(1), 3);
  CHECK(activity.calls == std::vector<int64_t>{2, 1, 0});
  CHECK(activity.effects == std::vector<int64_t>{1, 0, 0});
  CHECK(activity.denials == std::vector<int64_t>{1, 0, 0});
  CHECK(authority::last_used(realm.storage, "g1") == realm.now);
}
