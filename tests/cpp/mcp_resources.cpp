// Resources and their templates.
#include "mcp/resource.h"

#include "call_support.h"

using namespace testing;

namespace {

/// "a=1 b=2", or "no".
std::string match(std::string_view uri_template, std::string_view uri) {
  const std::optional<mcp::Variables> variables = mcp::match(uri_template, uri);
  if (!variables) return "no";
  std::string text;
  for (const auto& [name, value] : *variables) text += (text.empty() ? "" : " ") + name + '=' + value;
  return text;
}

mcp::Offer library() {
  mcp::Offer offer = scripted_offer();
  offer.resources[0].lifetime = core::seconds(30);
  offer.resources.push_back({.uri = "test://bytes",
                             .name = "bytes",
                             .title = {},
                             .description = {},
                             .mime_type = "image/png",
                             .scope = "s",
                             .availability = mcp::Availability::demo,
                             .read = [](mcp::Call&) -> mcp::ReadOutcome {
                               return mcp::ReadResult{
                                   {{.uri = "test://bytes", .mime_type = "image/png", .base64 = "AAEC"}}};
                             }});
  offer.templates[0].lifetime = core::minutes(2);
  offer.templates[0].read = [](mcp::Call& call, const mcp::Variables& variables) -> mcp::ReadOutcome {
    const std::string& id = variables.find("id")->second;
    if (id == "none") return mcp::NotFound{};
    return mcp::ReadResult{{{.uri = "test://things/" + id, .text = id + " of " + call.caller.name}}};
  };
  return offer;
}

struct Reader {
  Reader(World& world, const std::string& revision) : modern(world) {
    if (revision != "2026-07-28") legacy.emplace(world, revision);
  }
  Reply read(const json& uri) { return call({{"uri", uri}}); }
  Reply call(const json& params) {
    return legacy ? legacy->call("resources/read", params) : modern.call("resources/read", params);
  }
  std::optional<LegacyClient> legacy;
  ModernClient modern;
};

}  // namespace

TEST_CASE("Resources: text and bytes are read as they are") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(library());
    thing = [](mcp::Call& call) -> mcp::ReadOutcome {
      CHECK(call.arguments.is_object());
      return mcp::ReadResult{{{.uri = "test://thing", .mime_type = "text/plain", .text = "Text \"1\""},
                              {.uri = "test://thing#2", .text = ""}}};
    };
    Reader reader(world, revision);
    const Reply text = reader.read("test://thing");
    CHECK(text.status == 200);
    CHECK(text.result()["contents"] ==
          json::array({{{"uri", "test://thing"}, {"mimeType", "text/plain"}, {"text", "Text \"1\""}},
                       {{"uri", "test://thing#2"}, {"text", ""}}}));
    const bool modern = revision == "2026-07-28";
    CHECK(text.result().contains("ttlMs") == modern);
    CHECK(text.result().contains("cacheScope") == modern);
    if (modern) CHECK(text.result()["ttlMs"] == 30'000);
    CHECK(reader.read("test://bytes").result()["contents"] ==
          json::array({{{"uri", "test://bytes"}, {"mimeType", "image/png"}, {"blob", "AAEC"}}}));
    CHECK(world.gate.asked == std::vector<std::string>{"test://thing", "test://bytes"});
  }
}

TEST_CASE("Resources: a template is read by its variables, and the gate hears of the template") {
  for (const std::string& revision : kAllRevisions) {
    World world(library());
    Reader reader(world, revision);
    const Reply reply = reader.read("test://things/a%20b%2Fc");
    CHECK(reply.result()["contents"][0]["text"] == "a b/c of Alice");
    if (revision == "2026-07-28") CHECK(reply.result()["ttlMs"] == 120'000);
    CHECK(world.gate.asked == std::vector<std::string>{"test://things/{id}"});
  }
}

TEST_CASE("Resources: what is not there is told by the code that the revision has") {
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    World world(library());
    world.config.demo_mode = core::Switch::off;
    thing = [](mcp::Call&) -> mcp::ReadOutcome { return mcp::NotFound{}; };
    Reader reader(world, revision);
    const int code = revision == "2026-07-28" ? -32602 : -32002;
    for (const std::string& uri :
         {std::string("test://none"), std::string("test://things/none"), std::string("test://thing"),
          std::string("test://bytes"), std::string("test://things/"), std::string("test://things/a/b"),
          std::string("test://things/%"), std::string("TEST://thing")}) {
      CAPTURE(uri);
      const Reply reply = reader.read(uri);
      CHECK(reply.status == 200);
      CHECK(reply.code() == code);
      CHECK(reply.error()["data"] == json{{"uri", uri}});
    }
    CHECK(reader.call(kNothing).code() == -32602);
    CHECK(reader.call({{"uri", 7}}).code() == -32602);
  }
}

TEST_CASE("Resources: what the gate refuses is not read") {
  for (const std::string& revision : kAllRevisions) {
    World world(library());
    thing = [](mcp::Call&) -> mcp::ReadOutcome {
      FAIL("it was read");
      return mcp::NotFound{};
    };
    Reader reader(world, revision);
    world.gate.answers["test://thing"] = {mcp::Permission::Kind::refused, "Not today.", {}};
    const Reply refused = reader.read("test://thing");
    CHECK(refused.status == 200);
    CHECK(refused.code() == 403);
    CHECK(refused.message() == "Not today.");
    world.gate.answers["test://thing"] = {mcp::Permission::Kind::scope_missing, {}, "Bearer scope=\"x\""};
    const Reply lacking = reader.read("test://thing");
    CHECK(lacking.status == 403);
    CHECK(lacking.header("WWW-Authenticate") == "Bearer scope=\"x\"");
  }
}

TEST_CASE("Resources: a resource of that very URI comes before a template") {
  mcp::Offer offer = library();
  offer.resources[0].uri = "test://things/one";
  World world(std::move(offer));
  thing = [](mcp::Call&) -> mcp::ReadOutcome { return mcp::ReadResult{{{.uri = "x", .text = "the one"}}}; };
  Reader reader(world, "2025-11-25");
  CHECK(reader.read("test://things/one").result()["contents"][0]["text"] == "the one");
  CHECK(reader.read("test://things/two").result()["contents"][0]["text"] == "two of Alice");
}

// ---- Templates ----

TEST_CASE("Templates: a variable stands for one or more characters, but no slash") {
  CHECK(match("a/{x}", "a/1") == "x=1");
  CHECK(match("a/{x}", "a/one") == "x=one");
  CHECK(match("a/{x}", "a/") == "no");
  CHECK(match("a/{x}", "a") == "no");
  CHECK(match("a/{x}", "a/1/") == "no");
  CHECK(match("a/{x}", "a/1/2") == "no");
  CHECK(match("a/{x}", "b/1") == "no");
  CHECK(match("a/{x}/b", "a/1/b") == "x=1");
  CHECK(match("a/{x}/b", "a/1/c") == "no");
  CHECK(match("a/{x}/b", "a/1/b/") == "no");
  CHECK(match("a/{x}/{y}", "a/1/2") == "x=1 y=2");
  CHECK(match("a/{x}/{y}", "a//2") == "no");
  CHECK(match("{x}", "a") == "x=a");
  CHECK(match("{x}", "") == "no");
  CHECK(match("a/{x}.{y}", "a/1.2.3") == "x=1 y=2.3");
  CHECK(match("a/{x}-b", "a/1-b") == "x=1");
}

TEST_CASE("Templates: without variables there is one URI") {
  CHECK(match("a/b", "a/b") == "");
  CHECK(match("a/b", "a/bc") == "no");
  CHECK(match("a/b", "a/") == "no");
  CHECK(match("", "") == "");
  CHECK(match("", "a") == "no");
  CHECK(match("a/{x", "a/1") == "no");
}

TEST_CASE("Templates: values are percent-decoded, and only to UTF-8") {
  CHECK(match("a/{x}", "a/%41%c3%A9") == "x=Aé");
  CHECK(match("a/{x}", "a/%2F") == "x=/");
  CHECK(match("a/{x}", "a/100%25") == "x=100%");
  CHECK(match("a/{x}", "a/1%2B1+1") == "x=1+1+1");
  for (const char* wrong :
       {"a/%", "a/%4", "a/%4x", "a/%x4", "a/x%", "a/%ff", "a/%c3", "a/%ED%A0%80", "a/% 41"}) {
    CAPTURE(wrong);
    CHECK(match("a/{x}", wrong) == "no");
  }
}
