// The lists of what there is: pages, order, who sees what, and what each revision says of an entry.
#include "mcp/lists.h"

#include <array>

#include "call_support.h"

using namespace testing;

namespace {

constexpr std::array<std::string_view, 5> kNames = {"e0", "e1", "e2", "e3", "e4"};
constexpr std::array<std::string_view, 5> kUris = {"test://e0", "test://e1", "test://e2", "test://e3",
                                                   "test://e4"};
constexpr std::array<std::string_view, 5> kTemplates = {"test://e0/{x}", "test://e1/{x}", "test://e2/{x}",
                                                        "test://e3/{x}", "test://e4/{x}"};

/// Five of everything, the last one for demonstrations.
mcp::Offer five(size_t page_size) {
  mcp::Offer offer;
  offer.page_size = page_size;
  const mcp::Icon icon{"https://icons.example/1.svg", "image/svg+xml", "any"};
  for (size_t i = 0; i < 5; ++i) {
    const auto availability = i == 4 ? mcp::Availability::demo : mcp::Availability::always;
    offer.tools.push_back({.name = kNames[i],
                           .title = "A title",
                           .description = "About it.",
                           .scope = "s",
                           .input_schema = R"({"type":"object"})",
                           .icons = {icon},
                           .availability = availability,
                           .run = nullptr});
    offer.prompts.push_back({.name = kNames[i],
                             .title = "A title",
                             .description = "About it.",
                             .scope = "s",
                             .arguments = {{"who", "Whom.", mcp::PromptArgument::Presence::required},
                                           {"how", "", mcp::PromptArgument::Presence::optional}},
                             .icons = {icon},
                             .availability = availability,
                             .get = nullptr});
    offer.resources.push_back({.uri = kUris[i],
                               .name = kNames[i],
                               .title = "A title",
                               .description = "About it.",
                               .mime_type = "text/plain",
                               .scope = "s",
                               .icons = {icon},
                               .hints = {mcp::ContentHints::Audience::both, 0.5, core::Instant{0}},
                               .availability = availability,
                               .read = nullptr});
    offer.templates.push_back({.uri_template = kTemplates[i],
                               .name = kNames[i],
                               .title = "A title",
                               .description = "About it.",
                               .mime_type = "text/plain",
                               .scope = "s",
                               .icons = {icon},
                               .availability = availability,
                               .read = nullptr});
  }
  return offer;
}

struct List {
  const char* method;
  const char* member;
  const char* key;
};
constexpr List kLists[] = {{"tools/list", "tools", "name"},
                           {"prompts/list", "prompts", "name"},
                           {"resources/list", "resources", "uri"},
                           {"resources/templates/list", "resourceTemplates", "uriTemplate"}};

/// A client of any revision.
struct Anyone {
  Anyone(World& world, const std::string& revision) : modern(world) {
    if (revision != "2026-07-28") legacy.emplace(world, revision);
  }
  Reply call(std::string_view method, const json& params = json::object()) {
    return legacy ? legacy->call(method, params) : modern.call(method, params);
  }
  std::optional<LegacyClient> legacy;
  ModernClient modern;
};

/// The numbers of the entries, a page each: "01 23 4".
std::string pages(Anyone& client, const List& list) {
  std::string text;
  json params = json::object();
  for (int page = 0; page < 10; ++page) {
    const json result = client.call(list.method, params).result();
    for (const json& entry : result.at(list.member)) {
      const std::string key = entry.at(list.key);
      text += key[key.find('e', key.find(':') == std::string::npos ? 0 : key.find("//")) + 1];
    }
    if (!result.contains("nextCursor")) return text;
    params["cursor"] = result["nextCursor"];
    text += ' ';
  }
  return text + "...";
}

}  // namespace

TEST_CASE("Lists: they come in pages and in order, in every revision and every time") {
  for (const std::string& revision : kAllRevisions) {
    for (const List& list : kLists) {
      CAPTURE(revision, list.method);
      for (const auto& [size, expected] : std::vector<std::pair<size_t, std::string>>{
               {100, "01234"}, {5, "01234"}, {4, "0123 4"}, {2, "01 23 4"}, {1, "0 1 2 3 4"}}) {
        World world(five(size));
        Anyone client(world, revision);
        CHECK(pages(client, list) == expected);
        CHECK(pages(client, list) == expected);
      }
    }
  }
}

TEST_CASE("Lists: an empty list is one") {
  World world;
  Anyone client(world, "2026-07-28");
  for (const List& list : kLists) CHECK(client.call(list.method).result()[list.member] == json::array());
}

TEST_CASE("Lists: a cursor is one that a page gave") {
  World world(five(2));
  for (const std::string& revision : kAllRevisions) {
    Anyone client(world, revision);
    for (const List& list : kLists) {
      const std::string good = client.call(list.method).result()["nextCursor"];
      for (const json& wrong :
           {json(""), json("x"), json(good + "A"), json(good + "="), json(core::base64url("0")),
            json(core::base64url("5")), json(core::base64url("-1")), json(core::base64url("2 ")),
            json(core::base64url("99999999999999999999999")), json("Mg==\n"), json(2), json(nullptr),
            json(json::array())}) {
        CAPTURE(revision, list.method, wrong.dump());
        const Reply reply = client.call(list.method, {{"cursor", wrong}});
        CHECK(reply.status == 200);
        CHECK(reply.code() == -32602);
      }
      CHECK(client.call(list.method, {{"cursor", good}}).body.contains("result"));
    }
  }
}

TEST_CASE("Lists: what a caller can never have, and what is for demonstrations, is left out") {
  World world(five(2));
  world.config.demo_mode = core::Switch::off;
  world.gate.hidden = {"e1", "test://e1", "test://e1/{x}"};
  for (const std::string& revision : kAllRevisions) {
    Anyone client(world, revision);
    for (const List& list : kLists) {
      CAPTURE(revision, list.method);
      CHECK(pages(client, list) == "0 23 ");
    }
  }
  CHECK(world.gate.asked.empty());
}

TEST_CASE("Lists: the modern era says how long they hold, and for whom") {
  World world(five(2));
  for (const std::string& revision : kAllRevisions) {
    Anyone client(world, revision);
    for (const List& list : kLists) {
      const json result = client.call(list.method).result();
      const bool modern = revision == "2026-07-28";
      CHECK(result.contains("ttlMs") == modern);
      CHECK(result.contains("cacheScope") == modern);
      CHECK(result.contains("resultType") == modern);
      if (!modern) continue;
      CHECK(result["ttlMs"] == mcp::kListLifetime.milliseconds);
      CHECK(result["cacheScope"] == "private");
      const json next = client.call(list.method, {{"cursor", result["nextCursor"]}}).result();
      CHECK(next["cacheScope"] == "private");
    }
  }
}

TEST_CASE("Lists: an entry is described in the words that the revision has") {
  World world(five(100));
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    Anyone client(world, revision);
    for (const List& list : kLists) {
      const json entry = client.call(list.method).result()[list.member][0];
      CHECK(entry["name"] == "e0");
      CHECK(entry["description"] == "About it.");
      CHECK(entry.contains("title") == (revision >= "2025-06-18"));
      CHECK(entry.contains("icons") == (revision >= "2025-11-25"));
      if (entry.contains("icons")) {
        CHECK(entry["icons"] == json::array({{{"src", "https://icons.example/1.svg"},
                                              {"mimeType", "image/svg+xml"},
                                              {"sizes", {"any"}}}}));
      }
    }
    CHECK(client.call("prompts/list").result()["prompts"][0]["arguments"] ==
          json::array({{{"name", "who"}, {"description", "Whom."}, {"required", true}},
                       {{"name", "how"}, {"required", false}}}));
    const json resource = client.call("resources/list").result()["resources"][0];
    CHECK(resource["mimeType"] == "text/plain");
    CHECK(resource["annotations"] == json{{"audience", {"user", "assistant"}},
                                          {"priority", 0.5},
                                          {"lastModified", "1970-01-01T00:00:00.000Z"}});
  }
}

TEST_CASE("Lists: capabilities tell what there is, as the revision knows it") {
  World empty;
  World full([] {
    mcp::Offer offer = five(100);
    offer.prompts[0].complete = [](const mcp::CompletionQuestion&) { return std::vector<std::string>(); };
    return offer;
  }());
  for (const std::string& revision : kAllRevisions) {
    CAPTURE(revision);
    const auto capabilities = [&](World& world) -> json {
      if (revision == "2026-07-28")
        return ModernClient(world).call("server/discover").result()["capabilities"];
      return LegacyClient(world, revision).hello["capabilities"];
    };
    CHECK(capabilities(empty) == json{{"tools", {{"listChanged", true}}}, {"logging", kNothing}});
    json all = {{"tools", {{"listChanged", true}}},
                {"prompts", {{"listChanged", true}}},
                {"resources", {{"listChanged", true}, {"subscribe", true}}},
                {"logging", kNothing}};
    if (revision >= "2025-03-26") all["completions"] = kNothing;
    CHECK(capabilities(full) == all);
  }
}
