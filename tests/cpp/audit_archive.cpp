// The archive: the oldest entries leave the object, and nothing of the trail is lost on the way.
#include <algorithm>

#include "app_support.h"
#include "authority/archive.h"
#include "authority_support.h"
#include "core/outbox.h"
#include "identity/principal_id.h"
#include "shop/orders.h"

using namespace testing;
using authority::kEntriesOfPart;
using authority::kMostEntries;

namespace {

/// Entries of two grants in turn; every third has no arguments.
void write_entries(core::Context& step, const authority::Notary& notary, int64_t count,
                   std::string_view principal = "ada") {
  for (int64_t i = 0; i < count; ++i) {
    authority::Entry entry{
        .kind = "call",
        .actor = {std::string(principal), i % 2 == 0 ? "g1" : "g2", "c1", {}, "modern"},
        .subject = {"tools/call", "buy"},
        .arguments =
            i % 3 == 0 ? "" : R"({"address":"1 \"Main\" Road\nTown","n":)" + std::to_string(i) + "}"};
    authority::append(step, notary, entry);
  }
}

/// The number of the first line that does not hold; 0 where all do.
int64_t broken_at(core::Crypto& crypto, const std::string& lines) {
  std::string prev;
  int64_t seq = 0;
  for (const std::string_view text : core::split(lines, '\n')) {
    const json line = json::parse(text);
    const json entry = json::parse(line.at("entry").get<std::string>());
    const auto digest = [&](const std::string& of) { return core::base64url(crypto.sha256(of)); };
    const auto member = [&](const char* name) { return line.at(name).get<std::string>(); };
    const bool argued =
        !line.contains("arguments") || digest(member("salt") + member("arguments")) == entry.at("arguments");
    if (entry.at("seq") != ++seq || digest(member("entry")) != member("hash") || !argued ||
        entry.at("prev") != prev) {
      return seq;
    }
    prev = member("hash");
  }
  return 0;
}

int64_t count_of(const std::string& text, std::string_view part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// A trail with an archive that is a map.
struct LongTrail : Realm {
  explicit LongTrail(int64_t entries = kMostEntries + 1) { write(entries); }
  void write(int64_t entries) {
    step([&](core::Context& context) { write_entries(context, notary, entries); });
  }
  std::optional<authority::LeavingPart> begin() {
    return step([&](core::Context& context) { return authority::begin_part(context, "ada"); });
  }
  void store(const authority::LeavingPart& part) {
    for (const authority::ArchiveText& text : part.texts) archive[text.key] = text.value;
    const auto keys =
        step([&](core::Context& context) { return authority::part_written(context, "ada", part.first); });
    for (const std::string& key : keys) archive.erase(key);
  }
  void fail(const authority::LeavingPart& part) {
    step([&](core::Context& context) { authority::part_failed(context, part.first); });
  }
  authority::ErasedArguments erase(std::string_view grant) {
    const authority::ErasedArguments erased = authority::erase_archived(storage, "ada", grant);
    for (const std::string& key : erased.keys) archive.erase(key);
    return erased;
  }
  /// All parts of an export, as the page asks for them.
  std::string exported() {
    std::string lines;
    int64_t after = 0;
    while (const auto part = authority::part_after(storage, "ada", after)) {
      std::vector<std::string_view> arguments;
      for (size_t i = 1; i < part->keys.size(); ++i) arguments.push_back(archive.at(part->keys[i]));
      const auto text = authority::part_lines(*part, archive.at(part->keys[0]), arguments, after);
      REQUIRE(text);
      lines += *text;
      after = part->last;
    }
    for (const authority::Row& row : authority::entries_after(storage, after, 10'000)) {
      lines += authority::export_line(row);
    }
    return lines;
  }
  int64_t entries_in_object() { return authority::count_entries(storage); }
  std::map<std::string, std::string> archive;
};

}  // namespace

TEST_CASE("Archive: a trail of the usual length stays where it is") {
  LongTrail trail(kMostEntries);
  CHECK_FALSE(trail.begin());
  CHECK_FALSE(trail.alarm);
  trail.write(1);
  CHECK(trail.alarm == trail.now);
}

TEST_CASE("Archive: the oldest entries go, the chain apart from the arguments of each grant") {
  LongTrail trail;
  const std::string before = trail.exported();
  const auto part = trail.begin();
  REQUIRE(part);
  REQUIRE(part->texts.size() == 3);
  CHECK(part->texts[0].key == "audit:ada:1-1000");
  CHECK(part->texts[1].key == "audit-arguments:ada:1-1000:g1");
  CHECK(part->texts[2].key == "audit-arguments:ada:1-1000:g2");
  CHECK(count_of(part->texts[0].value, "\n") == kEntriesOfPart);
  CHECK(count_of(part->texts[0].value, "Main") == 0);
  CHECK(count_of(part->texts[0].value, "salt") == 0);
  CHECK(count_of(part->texts[1].value, "\n") + count_of(part->texts[2].value, "\n") == 666);
  CHECK(trail.entries_in_object() == kMostEntries + 1);

  trail.store(*part);
  CHECK(trail.entries_in_object() == kMostEntries + 1 - kEntriesOfPart);
  CHECK(trail.exported() == before);
  trail.write(1);
  CHECK(broken_at(trail.crypto, trail.exported()) == 0);
  CHECK(count_of(trail.exported(), "\n") == kMostEntries + 2);
  CHECK_FALSE(trail.begin());
}

TEST_CASE("Archive: the chain holds over many parts, and from the middle of one") {
  LongTrail trail(2 * kMostEntries + 1);
  while (const auto part = trail.begin()) trail.store(*part);
  CHECK(trail.entries_in_object() <= kMostEntries);
  CHECK(broken_at(trail.crypto, trail.exported()) == 0);
  CHECK(count_of(trail.exported(), "\n") == 2 * kMostEntries + 1);
  CHECK(authority::head(trail.storage).seq == 2 * kMostEntries + 1);

  const auto part = authority::part_after(trail.storage, "ada", 1500);
  REQUIRE(part);
  CHECK(part->first == 1001);
  const auto lines = authority::part_lines(*part, trail.archive.at(part->keys[0]), {}, 1500);
  REQUIRE(lines);
  CHECK(count_of(*lines, "\n") == 500);
  CHECK(json::parse(json::parse(lines->substr(0, lines->find('\n'))).at("entry").get<std::string>())
            .at("seq") == 1501);
}

TEST_CASE("Archive: a try that is cut off is made again, with the same keys and values") {
  LongTrail trail;
  const auto first = trail.begin();
  REQUIRE(first);
  trail.write(5);
  CHECK(trail.alarm == trail.now + authority::kArchiveTry);
  CHECK_FALSE(trail.begin());
  trail.now = trail.now + authority::kArchiveTry;
  const auto second = trail.begin();
  REQUIRE(second);
  REQUIRE(second->texts.size() == first->texts.size());
  for (size_t i = 0; i < first->texts.size(); ++i) {
    CHECK(second->texts[i].key == first->texts[i].key);
    CHECK(second->texts[i].value == first->texts[i].value);
  }
  // Both tries may come to their end.
  trail.store(*first);
  const std::string exported = trail.exported();
  trail.store(*second);
  CHECK(trail.exported() == exported);
}

TEST_CASE("Archive: a try that failed is made again, after growing pauses, and nothing leaves before") {
  LongTrail trail;
  for (const core::Duration pause : {core::seconds(1), core::seconds(2), core::seconds(4)}) {
    const auto part = trail.begin();
    REQUIRE(part);
    trail.fail(*part);
    CHECK(trail.alarm == trail.now + pause);
    CHECK(trail.entries_in_object() == kMostEntries + 1);
    CHECK_FALSE(authority::part_after(trail.storage, "ada", 0));
    CHECK_FALSE(trail.begin());
    trail.now = trail.now + pause;
  }
}

TEST_CASE("Archive: a part is no longer than a value can be") {
  LongTrail trail(kMostEntries);
  for (int i = 0; i < 2; ++i) {
    trail.step([&](core::Context& context) {
      authority::append(context, trail.notary,
                        {.kind = "bounds",
                         .actor = {"ada", {}, {}, {}, "page"},
                         .details = '"' + std::string(authority::kBytesOfPart, 'x') + '"'});
    });
  }
  int parts = 0;
  while (const auto part = trail.begin()) {
    trail.store(*part);
    ++parts;
  }
  CHECK(parts == 1);
  trail.write(2 * kMostEntries);
  while (const auto part = trail.begin()) {
    trail.store(*part);
    ++parts;
  }
  // An entry that is too long for any part is one of its own.
  CHECK(trail.archive.contains("audit:ada:2001-2001"));
  CHECK(trail.archive.contains("audit:ada:2002-2002"));
  CHECK(broken_at(trail.crypto, trail.exported()) == 0);

  LongTrail crowded(0);
  crowded.step([&](core::Context& context) {
    for (int i = 0; i <= kMostEntries; ++i) {
      authority::append(
          context, crowded.notary,
          {.kind = "call", .actor = {"ada", "g" + std::to_string(i), "c", {}, "modern"}, .arguments = "{}"});
    }
  });
  CHECK(crowded.begin()->texts.size() == 1 + authority::kGrantsOfPart);
}

TEST_CASE("Archive: a chain that is not what was written is not passed on") {
  LongTrail trail;
  trail.store(*trail.begin());
  const auto part = authority::part_after(trail.storage, "ada", 0);
  const std::string& chain = trail.archive.at(part->keys[0]);
  CHECK(authority::part_lines(*part, chain, {}, 0));
  CHECK_FALSE(authority::part_lines(*part, "", {}, 0));
  CHECK_FALSE(authority::part_lines(*part, chain.substr(chain.find('\n') + 1), {}, 0));
  CHECK_FALSE(authority::part_lines(*part, chain + chain, {}, 0));
  std::string changed = chain;
  changed[changed.size() - 5] ^= 1;
  CHECK_FALSE(authority::part_lines(*part, changed, {}, 0));
  CHECK(authority::part_lines(*part, chain, {"no json\n"}, 0));
}

TEST_CASE("Archive: arguments there are erased for one grant or for all, and the chain holds") {
  LongTrail trail;
  trail.store(*trail.begin());
  const int64_t all = count_of(trail.exported(), "\"salt\"");
  const authority::ErasedArguments one = trail.erase("g1");
  CHECK(one.keys == std::vector<std::string>{"audit-arguments:ada:1-1000:g1"});
  CHECK(one.entries == 333);
  CHECK(count_of(trail.exported(), "\"salt\"") == all - 333);
  CHECK(trail.erase("g1").keys.empty());
  const authority::ErasedArguments rest = trail.erase("");
  CHECK(rest.keys == std::vector<std::string>{"audit-arguments:ada:1-1000:g2"});
  CHECK(trail.erase("").entries == 0);
  CHECK(trail.archive.size() == 1);
  CHECK(broken_at(trail.crypto, trail.exported()) == 0);
}

TEST_CASE("Archive: what is erased while its part is on the way is deleted after it has arrived") {
  LongTrail trail;
  const auto part = trail.begin();
  CHECK(authority::erase_arguments(trail.storage, "g1") > 600);
  const authority::ErasedArguments erased = trail.erase("g1");
  CHECK(erased.keys.size() == 1);
  CHECK(erased.entries == 0);  // they were counted in the object
  trail.store(*part);
  CHECK_FALSE(trail.archive.contains("audit-arguments:ada:1-1000:g1"));
  CHECK(trail.archive.contains("audit-arguments:ada:1-1000:g2"));
  CHECK(authority::part_after(trail.storage, "ada", 0)->keys.size() == 2);
  CHECK(broken_at(trail.crypto, trail.exported()) == 0);
}

TEST_CASE("Archive: erasing takes out what the human was asked, but what still waits") {
  Realm realm;
  realm.grant();
  realm.buy(2001);
  const auto what = [&] {
    return authority::list_approvals(realm.storage, 1, realm.now).at(0).question.what.size();
  };
  CHECK(authority::erase_arguments(realm.storage, "") == 1);
  CHECK(what() == 1);
  const std::string id = authority::list_approvals(realm.storage, 1, realm.now).at(0).id;
  realm.step([&](core::Context& context) { authority::answer(context, id, authority::Verdict::refuse); });
  authority::erase_arguments(realm.storage, "other");
  CHECK(what() == 1);
  authority::erase_arguments(realm.storage, "g1");
  CHECK(what() == 0);
}

// ---- In the application ----

namespace {

/// Ada's object with a long trail, and her page.
struct Person : AppHost {
  explicit Person(int64_t entries = kMostEntries + 1, const json& variables = shop_variables())
      : AppHost(variables) {
    principal = identity::principal_name(crypto, "workos", "user_1");
    storage.query("INSERT INTO settings (name, value) VALUES ('principal', ?)", {principal});
    core::Entropy entropy(crypto, "seed");
    core::Context step{now, entropy, crypto, &storage};
    write_entries(
        step, {std::string(kOrigin), "wasm", std::make_shared<core::Signer>(crypto, std::string(32, 'k'))},
        entries, principal);
    const std::string secret = identity::open_page_session(
        {{"user_1", "ada@example.com", "Ada"}, "session_1", {}, identity::Impersonation::none}, {}, step);
    cookie = "__Host-authority=" + identity::user_id(keys(), principal) + "." + secret;
    csrf = std::string(storage.query("SELECT csrf FROM page_sessions").text(0, 0));
  }
  core::Outcome ask(const char* method, std::string path, std::string body = "") {
    core::Request request = make_request(method, {{"Cookie", cookie}, {"X-CSRF", csrf}}, body);
    request.url = std::string(kOrigin) + path;
    request.body_state = core::BodyState::complete;
    return in_object(core::PrincipalRequest{request});
  }
  core::Outcome act(const json& what) { return ask("POST", "/authority/act", what.dump()); }
  int64_t entries_in_object() { return authority::count_entries(storage); }
  /// Performs the effects on the archive, and gives what comes after.
  core::Outcome perform(const core::Outcome& outcome) {
    std::vector<core::EffectResult> results;
    for (const core::Effect& effect : await_of(outcome).effects) {
      if (const core::PutCopy* put = std::get_if<core::PutCopy>(&effect)) {
        CHECK(put->binding == "AUDIT");
        CHECK(put->ttl_seconds == 0);
        archive[put->key] = put->value;
        results.push_back(succeeded());
      } else if (const core::GetCopy* get = std::get_if<core::GetCopy>(&effect)) {
        const auto found = archive.find(get->key);
        results.push_back(found == archive.end()
                              ? core::EffectResult{core::EffectResult::Status::failed, 404, {}}
                              : succeeded(found->second));
      } else {
        const core::DeleteCopy& deletion = std::get<core::DeleteCopy>(effect);
        archive.erase(deletion.key);
        results.push_back(succeeded());
      }
    }
    return resume_in_object(await_of(outcome), std::move(results));
  }
  json last_entry() {
    return json::parse(authority::entries_before(storage, int64_t{1} << 53, "", "", 1).at(0).entry);
  }
  std::string principal, cookie, csrf;
  std::map<std::string, std::string> archive;
};

}  // namespace

TEST_CASE("Archive: the alarm writes the part, then drops its entries, then delivers what is in the outbox") {
  Person ada;
  {
    core::Entropy entropy(ada.crypto, "more");
    core::Context step{ada.now, entropy, ada.crypto, &ada.storage};
    core::enqueue(step, core::OutgoingDelete{"ORDERS", "key"}, ada.now + core::days(1));
  }
  ada.now = ada.now + core::kBatchDelay;
  const core::Outcome writing = ada.in_object(core::Alarm{});
  CHECK(await_of(writing).effects.size() == 3);
  CHECK(ada.entries_in_object() == kMostEntries + 1);
  const core::Outcome delivering = ada.perform(writing);
  CHECK(ada.entries_in_object() == kMostEntries + 1 - kEntriesOfPart);
  CHECK(effect_of<core::DeleteCopy>(delivering).binding == "ORDERS");
  CHECK(ada.archive.contains("audit:" + ada.principal + ":1-1000"));
}

TEST_CASE("Archive: one write of several that fails keeps all of the part in the object") {
  Person ada;
  const core::Outcome writing = ada.in_object(core::Alarm{});
  ada.resume_in_object(await_of(writing), {succeeded(), failed(), succeeded()});
  CHECK(ada.entries_in_object() == kMostEntries + 1);
  CHECK(ada.alarm == ada.now + core::seconds(1));
  CHECK(std::holds_alternative<core::Reply>(ada.in_object(core::Alarm{})));
  ada.now = ada.now + core::seconds(1);
  ada.perform(ada.in_object(core::Alarm{}));
  CHECK(ada.entries_in_object() == kMostEntries + 1 - kEntriesOfPart);
}

TEST_CASE("Archive: an object that wakes goes on with what was not written") {
  Person ada;
  ada.in_object(core::Alarm{});
  ada.in_object(core::Wake{});
  CHECK(ada.alarm == ada.now + authority::kArchiveTry);
}

TEST_CASE("Archive: the export begins in the archive and ends in the object") {
  Person ada;
  ada.perform(ada.in_object(core::Alarm{}));
  std::string all;
  std::string after = "0";
  int parts = 0;
  while (!after.empty()) {
    core::Outcome outcome = ada.ask("GET", "/authority/export?after=" + after);
    if (std::holds_alternative<core::Await>(outcome)) outcome = ada.perform(outcome);
    const core::Response& response = response_of(outcome);
    REQUIRE(response.status == 200);
    CHECK(contains(*response.headers.get("Content-Type"), "application/x-ndjson"));
    all += response.body;
    after = response.headers.get("X-Next-After").value_or("");
    ++parts;
  }
  CHECK(parts == 3);
  const size_t first_line = all.find('\n') + 1;
  CHECK(json::parse(all.substr(0, first_line)).at("principal") == ada.principal);
  CHECK(broken_at(ada.crypto, all.substr(first_line)) == 0);
  CHECK(count_of(all, "\n") == 1 + kMostEntries + 1);
  CHECK(count_of(all, "\"salt\"") == 1334);
}

TEST_CASE("Archive: an export that cannot be whole says so") {
  Person ada;
  ada.perform(ada.in_object(core::Alarm{}));
  const core::Outcome asking = ada.ask("GET", "/authority/export?after=0");
  const auto with = [&](std::vector<core::EffectResult> results) {
    return response_of(ada.resume_in_object(await_of(asking), std::move(results))).status;
  };
  const core::EffectResult chain = succeeded(ada.archive["audit:" + ada.principal + ":1-1000"]);
  const core::EffectResult missing{core::EffectResult::Status::failed, 404, {}};
  CHECK(with({missing, missing, missing}) == 503);
  CHECK(with({chain, failed(), missing}) == 503);
  CHECK(with({succeeded("something else"), missing, missing}) == 500);
  CHECK(with({chain, missing, missing}) == 200);
}

TEST_CASE("Archive: what is erased while an export reads it is not in the export") {
  Person ada;
  ada.perform(ada.in_object(core::Alarm{}));
  const core::Outcome asking = ada.ask("GET", "/authority/export?after=0");
  ada.act({{"do", "erase"}});
  CHECK(count_of(body_of(ada.perform(asking)), "\"salt\"") == 0);
}

TEST_CASE("Archive: the page says that there is more than it shows") {
  Person ada;
  const auto page = [&](const std::string& query) {
    return json::parse(body_of(ada.ask("GET", "/authority/audit" + query)));
  };
  CHECK(page("?before=2").at("archived") == false);
  ada.perform(ada.in_object(core::Alarm{}));
  CHECK(page("").at("archived") == false);
  CHECK(page("").at("more") == true);
  CHECK(page("?before=1010&limit=10").at("entries").size() == 9);
  CHECK(page("?before=1010&limit=10").at("archived") == true);
  CHECK(page("?before=1010&limit=10").at("more") == false);
}

TEST_CASE("Erasing everything reaches the object, the archive and the orders, and is told of in the trail") {
  Person ada;
  ada.perform(ada.in_object(core::Alarm{}));
  {
    core::Entropy entropy(ada.crypto, "buys");
    core::Context step{ada.now, entropy, ada.crypto, &ada.storage};
    shop::place_order(step, {"user_1", "ada@example.com"}, {"Acme", "1 Road", "M"});
  }
  CHECK(response_of(ada.act({{"do", "erase"}})).status == 200);
  const json entry = ada.last_entry();
  CHECK(entry.at("kind") == "erasure");
  CHECK(entry.at("details") == json{{"arguments", 1334}, {"records", 1}});
  const json shown = json::parse(body_of(ada.ask("GET", "/authority/audit?limit=1")));
  CHECK(shown.at("entries").at(0).at("text") ==
        "The details of 1334 entries were erased, and those of 1 record.");
  ada.now = ada.now + core::kBatchDelay;
  core::Outcome leaving = ada.in_object(core::Alarm{});
  std::set<std::string> deleted;
  for (int i = 0; i < 3 && std::holds_alternative<core::Await>(leaving); ++i) {
    std::vector<core::EffectResult> results;
    for (const core::Effect& effect : await_of(leaving).effects) {
      if (const auto* deletion = std::get_if<core::DeleteCopy>(&effect)) deleted.insert(deletion->key);
      results.push_back(succeeded());
    }
    ada.resume_in_object(await_of(leaving), results);
    leaving = ada.in_object(core::Alarm{});
  }
  CHECK(deleted.size() == 3);
  CHECK(deleted.contains("audit-arguments:" + ada.principal + ":1-1000:g1"));
  CHECK(std::any_of(deleted.begin(), deleted.end(),
                    [](const std::string& key) { return key.starts_with("order:user_1:"); }));
}
