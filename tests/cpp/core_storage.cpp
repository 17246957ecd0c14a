// What an object's storage has answered is remembered until it may be another, and no longer.
#include "core/storage.h"

#include <array>

#include "core/due.h"
#include "story.h"

using namespace testing;

namespace {

constexpr std::array kAll = {core::Lookup("SELECT max(weight) FROM fruit"),
                             core::Lookup("SELECT min(name) FROM trees"),
                             core::Lookup("SELECT weight FROM fruit WHERE name = 'fig'")};

/// Counts what reaches SQLite.
class Watched final : public core::Storage {
 public:
  Watched() {
    query("CREATE TABLE fruit (name TEXT, weight INTEGER)");
    query("CREATE TABLE trees (name TEXT)");
    asked = 0;
  }
  int asked = 0;

  int64_t weight(std::string_view name) {
    const auto rows = look_up("SELECT weight FROM fruit WHERE name = ?", {name});
    return rows->empty() ? 0 : rows->integer(0, 0);
  }

 private:
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override {
    ++asked;
    return real_.query(statement, parameters);
  }
  NativeStorage real_;
};

}  // namespace

TEST_CASE("Storage: the same question is asked once") {
  Watched storage;
  storage.query("INSERT INTO fruit (name, weight) VALUES ('pear', 7)");
  storage.asked = 0;
  CHECK(storage.weight("pear") == 7);
  CHECK(storage.weight("pear") == 7);
  CHECK(storage.asked == 1);
  CHECK(storage.weight("fig") == 0);
  CHECK(storage.weight("fig") == 0);
  CHECK(storage.asked == 2);
}

TEST_CASE("Storage: whatever writes a table makes its answers unknown, and no others") {
  Watched storage;
  const auto see = [&](int64_t expected) { CHECK(storage.weight("pear") == expected); };
  see(0);
  storage.query("INSERT INTO fruit (name, weight) VALUES (?, 7)", {"pear"});
  see(7);
  storage.query("UPDATE fruit SET weight = weight + 1");
  see(8);
  storage.query("INSERT INTO trees (name) VALUES ('oak')");
  storage.query("DELETE FROM trees");
  storage.query("SELECT count(*) FROM fruit");
  storage.asked = 0;
  see(8);
  CHECK(storage.asked == 0);
  storage.query("DELETE FROM fruit");
  see(0);
  storage.query("CREATE TABLE more (name TEXT)");
  storage.asked = 0;
  see(0);
  CHECK(storage.asked == 1);
}

TEST_CASE("Storage: which table a statement writes is told by its text") {
  using core::table_written;
  CHECK(table_written("SELECT 1 FROM fruit").empty());
  CHECK(table_written("INSERT INTO fruit (name) VALUES (?)") == "fruit");
  CHECK(table_written("INSERT INTO fruit SELECT * FROM trees") == "fruit");
  CHECK(table_written("UPDATE fruit SET weight = 1") == "fruit");
  CHECK(table_written("DELETE FROM fruit") == "fruit");
  for (const std::string_view other :
       {"DROP TABLE fruit", "ALTER TABLE fruit RENAME TO trees", "WITH a AS (SELECT 1) DELETE FROM fruit",
        "REPLACE INTO fruit VALUES (1)", "INSERT OR REPLACE INTO fruit VALUES (1)", "PRAGMA x", ""}) {
    CHECK(table_written(other) == core::kAnyTable);
  }
}

TEST_CASE("Storage: whoever has written a row need not ask for it") {
  Watched storage;
  constexpr core::Lookup kHeaviest = "SELECT name, weight FROM fruit ORDER BY weight DESC LIMIT 1";
  storage.query("INSERT INTO fruit (name, weight) VALUES ('melon', 900)");
  storage.asked = 0;
  storage.remember(kHeaviest, {}, {"melon", int64_t{900}});
  const auto heaviest = storage.look_up(kHeaviest);
  CHECK(heaviest->size() == 1);
  CHECK(heaviest->text(0, 0) == "melon");
  CHECK(heaviest->integer(0, 1) == 900);
  CHECK(storage.asked == 0);
  storage.query("DELETE FROM fruit");
  CHECK(storage.look_up(kHeaviest)->empty());
  CHECK(heaviest->text(0, 0) == "melon");  // whoever has an answer keeps it
}

TEST_CASE("Storage: several questions are asked in one statement, and each is known then") {
  Watched storage;
  storage.query("INSERT INTO fruit (name, weight) VALUES ('pear', 7), ('plum', 3)");
  storage.query("INSERT INTO trees (name) VALUES ('oak'), ('ash')");
  storage.asked = 0;
  storage.look_up_together<kAll>();
  CHECK(storage.asked == 1);
  CHECK(storage.look_up(kAll[0])->integer(0, 0) == 7);
  CHECK(storage.look_up(kAll[1])->text(0, 0) == "ash");
  CHECK(storage.look_up(kAll[2])->is_null(0, 0));
  CHECK(storage.asked == 1);
  storage.query("INSERT INTO fruit (name, weight) VALUES ('fig', 1)");
  CHECK(storage.look_up(kAll[2])->integer(0, 0) == 1);
  CHECK(storage.look_up(kAll[1])->text(0, 0) == "ash");
  CHECK(storage.asked == 3);
}

TEST_CASE("Storage: after something was taken back nothing is known") {
  Watched storage;
  storage.weight("pear");
  storage.forget();
  storage.asked = 0;
  storage.weight("pear");
  CHECK(storage.asked == 1);
}

TEST_CASE("Storage: beside answers it keeps one thing of each type, until something was taken back") {
  Watched storage, another;
  storage.memory<std::vector<int>>().push_back(1);
  storage.memory<std::string>() = "one";
  storage.query("DELETE FROM fruit");
  CHECK(storage.memory<std::vector<int>>() == std::vector{1});
  CHECK(storage.memory<std::string>() == "one");
  CHECK(another.memory<std::string>().empty());
  storage.forget();
  CHECK(storage.memory<std::string>().empty());
}

TEST_CASE("Storage: 48 answers are remembered; the next one begins anew") {
  Watched storage;
  for (int i = 0; i < 48; ++i) storage.weight(std::to_string(i));
  storage.asked = 0;
  for (int i = 0; i < 48; ++i) storage.weight(std::to_string(i));
  CHECK(storage.asked == 0);
  storage.weight("one more");
  storage.weight("one more");
  CHECK(storage.asked == 1);
  storage.weight("0");
  CHECK(storage.asked == 2);
}

TEST_CASE("Storage: an object that remembers nothing does the same") {
  Story story, forgetful;
  forgetful.host.forgetful = true;
  for (Story* each : {&story, &forgetful}) {
    each->tell();
    each->check_end();
  }
  CHECK(story.receipts == forgetful.receipts);
  CHECK(story.host.kv == forgetful.host.kv);
  CHECK(story.host.posted == forgetful.host.posted);
}

// ---- What is due ----

TEST_CASE("Due: the earliest moment of a table is asked for once, until the table is written") {
  Watched storage;
  NativeCrypto crypto;
  core::Entropy entropy(crypto, std::string(32, 'e'));
  constexpr core::Lookup kFirst = "SELECT min(weight) FROM fruit";
  const auto due_at = [&](int64_t now, std::optional<core::Instant> alarm) {
    core::Context step{core::Instant{now}, entropy, crypto, &storage};
    const bool due = core::is_due(step, kFirst);
    CHECK(step.alarm == alarm);
    return due;
  };
  CHECK_FALSE(due_at(100, std::nullopt));
  CHECK_FALSE(due_at(100, std::nullopt));
  CHECK(storage.asked == 1);

  storage.query("INSERT INTO fruit (name, weight) VALUES ('pear', 200), ('fig', 150)");
  storage.asked = 0;
  CHECK_FALSE(due_at(149, core::Instant{150}));
  // What has come is for the caller to do, and to wake for what comes next.
  CHECK(due_at(150, std::nullopt));
  CHECK(due_at(151, std::nullopt));
  CHECK(storage.asked == 1);

  core::Context step{core::Instant{150}, entropy, crypto, &storage};
  storage.query("DELETE FROM fruit WHERE name = 'fig'");
  core::wake_for(step, kFirst);
  CHECK(step.alarm == core::Instant{200});
}
