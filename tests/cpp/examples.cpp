// The code of docs/ADDING_A_TOOL.md and docs/MAKE_IT_YOURS.md, called in several revisions.
#include "../../docs/examples/examples.h"

#include "../../docs/examples/notes.h"
#include "mcp/catalogue.h"
#include "support.h"

using namespace testing;

namespace {

const std::vector<std::string> kRevisions = {"2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"};
constexpr std::string_view kModernRevision = "2026-07-28";
const json kForms = {{"elicitation", json::object()}};
const json kTasks = {{"extensions", {{"io.modelcontextprotocol/tasks", json::object()}}}};

struct Examples : World {
  Examples()
      : World(std::vector<mcp::Tool>{examples::split_bill_tool(), examples::exchange_rate_tool(),
                                     examples::report_problem_tool(), examples::rate_history_tool()}) {
    examples::create_problems_schema(storage);
  }

  /// One call as a client of that revision makes it; `capabilities` is what the client can do.
  Reply call(const std::string& revision, std::string_view tool, const json& arguments,
             const json& capabilities = json::object()) {
    if (revision == kModernRevision) return ModernClient(*this, capabilities).call_tool(tool, arguments);
    return LegacyClient(*this, revision, capabilities).call_tool(tool, arguments);
  }

  /// The call's result after the human has answered the one question that it asks.
  json asked(const std::string& revision, std::string_view tool, const json& arguments, const json& answer) {
    if (revision == kModernRevision) {
      ModernClient client(*this, kForms);
      const json first = client.call_tool(tool, arguments).result();
      REQUIRE(first["resultType"] == "input_required");
      REQUIRE(first["inputRequests"].size() == 1);
      const std::string key = first["inputRequests"].begin().key();
      question = first["inputRequests"][key]["params"];
      return client
          .call("tools/call", {{"name", tool},
                               {"arguments", arguments},
                               {"inputResponses", {{key, answer}}},
                               {"requestState", first["requestState"]}})
          .result();
    }
    LegacyClient client(*this, revision, kForms);
    const Reply first = client.call_tool(tool, arguments);
    REQUIRE(first.form == Reply::Form::open_stream);
    const std::vector<json> questions = news(first.stream);
    REQUIRE(questions.size() == 1);
    question = questions[0]["params"];
    client.answer(questions[0], answer);
    return news(first.stream).at(0).at("result");
  }
  json question;

  int64_t problems() { return storage.query("SELECT count(*) FROM problems").integer(0, 0); }
};

std::string text_of(const json& result) {
  return result.at("content").at(0).at("text");
}

bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("Examples: a bill is split to the cent, in every revision") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    Examples world;
    const Reply reply = world.call(revision, "splitBill", {{"cents", 1000}, {"people", 3}});
    const json expected = {{"currency", "EUR"}, {"shares", {334, 333, 333}}};
    CHECK(json::parse(reply.tool_text()) == expected);
    if (revision >= "2025-06-18") CHECK(reply.result()["structuredContent"] == expected);
  }
}

TEST_CASE("Examples: arguments that the schema does not allow never reach the tool") {
  Examples world;
  const Reply reply = world.call("2026-07-28", "splitBill", {{"cents", 1000}, {"people", 0}});
  CHECK(reply.is_tool_error());
  CHECK(reply.tool_text() ==
        "The arguments of splitBill are not valid:\n- /people is 0; it must be at least 1.");
}

TEST_CASE("Examples: what the schema allows and the bill does not is said in words") {
  Examples world;
  CHECK(world.call("2025-11-25", "splitBill", {{"cents", 2}, {"people", 3}, {"currency", "USD"}})
            .is_tool_error());
}

TEST_CASE("Examples: a rate is fetched, in every revision") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    Examples world;
    world.perform = [](const core::Effect& effect) {
      const core::Fetch& fetch = std::get<core::Fetch>(effect);
      CHECK(fetch.method == "GET");
      CHECK(fetch.url == "https://api.frankfurter.dev/v1/latest?base=EUR&symbols=USD");
      return succeeded(R"({"amount":1.0,"base":"EUR","date":"2026-09-21","rates":{"USD":1.25}})", 200);
    };
    const Reply reply = world.call(revision, "exchangeRate", {{"from", "EUR"}, {"to", "USD"}});
    CHECK(json::parse(reply.tool_text()) == json{{"date", "2026-09-21"}, {"rate", 1.25}});
    CHECK(world.performed == 1);
  }
}

TEST_CASE("Examples: what can go wrong with an API is an answer for the agent") {
  const std::vector<std::pair<core::EffectResult, std::string>> cases = {
      {failed("connection refused"), "cannot be reached"},
      {succeeded("<h1>Oops</h1>", 500), "HTTP status 500"},
      {succeeded("<h1>Welcome</h1>", 200), "no rate"},
      {succeeded(R"({"date":"2026-09-21","rates":{}})", 200), "no rate"},
  };
  for (const std::string& revision : kRevisions) {
    for (const auto& [answer, words] : cases) {
      CAPTURE(revision, words);
      Examples world;
      world.perform = [&answered = answer](const core::Effect&) { return answered; };
      const Reply reply = world.call(revision, "exchangeRate", {{"from", "EUR"}, {"to", "USD"}});
      CHECK(reply.is_tool_error());
      CHECK(mentions(reply.tool_text(), words));
    }
  }
}

TEST_CASE("Examples: a currency in itself is not asked for") {
  Examples world;
  CHECK(world.call("2026-07-28", "exchangeRate", {{"from", "EUR"}, {"to", "EUR"}}).is_tool_error());
  CHECK(world.performed == 0);
}

TEST_CASE("Examples: the human is asked for what the agent left out, in every revision") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    Examples world;
    const json high = {{"action", "accept"}, {"content", {{"urgency", "high"}}}};
    const json result = world.asked(revision, "reportProblem", {{"summary", "The printer burns"}}, high);
    CHECK(mentions(world.question["message"].get<std::string>(), "The printer burns"));
    CHECK(json::parse(text_of(result)) == json{{"id", 1}, {"urgency", "high"}});
    CHECK(world.problems() == 1);
  }
}

TEST_CASE("Examples: a human who declines or leaves has reported nothing") {
  for (const std::string& revision : kRevisions) {
    for (const std::string action : {"decline", "cancel"}) {
      CAPTURE(revision, action);
      Examples world;
      const json result =
          world.asked(revision, "reportProblem", {{"summary", "The printer burns"}}, {{"action", action}});
      CHECK(result["isError"] == true);
      CHECK(mentions(text_of(result), "Nothing was reported."));
      CHECK(world.problems() == 0);
    }
  }
}

TEST_CASE("Examples: nobody is asked for what is known, or where no form can be shown") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    Examples world;
    const json known = {{"summary", "The printer burns"}, {"urgency", "low"}};
    CHECK_FALSE(world.call(revision, "reportProblem", known, kForms).is_tool_error());
    CHECK(world.problems() == 1);
    const Reply refused = world.call(revision, "reportProblem", {{"summary", "The printer burns"}});
    CHECK(refused.is_tool_error());
    CHECK(mentions(refused.tool_text(), "call again with urgency"));
    CHECK(world.problems() == 1);
  }
}

namespace {

/// Time passes for the pauses, and the rate of a year is its number.
core::EffectResult rates(World& world, const core::Effect& effect) {
  if (const core::Sleep* sleep = std::get_if<core::Sleep>(&effect)) {
    world.now = world.now + sleep->duration;
    return succeeded();
  }
  const std::string year = std::get<core::Fetch>(effect).url.substr(31, 4);
  return succeeded(R"({"rates":{"USD":)" + year + "}}", 200);
}
const json kYears = {{"from", 2001}, {"to", 2003}};
const json kRates = {{"rates", {{"2001", 2001.0}, {"2002", 2002.0}, {"2003", 2003.0}}}};

}  // namespace

TEST_CASE("Examples: clients without tasks wait for a call that takes long") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    Examples world;
    world.perform = [&](const core::Effect& effect) { return rates(world, effect); };
    CHECK(json::parse(world.call(revision, "rateHistory", kYears).tool_text()) == kRates);
    CHECK(world.performed == 5);
  }
}

TEST_CASE("Examples: a client with tasks gets one, sees how far it is, and outlives an eviction") {
  Examples world;
  world.perform = [&](const core::Effect& effect) { return rates(world, effect); };
  ModernClient client(world, kTasks);
  const json task = client.call_tool("rateHistory", kYears).result();
  REQUIRE(task["resultType"] == "task");
  const json id = {{"taskId", task["taskId"]}};

  world.go_on();
  CHECK(client.call("tasks/get", id).result()["status"] == "working");
  CHECK(client.call("tasks/get", id).result()["statusMessage"] == "Got 2001");

  world.evict();
  for (int year = 2002; year <= 2003; ++year) {
    world.pass(core::seconds(1));
    world.go_on();
  }
  const json done = client.call("tasks/get", id).result();
  CHECK(done["status"] == "completed");
  CHECK(json::parse(text_of(done["result"])) == kRates);
}

TEST_CASE("Examples: a year without a rate ends the call with words") {
  Examples world;
  world.perform = [](const core::Effect&) { return succeeded("", 404); };
  const Reply reply = world.call("2025-11-25", "rateHistory", kYears);
  CHECK(reply.is_tool_error());
  CHECK(world.performed == 1);
  CHECK(world.call("2025-11-25", "rateHistory", {{"from", 2003}, {"to", 2001}}).is_tool_error());
}

// ---- Notes ----

TEST_CASE("Examples: notes are added, listed, read and deleted, in every revision") {
  for (const std::string& revision : kRevisions) {
    CAPTURE(revision);
    World world(notes::offer());
    notes::create_schema(world.storage);
    const auto call = [&](std::string_view tool, const json& arguments) {
      if (revision == kModernRevision) return ModernClient(world).call_tool(tool, arguments);
      return LegacyClient(world, revision).call_tool(tool, arguments);
    };
    CHECK(call("addNote", {{"text", "Buy milk.\nAnd bread."}}).tool_text() == "Kept as note 1.");
    call("addNote", {{"text", "Call Ada."}});
    const json listed = json::parse(call("listNotes", json::object()).tool_text())["notes"];
    REQUIRE(listed.size() == 2);
    CHECK(listed[0]["text"] == "Call Ada.");
    CHECK(listed[1] ==
          json{{"id", 1}, {"text", "Buy milk.\nAnd bread."}, {"writtenAt", core::iso8601(world.now)}});
    CHECK(call("deleteNote", {{"id", 1}}).tool_text() == "Note 1 is gone.");
    CHECK(call("deleteNote", {{"id", 1}}).is_tool_error());
    CHECK(call("addNote", {{"text", " "}}).is_tool_error());
  }
}

TEST_CASE("Examples: notes are erased where their human asks for it") {
  World world(notes::offer());
  notes::create_schema(world.storage);
  ModernClient(world).call_tool("addNote", {{"text", "a secret"}});
  core::Context step = world.step();
  CHECK(notes::erase_personal_details(step) == 1);
  CHECK(notes::erase_personal_details(step) == 0);
}

TEST_CASE("Examples: who follows the notes hears of a new one") {
  World world(notes::offer());
  notes::create_schema(world.storage);
  LegacyClient client(world, "2025-11-25");
  const std::string stream = client.get().stream;
  client.call("resources/subscribe", {{"uri", "notes://all"}});
  client.call_tool("addNote", {{"text", "Call Ada."}});
  const std::vector<json> heard = world.news(stream);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["method"] == "notifications/resources/updated");
  const json read = client.call("resources/read", {{"uri", "notes://all"}}).result()["contents"][0];
  CHECK(json::parse(read["text"].get<std::string>())["notes"].size() == 1);
}

TEST_CASE("Examples: nothing that they offer has a schema that cannot be used") {
  CHECK(mcp::Catalogue(notes::offer()).problems().empty());
  CHECK(mcp::Catalogue({.info = {},
                        .tools = {examples::split_bill_tool(), examples::exchange_rate_tool(),
                                  examples::report_problem_tool(), examples::rate_history_tool()}})
            .problems()
            .empty());
}
