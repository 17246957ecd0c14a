// The line that a request has in the log: what is in it, when there is one, and that it is one alone.
#include "core/report.h"

#include <functional>

#include "app_support.h"
#include "core/outbox.h"

using namespace testing;
using core::Reporting;

namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";

/// An application that does what a test says, and a host that goes on with what it awaits.
class Reported : public core::Application {
 public:
  using Does = std::function<core::Outcome(const core::Input&, core::Context&)>;
  explicit Reported(Does does, Reporting reporting = {Reporting::Lines::all, Reporting::Counts::yes})
      : core::Application(reporting), does_(std::move(does)) {}

  core::Outcome step(core::Input input, core::RowCount rows = {}) {
    core::Entropy entropy(crypto, std::string(32, static_cast<char>(++steps_)));
    storage.used = rows;
    core::Context context{now, entropy, crypto, &storage};
    core::Outcome outcome = handle(std::move(input), context);
    for (const std::string& line : context.log) lines.push_back(json::parse(line));
    for (const core::DataPoint& point : context.points) points.push_back(point);
    flows = context.background;
    return outcome;
  }

  NativeCrypto crypto;
  NativeStorage storage;
  core::Instant now{1'790'000'000'000};
  std::vector<json> lines;
  std::vector<core::DataPoint> points;
  std::vector<core::Await> flows;

 protected:
  core::Outcome answer(const core::Input& input, core::Context& step) override { return does_(input, step); }

 private:
  Does does_;
  int steps_ = 0;
};

core::Request post(std::string url, const HeaderList& headers = {}) {
  core::Request request;
  request.method = "POST";
  request.url = std::move(url);
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

core::Respond respond(int status) {
  core::Response response;
  response.status = status;
  return {std::move(response)};
}

/// As the authority and the protocol report a call.
void report_call(core::Context& step, std::string_view method = "tools/call") {
  step.report.era = "modern";
  step.report.method = method;
  step.report.tool = "buyMcpShopItem";
  step.report.decision = "deny";
  step.report.reason = "limit_reached";
  step.report.principal = "person";
  step.report.grant = "grant";
}

Reported::Does answers(int status) {
  return [status](const core::Input&, core::Context& step) {
    report_call(step);
    return respond(status);
  };
}

}  // namespace

TEST_CASE("Report: a request has one line, with what is known of it") {
  Reported app(answers(200));
  const HeaderList headers = {{"traceparent", "00-" + kTrace + "-b7ad6b7169203331-01"}};
  app.step(core::PrincipalRequest{post("https://shop.example/mcp?secret=1", headers),
                                  app.now - core::milliseconds(7)},
           {5, 2});
  REQUIRE(app.lines.size() == 1);
  CHECK(app.lines[0] == json{{"event", "request"},
                             {"level", "info"},
                             {"http", "POST"},
                             {"route", "/mcp"},
                             {"era", "modern"},
                             {"method", "tools/call"},
                             {"tool", "buyMcpShopItem"},
                             {"decision", "deny"},
                             {"reason", "limit_reached"},
                             {"principal", "person"},
                             {"grant", "grant"},
                             {"trace", kTrace},
                             {"status", 200},
                             {"ms", 7},
                             {"rows_read", 5},
                             {"rows_written", 2}});
}

TEST_CASE("Report: no request takes less than no time, where the clock has been set back") {
  Reported app(answers(200));
  app.step(core::PrincipalRequest{post("https://shop.example/mcp"), app.now + core::milliseconds(7)});
  REQUIRE(app.lines.size() == 1);
  CHECK(app.lines[0]["ms"] == 0);
}

TEST_CASE("Report: what waits has its line at the end, with the time and the rows of all its steps") {
  Reported app([](const core::Input& input, core::Context& step) -> core::Outcome {
    if (!std::holds_alternative<core::Resume>(input))
      return core::Await{{core::LimitRate{"L", "k"}}, "\x05go on"};
    CHECK(std::get<core::Resume>(input).continuation == "\x05go on");
    report_call(step);
    return respond(200);
  });
  const HeaderList headers = {{"traceparent", "00-" + kTrace + "-b7ad6b7169203331-01"}};
  const core::Outcome waiting =
      app.step(core::PrincipalRequest{post("https://shop.example/mcp", headers), app.now}, {3, 1});
  CHECK(app.lines.empty());
  app.now = app.now + core::milliseconds(1200);
  app.step(core::Resume{await_of(waiting).continuation, {succeeded()}}, {4, 1});
  REQUIRE(app.lines.size() == 1);
  CHECK(app.lines[0]["ms"] == 1200);
  CHECK(app.lines[0]["rows_read"] == 7);
  CHECK(app.lines[0]["rows_written"] == 2);
  CHECK(app.lines[0]["http"] == "POST");
  CHECK(app.lines[0]["route"] == "/mcp");
  CHECK(app.lines[0]["trace"] == kTrace);
}

TEST_CASE("Report: paths, methods and members of a client's making are in no line") {
  const auto line = [](core::Request request) {
    Reported app([](const core::Input&, core::Context&) { return respond(404); });
    app.step(core::EdgeRequest{std::move(request), "192.0.2.1"});
    REQUIRE(app.lines.size() == 1);
    return app.lines[0];
  };
  CHECK(line(post("https://shop.example/authority/approvals/abc"))["route"] == "/authority");
  CHECK(line(post("https://shop.example/"))["route"] == "/");
  CHECK(line(post("https://shop.example/ada@example.com"))["route"] == "other");
  CHECK(line(post("https://shop.example/mcpx"))["route"] == "other");
  CHECK(line(post("https://shop.example/token?code=1"))["route"] == "/token");
  core::Request odd = post("https://shop.example/mcp", {{"traceparent", "secret"}});
  odd.method = "ADA";
  CHECK(line(odd) == json{{"event", "request"},
                          {"level", "info"},
                          {"http", "other"},
                          {"route", "/mcp"},
                          {"status", 404},
                          {"ms", 0},
                          {"rows_read", 0},
                          {"rows_written", 0}});
}

TEST_CASE("Report: whose answer is to come has no line, nor has a look whether the server is well") {
  const core::Request request = post("https://shop.example/mcp");
  Reported forwards([](const core::Input&, core::Context&) { return core::ForwardToPrincipal{"p"}; });
  forwards.step(core::EdgeRequest{request, ""});
  CHECK(forwards.lines.empty());
  Reported called([](const core::Input&, core::Context&) { return core::Reply{"{}"}; });
  called.step(core::PrincipalCall{"{}"});
  called.step(core::Alarm{});
  CHECK(called.lines.empty());
  Reported well([](const core::Input&, core::Context&) { return respond(200); });
  well.step(core::EdgeRequest{post("https://shop.example/healthz"), ""});
  CHECK(well.lines.empty());
  // The provider's answer has a line, though its status is not known here.
  Reported provider([](const core::Input&, core::Context&) { return core::ForwardToOAuth{"i"}; });
  provider.step(core::EdgeRequest{post("https://shop.example/register"), ""});
  REQUIRE(provider.lines.size() == 1);
  CHECK_FALSE(provider.lines[0].contains("status"));
}

TEST_CASE("Report: LOG_REQUESTS says which lines there are") {
  const auto lines_of = [](Reporting::Lines lines, int status) {
    Reported app(answers(status), {lines, Reporting::Counts::no});
    app.step(core::PrincipalRequest{post("https://shop.example/mcp"), app.now});
    CHECK(app.points.empty());
    return app.lines;
  };
  CHECK(lines_of(Reporting::Lines::all, 200).size() == 1);
  CHECK(lines_of(Reporting::Lines::errors, 200).empty());
  CHECK(lines_of(Reporting::Lines::errors, 403).empty());
  REQUIRE(lines_of(Reporting::Lines::errors, 500).size() == 1);
  CHECK(lines_of(Reporting::Lines::errors, 500)[0]["level"] == "error");
  CHECK(lines_of(Reporting::Lines::none, 500).empty());

  const auto configured = [](const char* value) {
    return core::read_config(json{{"LOG_REQUESTS", value}}.dump()).reporting.lines;
  };
  CHECK(configured("") == Reporting::Lines::all);
  CHECK(configured("all") == Reporting::Lines::all);
  CHECK(configured("errors") == Reporting::Lines::errors);
  CHECK(configured("Off") == Reporting::Lines::none);
}

TEST_CASE("Report: nothing is carried along where nothing is reported") {
  const auto waits = [](const core::Input&, core::Context&) {
    return core::Await{{core::LimitRate{"L", "k"}}, "state"};
  };
  const core::PrincipalRequest request{post("https://shop.example/mcp"), core::Instant{1}};
  CHECK(await_of(Reported(waits, {}).step(request)).continuation == "state");
  CHECK(await_of(Reported(waits).step(request)).continuation != "state");
}

TEST_CASE("Report: a continuation that carries nothing, or broken bytes, is left as it is") {
  for (const std::string& text : {std::string(), std::string("\x07state"), std::string("\0", 1),
                                  std::string("\0\x01\x02", 3), std::string("\0garbage that ends", 18)}) {
    core::Report report;
    std::string continuation = text;
    core::take_carried_report(report, continuation);
    CHECK(continuation == text);
    CHECK(report.http.empty());
  }
}

TEST_CASE("Report: what a forged continuation carries is a trace or none, and numbers or nothing at all") {
  const auto carrying = [](double arrived, std::string_view trace_id, std::string_view state) {
    core::WireWriter writer;
    writer.append(std::string_view("\0\1\0", 3));
    for (const double number : {arrived, 0.0, 0.0}) writer.f64(number);
    writer.bytes(trace_id);
    writer.u8(1);
    writer.bytes(state);
    return writer.take() + "state";
  };
  const auto take = [](std::string continuation) {
    core::Report report;
    core::take_carried_report(report, continuation);
    return std::pair(report, continuation);
  };
  const std::string id(32, 'a');
  CHECK(take(carrying(1, id, "k=v")).first.trace.trace_id == id);
  CHECK(take(carrying(1, id, "k=v")).first.trace.state == "k=v");
  CHECK(take(carrying(1, id, "k=v")).second == "state");
  for (const std::string& bad :
       {std::string(), id.substr(1), id + "a", std::string(32, '0'), std::string(31, 'a') + '"'}) {
    CHECK_FALSE(take(carrying(1, bad, "k=v")).first.trace.exists());
  }
  CHECK(take(carrying(1, id, "k=v\r\nX: y")).first.trace.state.empty());
  CHECK(take(carrying(0.5, id, "")).second != "state");
  CHECK(take(carrying(-1e300, id, "")).second != "state");
}

TEST_CASE("Report: a call of a tool is counted once, under a name that leads to nobody") {
  Reported app(answers(200));
  app.step(core::PrincipalRequest{post("https://shop.example/mcp"), app.now - core::milliseconds(3)}, {5, 2});
  REQUIRE(app.points.size() == 1);
  CHECK(app.points[0].index == "buyMcpShopItem");
  CHECK(app.points[0].texts ==
        std::vector<std::string>{"modern", "tools/call", "buyMcpShopItem", "deny", "limit_reached"});
  CHECK(app.points[0].numbers == std::vector<double>{3, 5, 2});

  Reported prompts([](const core::Input&, core::Context& step) {
    report_call(step, "prompts/get");
    return respond(200);
  });
  prompts.step(core::PrincipalRequest{post("https://shop.example/mcp"), prompts.now});
  CHECK(prompts.points.empty());
}

TEST_CASE("Report: a call that goes on without its request has a line of its own, and is not counted again") {
  Reported app([](const core::Input& input, core::Context& step) -> core::Outcome {
    report_call(step);
    if (std::holds_alternative<core::Resume>(input)) return core::Reply{};
    step.background.push_back({{core::Fetch{"GET", "https://api.example/", {}, {}}}, "flow"});
    return core::RespondStream{{}, "stream"};
  });
  app.step(core::PrincipalRequest{post("https://shop.example/mcp"), app.now}, {1, 1});
  REQUIRE(app.lines.size() == 1);
  REQUIRE(app.flows.size() == 1);
  const core::Await flow = app.flows[0];
  app.now = app.now + core::seconds(2);
  app.step(core::Resume{flow.continuation, {succeeded()}}, {2, 1});
  REQUIRE(app.lines.size() == 2);
  CHECK(app.lines[1]["event"] == "background");
  CHECK(app.lines[1]["ms"] == 2000);
  CHECK(app.lines[1]["rows_read"] == 2);
  CHECK_FALSE(app.lines[1].contains("http"));
  CHECK(app.lines[1]["trace"] == app.lines[0]["trace"]);
  CHECK(app.points.size() == 1);
}

TEST_CASE("Report: what is fetched is of the request's trace, over all of its steps") {
  Reported app([](const core::Input& input, core::Context&) -> core::Outcome {
    if (std::holds_alternative<core::Resume>(input) &&
        std::get<core::Resume>(input).continuation == "second") {
      return respond(200);
    }
    const bool first = !std::holds_alternative<core::Resume>(input);
    return core::Await{{core::Fetch{"GET", "https://api.example/", {}, {}}}, first ? "first" : "second"};
  });
  const auto sent = [](const core::Outcome& outcome) {
    const core::Headers& headers = effect_of<core::Fetch>(outcome).headers;
    CHECK_FALSE(headers.has("baggage"));
    return core::read_trace(headers.get("traceparent").value_or(""), "").trace_id;
  };
  const HeaderList headers = {{"traceparent", "00-" + kTrace + "-b7ad6b7169203331-01"}, {"baggage", "a=b"}};
  for (const HeaderList& given : {headers, HeaderList{}, HeaderList{{"traceparent", "00-invalid"}}}) {
    app.lines.clear();
    const core::Outcome one =
        app.step(core::PrincipalRequest{post("https://shop.example/mcp", given), app.now});
    const core::Outcome two = app.step(core::Resume{await_of(one).continuation, {succeeded()}});
    CHECK(effect_of<core::Fetch>(one).headers.get("traceparent") !=
          effect_of<core::Fetch>(two).headers.get("traceparent"));
    CHECK(sent(one).size() == 32);
    CHECK((sent(one) == kTrace) == (given.size() == 2));
    CHECK(sent(one) == sent(two));
    app.step(core::Resume{await_of(two).continuation, {succeeded()}});
    REQUIRE(app.lines.size() == 1);
    CHECK(app.lines[0]["trace"] == sent(one));
  }
}

TEST_CASE("Report: a message for later stays in the trace of the request that wanted it") {
  World world;
  core::Context context = world.step();
  context.report.trace = core::read_trace("00-" + kTrace + "-b7ad6b7169203331-01", "");
  core::create_outbox_schema(*context.storage);
  core::enqueue(context, core::OutgoingPost{"https://hooks.example/", {}, "{}"}, context.now + core::days(1));
  context.now = context.now + core::kBatchDelay;
  const std::vector<core::Delivery> due = core::due(context, 10);
  REQUIRE(due.size() == 1);
  const core::Headers& headers = std::get<core::Fetch>(due[0].effect).headers;
  CHECK(core::read_trace(headers.get("traceparent").value_or(""), "").trace_id == kTrace);
}

// ---- The application ----

TEST_CASE("Report: whoever is turned away in the Worker has a line that says how") {
  AppHost host;
  CHECK(response_of(host.request("POST", "/mcp")).status == 401);
  REQUIRE(host.log.size() == 1);
  CHECK(json::parse(host.log[0])["status"] == 401);
  CHECK(json::parse(host.log[0])["route"] == "/mcp");
}

// ---- Versions of what is kept ----

TEST_CASE("Schema: after a rollback the newer tables stay as they are, and are not made again") {
  AppHost host;
  for (const char* schema : {"authority_schema", "protocol_schema"}) {
    host.storage.query("UPDATE settings SET value = '99' WHERE name = ?", {std::string_view(schema)});
  }
  CHECK(std::holds_alternative<core::Reply>(host.in_object(core::Wake{})));
  const core::Rows rows =
      host.storage.query("SELECT value FROM settings WHERE name LIKE '%_schema' ORDER BY name");
  REQUIRE(rows.size() == 2);
  CHECK(rows.text(0, 0) == "99");
  CHECK(rows.text(1, 0) == "99");
}

TEST_CASE("Schema: a module sees to the tables once, and again after another has") {
  json variables = shop_variables();
  variables["WASM_SHA256"] = std::string(64, 'a');
  AppHost host(variables);
  // Seen, this would be refused.
  host.storage.query("UPDATE settings SET value = '99' WHERE name = 'authority_schema'");
  host.storage.query("INSERT INTO settings (name, value) VALUES ('authority_schema_needs', '99')");
  CHECK(std::holds_alternative<core::Reply>(host.in_object(core::Wake{})));
  host.storage.query("UPDATE settings SET value = 'another' WHERE name = 'tables_by'");
  CHECK(response_of(host.in_object(core::Wake{})).status == 503);
  // It has not taken them for its own.
  CHECK(host.storage.query("SELECT value FROM settings WHERE name = 'tables_by'").text(0, 0) == "another");
  host.storage.query("DELETE FROM settings WHERE name = 'authority_schema_needs'");
  CHECK(std::holds_alternative<core::Reply>(host.in_object(core::Wake{})));
  CHECK(host.storage.query("SELECT value FROM settings WHERE name = 'tables_by'").text(0, 0) ==
        variables["WASM_SHA256"]);
}

TEST_CASE("Schema: where older code cannot work with newer tables, it says so and touches nothing") {
  for (const char* schema : {"authority_schema", "protocol_schema"}) {
    AppHost host;
    host.storage.query("UPDATE settings SET value = '99' WHERE name = ?", {std::string_view(schema)});
    const std::string needs = std::string(schema) + "_needs";
    const auto set = [&](std::string_view version) {
      host.storage.query("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
                         {std::string_view(needs), version});
    };
    set("99");
    CHECK(response_of(host.in_object(core::Wake{})).status == 503);
    REQUIRE(host.log.size() == 1);
    CHECK(json::parse(host.log[0])["reason"] == "schema_too_new");
    set("2");
    CHECK(std::holds_alternative<core::Reply>(host.in_object(core::Wake{})));
  }
}
