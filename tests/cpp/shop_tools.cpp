// The seven tools: names, arguments, results and words are a contract with agents that exist.
#include <algorithm>
#include <set>

#include "authority/pauses.h"
#include "authority/schema.h"
#include "core/outbox.h"
#include "shop/orders.h"
#include "shop/shop.h"
#include "support.h"

using testing::json;
using testing::LegacyClient;
using testing::ModernClient;
using testing::Reply;
using testing::World;

namespace {

const json kPurchase = {
    {"company", "Acme"}, {"mailingAddress", "1 Main St\nSpringfield"}, {"tshirtSize", "XL"}};

json with(json arguments, const std::string& name, const json& value) {
  arguments[name] = value;
  return arguments;
}

const mcp::Offer kOffer = shop::offer();

/// The shop with the gate's rule for the demo ban.
struct Shop : World {
  Shop() : World(shop::offer().tools) {
    core::create_outbox_schema(storage);
    shop::create_schema(storage);
    storage.query("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
    authority::migrate(storage, 0);
    gate.rule = [](const mcp::Use& use, core::Context& step) -> mcp::Permission {
      if (use.availability == mcp::Availability::demo) return {};
      if (!authority::paused(*step.storage, authority::kAllDeputies, authority::kDemoPause)) return {};
      return {mcp::Permission::Kind::refused, std::string(shop::refusal_when_banned(use.name)), {}};
    };
  }
  int64_t orders() { return storage.query("SELECT count(*) FROM orders").integer(0, 0); }
};

/// The structure of a success, which its text repeats.
json structure(const Reply& reply) {
  CAPTURE(reply.text);
  REQUIRE(reply.status == 200);
  REQUIRE_FALSE(reply.is_tool_error());
  REQUIRE(json::parse(reply.tool_text()) == reply.result()["structuredContent"]);
  return reply.result()["structuredContent"];
}

}  // namespace

TEST_CASE("Shop: seven tools, in order, the first callable without arguments") {
  Shop shop;
  const json tools = ModernClient(shop).call("tools/list").result()["tools"];
  std::vector<std::string> names;
  for (const json& tool : tools) names.push_back(tool["name"]);
  CHECK(names == std::vector<std::string>{"listMcpShopInventory", "buyMcpShopItem", "listMcpShopOrders",
                                          "getUserInfo", "setDemoMode", "clearDemoMode", "prettyPlease"});
  for (const json& tool : tools) {
    CAPTURE(tool["name"]);
    CHECK_FALSE(tool["title"].get<std::string>().empty());
    CHECK_FALSE(tool["description"].get<std::string>().empty());
    CHECK(tool["inputSchema"]["type"] == "object");
    if (tool.contains("outputSchema")) CHECK(tool["outputSchema"]["type"] == "object");
  }
  CHECK_FALSE(ModernClient(shop).call_tool(names[0]).is_tool_error());
}

TEST_CASE("Shop: the demo tools are there in demonstrations only") {
  Shop shop;
  shop.config.demo_mode = core::Switch::off;
  CHECK(ModernClient(shop).call("tools/list").result()["tools"].size() == 4);
  CHECK(ModernClient(shop).call_tool("setDemoMode", {{"mode", "banned"}}).code() == -32602);
}

TEST_CASE("Shop: buying needs shop:buy, everything else shop:read") {
  for (const mcp::Tool& tool : kOffer.tools) {
    CHECK(tool.scope == (tool.name == "buyMcpShopItem" ? "shop:buy" : "shop:read"));
  }
}

TEST_CASE("Shop: annotations tell readers from writers") {
  for (const mcp::Tool& tool : kOffer.tools) {
    CAPTURE(tool.name);
    const bool reads = tool.name.starts_with("list") || tool.name.starts_with("get");
    CHECK((tool.annotations.effect == mcp::Annotations::Effect::read_only) == reads);
  }
}

TEST_CASE("Shop: the inventory begins with the free shirt, and all of it comes in five sizes") {
  Shop shop;
  const json inventory = structure(ModernClient(shop).call_tool("listMcpShopInventory"));
  CHECK(inventory["title"] == "mcp.shop inventory");
  REQUIRE(inventory["products"].size() == 3);
  CHECK(inventory["products"][0] == json{{"label", "MCP T-Shirt"},
                                         {"description", "A comfortable shirt featuring the MCP logo"},
                                         {"sizes", {"S", "M", "L", "XL", "XXL"}},
                                         {"price", "Free with MCP Server"},
                                         {"item", "mcp-tshirt"},
                                         {"minorUnits", 0},
                                         {"currency", "EUR"}});
  CHECK(inventory["products"][2]["price"] == "45.00 EUR");
  CHECK(inventory["products"][2]["minorUnits"] == 4500);
}

TEST_CASE("Shop: an order of several items of another kind says what it costs") {
  Shop shop;
  ModernClient client(shop);
  const json hoodies = with(with(kPurchase, "item", "mcp-hoodie"), "quantity", 10);
  const json order = structure(client.call_tool("buyMcpShopItem", hoodies))["order"];
  CHECK(order["item"] == "mcp-hoodie");
  CHECK(order["quantity"] == 10);
  CHECK(order["minorUnits"] == 45000);
  for (const json& quantity : {json(0), json(11), json("2")}) {
    CHECK(client.call_tool("buyMcpShopItem", with(hoodies, "quantity", quantity)).is_tool_error());
  }
  CHECK(client.call_tool("buyMcpShopItem", with(kPurchase, "item", "hat")).is_tool_error());
}

TEST_CASE("Shop: a purchase is an order of the person, listed at once") {
  Shop shop;
  ModernClient client(shop);
  const json answer = structure(client.call_tool("buyMcpShopItem", kPurchase));
  CHECK(answer["status"] == "success");
  CHECK(answer["message"] == "Order placed successfully!");
  json order = answer["order"];
  CHECK(order["id"].get<std::string>().size() == 36);
  order.erase("id");
  CHECK(order == json{{"userId", "user_alice"},
                      {"email", "alice@example.com"},
                      {"company", "Acme"},
                      {"mailingAddress", "1 Main St\nSpringfield"},
                      {"tshirtSize", "XL"},
                      {"item", "mcp-tshirt"},
                      {"quantity", 1},
                      {"minorUnits", 0},
                      {"currency", "EUR"},
                      {"orderDate", core::iso8601(shop.now)},
                      {"status", "confirmed"}});

  const json list = structure(client.call_tool("listMcpShopOrders"));
  CHECK(list["title"] == "Your MCP Shop Orders");
  CHECK(list["status"] == "success");
  CHECK(list["total"] == 1);
  CHECK(list["orders"][0] == answer["order"]);
  CHECK_FALSE(list.contains("nextCursor"));
}

TEST_CASE("Shop: an empty order book is a list without orders") {
  Shop shop;
  const json list = structure(ModernClient(shop).call_tool("listMcpShopOrders"));
  CHECK(list["orders"] == json::array());
  CHECK(list["total"] == 0);
  CHECK_FALSE(list.contains("nextCursor"));
}

TEST_CASE("Shop: older clients get the same as text alone") {
  Shop shop;
  for (const std::string& revision : testing::kLegacyRevisions) {
    CAPTURE(revision);
    LegacyClient client(shop, revision);
    const Reply reply = client.call_tool("buyMcpShopItem", kPurchase);
    CHECK(json::parse(reply.tool_text())["order"]["status"] == "confirmed");
    CHECK(reply.result().contains("structuredContent") == (revision >= "2025-06-18"));
  }
  CHECK(shop.orders() == 4);
}

TEST_CASE("Shop: a purchase that makes no sense is refused in words, and nothing is stored") {
  Shop shop;
  LegacyClient client(shop, "2025-11-25");
  const std::vector<std::pair<json, std::string>> cases = {
      {json::object(), "/company is missing"},
      {with(kPurchase, "company", ""), "/company has 0 characters; it must have at least 1 character."},
      {with(kPurchase, "company", " \t "), "/company is \" \\t \"; it must match the pattern"},
      {with(kPurchase, "company", "   "), "not blank"},
      {with(kPurchase, "company", std::string(201, 'x')),
       "/company has 201 characters; it must have at most 200 characters."},
      {with(kPurchase, "company", "two\nlines"), "without control characters"},
      {with(kPurchase, "company", 7), "/company is 7; it must be a string of 1 to 200 characters."},
      {with(kPurchase, "mailingAddress", std::string(501, 'x')),
       "/mailingAddress has 501 characters; it must have at most 500 characters."},
      {with(kPurchase, "mailingAddress", "\n\n"), "not blank"},
      {with(kPurchase, "mailingAddress", "a\u0007"), "without control characters"},
      {with(kPurchase, "tshirtSize", "xl"), "/tshirtSize is \"xl\"; it must be one of"},
      {with(kPurchase, "tshirtSize", ""), "\"S\", \"M\", \"L\", \"XL\", \"XXL\""},
      {with(kPurchase, "idempotencyKey", ""), "/idempotencyKey has 0 characters"},
      {with(kPurchase, "idempotencyKey", std::string(129, 'k')),
       "/idempotencyKey has 129 characters; it must have at most 128 characters."},
      {with(kPurchase, "colour", "red"), "/colour is unknown; it must be left out"},
  };
  for (const auto& [arguments, words] : cases) {
    const Reply reply = client.call_tool("buyMcpShopItem", arguments);
    CAPTURE(reply.text, words);
    CHECK(reply.is_tool_error());
    CHECK(reply.tool_text().find(words) != std::string::npos);
  }
  CHECK(shop.orders() == 0);
  CHECK_FALSE(core::next_due(shop.storage));
}

TEST_CASE("Shop: what is just within the limits is sold") {
  Shop shop;
  LegacyClient client(shop, "2025-11-25");
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "👋";
  CHECK_FALSE(client.call_tool("buyMcpShopItem", with(kPurchase, "company", wide)).is_tool_error());
  CHECK_FALSE(client.call_tool("buyMcpShopItem", with(kPurchase, "mailingAddress", std::string(500, 'x')))
                  .is_tool_error());
  CHECK_FALSE(client.call_tool("buyMcpShopItem", with(kPurchase, "idempotencyKey", std::string(128, 'k')))
                  .is_tool_error());
}

TEST_CASE("Shop: the same key and the same arguments are the same purchase") {
  Shop shop;
  LegacyClient client(shop, "2025-11-25");
  const json arguments = with(kPurchase, "idempotencyKey", "once");
  const json first = structure(client.call_tool("buyMcpShopItem", arguments));
  shop.now = shop.now + core::days(3);
  const int64_t written = shop.storage.rows_written();
  // Another session, and the arguments in another order of bytes.
  const json again = structure(ModernClient(shop).call_tool("buyMcpShopItem", arguments));
  CHECK(again["order"] == first["order"]);
  CHECK(again["status"] == "success");
  CHECK(again["message"].get<std::string>().find("already placed") != std::string::npos);
  CHECK(shop.storage.rows_written() == written);
  CHECK(shop.orders() == 1);
}

TEST_CASE("Shop: the same key with other arguments is an error") {
  Shop shop;
  ModernClient client(shop);
  structure(client.call_tool("buyMcpShopItem", with(kPurchase, "idempotencyKey", "once")));
  for (const char* changed : {"company", "mailingAddress", "tshirtSize"}) {
    const json arguments = with(with(kPurchase, "idempotencyKey", "once"), changed, "M");
    const Reply reply = client.call_tool("buyMcpShopItem", arguments);
    CAPTURE(reply.text);
    CHECK(reply.is_tool_error());
    CHECK(reply.tool_text().find("\"once\" belongs to an earlier order") != std::string::npos);
  }
  CHECK(shop.orders() == 1);
}

TEST_CASE("Shop: without a key each call is a purchase") {
  Shop shop;
  ModernClient client(shop);
  const json first = structure(client.call_tool("buyMcpShopItem", kPurchase));
  const json second = structure(client.call_tool("buyMcpShopItem", kPurchase));
  CHECK(first["order"]["id"] != second["order"]["id"]);
  CHECK(shop.orders() == 2);
}

TEST_CASE("Shop: an order's copy waits in the outbox from the same step on, and sets the alarm") {
  Shop shop;
  const json order = structure(ModernClient(shop).call_tool("buyMcpShopItem", kPurchase))["order"];
  REQUIRE(shop.alarm);
  CHECK(*shop.alarm - shop.now == core::kBatchDelay);
  core::Context later = shop.step();
  later.now = *shop.alarm;
  const std::vector<core::Delivery> due = core::due(later, 10);
  REQUIRE(due.size() == 1);
  const auto& copy = std::get<core::PutCopy>(due[0].effect);
  CHECK(copy.binding == "ORDERS");
  CHECK(copy.key == "order:user_alice:" + order["id"].get<std::string>());
  CHECK(json::parse(copy.value) == order);
  CHECK(copy.ttl_seconds <= 30u * 86'400u);
  CHECK(copy.ttl_seconds >= 30u * 86'400u - 1u);
}

TEST_CASE("Shop: reading sets no alarm and writes nothing") {
  Shop shop;
  ModernClient client(shop);
  structure(client.call_tool("buyMcpShopItem", kPurchase));
  const int64_t written = shop.storage.rows_written();
  client.call_tool("listMcpShopOrders");
  client.call_tool("listMcpShopInventory");
  client.call_tool("getUserInfo");
  CHECK_FALSE(shop.alarm);
  CHECK(shop.storage.rows_written() == written);
}

TEST_CASE("Shop: 1,100 orders come back whole, newest first, page by page") {
  Shop shop;
  ModernClient client(shop);
  std::vector<std::string> bought;
  for (int i = 0; i < 1'100; ++i) {
    shop.now = shop.now + core::milliseconds(i % 3);  // some in the same millisecond
    const Reply reply = client.call_tool("buyMcpShopItem", kPurchase);
    bought.push_back(reply.result()["structuredContent"]["order"]["id"]);
  }
  std::reverse(bought.begin(), bought.end());

  std::vector<std::string> listed;
  json arguments = {{"limit", 200}};
  int pages = 0;
  for (;;) {
    const json page = structure(client.call_tool("listMcpShopOrders", arguments));
    ++pages;
    CHECK(page["total"] == 1'100 + (pages > 1 ? 1 : 0));
    for (const json& order : page["orders"]) listed.push_back(order["id"]);
    if (!page.contains("nextCursor")) break;
    CHECK(page["orders"].size() == 200);
    arguments["cursor"] = page["nextCursor"];
    // An order placed in between does not move what is still to come.
    if (pages == 1) structure(client.call_tool("buyMcpShopItem", kPurchase));
  }
  CHECK(pages == 6);
  CHECK(listed == bought);
}

TEST_CASE("Shop: the page is 50 orders unless asked otherwise, and the last one has no cursor") {
  Shop shop;
  ModernClient client(shop);
  for (int i = 0; i < 100; ++i) structure(client.call_tool("buyMcpShopItem", kPurchase));
  const json first = structure(client.call_tool("listMcpShopOrders"));
  CHECK(first["orders"].size() == 50);
  const json second = structure(client.call_tool("listMcpShopOrders", {{"cursor", first["nextCursor"]}}));
  CHECK(second["orders"].size() == 50);
  CHECK_FALSE(second.contains("nextCursor"));
  CHECK(structure(client.call_tool("listMcpShopOrders", {{"limit", 1}}))["orders"].size() == 1);
  CHECK_FALSE(structure(client.call_tool("listMcpShopOrders", {{"limit", 100}})).contains("nextCursor"));
}

TEST_CASE("Shop: a cursor or a limit that nobody gave is told as such") {
  Shop shop;
  ModernClient client(shop);
  structure(client.call_tool("buyMcpShopItem", kPurchase));
  for (const char* cursor : {"x", "before-", "before-0", "before--5", "before-1x", "before-01", "before-+1",
                             " before-1", "before-99999999999999999999", "BEFORE-1", "1"}) {
    CAPTURE(cursor);
    const Reply reply = client.call_tool("listMcpShopOrders", {{"cursor", cursor}});
    CHECK(reply.is_tool_error());
    CHECK(reply.tool_text().find("cursor is not valid") != std::string::npos);
  }
  const std::vector<std::pair<json, std::string>> limits = {{0, "at least 1"},
                                                            {201, "at most 200"},
                                                            {-1, "at least 1"},
                                                            {"50", "an integer from 1 to 200"},
                                                            {1.5, "an integer from 1 to 200"}};
  for (const auto& [limit, words] : limits) {
    const Reply reply = client.call_tool("listMcpShopOrders", {{"limit", limit}});
    CAPTURE(reply.text);
    CHECK(reply.is_tool_error());
    CHECK(reply.tool_text().find(words) != std::string::npos);
  }
}

TEST_CASE("Shop: getUserInfo is for those with the permission, and shows no token") {
  Shop shop;
  ModernClient client(shop);
  const Reply refused = client.call_tool("getUserInfo");
  CHECK(refused.is_tool_error());
  CHECK(refused.tool_text() == "Sorry, bruh. You don't have these permissions.");

  shop.alice.permissions = {"shop:administer", "admin", "shop:admi"};
  CHECK(client.call_tool("getUserInfo").is_tool_error());

  shop.alice.permissions = {"other", "shop:admin"};
  CHECK(structure(client.call_tool("getUserInfo")) ==
        json{{"subject", "user_alice"},
             {"email", "alice@example.com"},
             {"name", "Alice"},
             {"permissions", {"other", "shop:admin"}},
             {"client", {{"id", "client-1"}, {"name", "Client One"}}}});
}

TEST_CASE("Shop: the demo ban holds at once in every session and client, and the demo tools lift it") {
  Shop shop;
  LegacyClient here(shop, "2025-11-25");
  LegacyClient there(shop, "2025-03-26");
  ModernClient modern(shop);
  CHECK(here.call_tool("setDemoMode", {{"mode", "banned"}}).tool_text() == "Demo mode set to banned.");

  const Reply refused = there.call_tool("buyMcpShopItem", kPurchase);
  CHECK(refused.status == 200);
  CHECK(refused.is_tool_error());
  CHECK(refused.tool_text() == "ABSOLUTELY NOT. GO AWAY 👋");
  CHECK(modern.call_tool("listMcpShopInventory").tool_text() ==
        "You again, we're not letting you get a shirt after what happened at MCP Night.");
  CHECK(modern.call_tool("listMcpShopOrders").is_tool_error());
  CHECK(modern.call_tool("getUserInfo").is_tool_error());
  CHECK(shop.orders() == 0);
  CHECK(modern.call("tools/list").result()["tools"].size() == 7);

  SECTION("by setDemoMode") {
    CHECK(there.call_tool("setDemoMode", {{"mode", "normal"}}).tool_text() == "Demo mode set to normal.");
  }
  SECTION("by clearDemoMode") {
    CHECK(there.call_tool("clearDemoMode").tool_text() == "You are back to normal, dude.");
  }
  SECTION("by prettyPlease") {
    CHECK(there.call_tool("prettyPlease").tool_text() ==
          "Fine, you can order since you said \"pretty please\".");
  }
  CHECK_FALSE(here.call_tool("buyMcpShopItem", kPurchase).is_tool_error());
  CHECK(shop.orders() == 1);
}

TEST_CASE("Shop: the demo tools lift the demo ban alone") {
  Shop shop;
  ModernClient client(shop);
  authority::pause(shop.storage, authority::kAllDeputies, "human", shop.now);
  client.call_tool("setDemoMode", {{"mode", "banned"}});
  client.call_tool("setDemoMode", {{"mode", "normal"}});
  client.call_tool("clearDemoMode");
  client.call_tool("prettyPlease");
  CHECK(authority::paused(shop.storage, authority::kAllDeputies, "human"));
  CHECK_FALSE(authority::paused(shop.storage, authority::kAllDeputies, authority::kDemoPause));
}

TEST_CASE("Shop: demo tools check their arguments like any other") {
  Shop shop;
  ModernClient client(shop);
  CHECK(client.call_tool("setDemoMode").is_tool_error());
  CHECK(client.call_tool("setDemoMode", {{"mode", "BANNED"}}).is_tool_error());
  CHECK(client.call_tool("clearDemoMode", {{"mode", "normal"}}).is_tool_error());
  CHECK(client.call_tool("prettyPlease", {{"please", true}}).is_tool_error());
  CHECK_FALSE(authority::paused(shop.storage, authority::kAllDeputies, authority::kDemoPause));
}

TEST_CASE("Shop: every tool but the demo tools has words of its own for a banned person") {
  std::set<std::string_view> seen;
  for (const mcp::Tool& tool : kOffer.tools) {
    if (tool.availability == mcp::Availability::demo) continue;
    const std::string_view refusal = shop::refusal_when_banned(tool.name);
    CHECK_FALSE(refusal.empty());
    CHECK(seen.insert(refusal).second);
  }
  CHECK_FALSE(shop::refusal_when_banned("anything else").empty());
}

TEST_CASE("Shop: erasing empties company and address of all orders, and deletes their copies") {
  Shop shop;
  const auto place = [&](std::optional<std::string> key) {
    core::Context step = shop.step();
    shop::Purchase purchase{"Acme \"&\" Söhne", "1 Road\nTown", "M"};
    purchase.idempotency_key = std::move(key);
    return shop::place_order(step, {"user_1", "ada@example.com"}, purchase);
  };
  const std::string id = std::get<shop::Placed>(place("once")).id;
  const json before = json::parse(*shop::find_order(shop.storage, id));
  shop.now = shop.now + shop::kCopyLifetime;
  const std::string later = std::get<shop::Placed>(place({})).id;
  const auto erase = [&] {
    core::Context step = shop.step();
    return shop::erase_personal_details(step);
  };
  CHECK(erase() == 2);
  json after = before;
  after["company"] = after["mailingAddress"] = "";
  CHECK(json::parse(*shop::find_order(shop.storage, id)) == after);
  // The copy of the first has expired.
  const core::Rows deletions = shop.storage.query("SELECT key FROM deliveries WHERE kind = 'delete'");
  REQUIRE(deletions.size() == 1);
  CHECK(deletions.text(0, 0) == "order:user_1:" + later);
  CHECK(erase() == 0);
  // Whether it is the same purchase cannot be told any more, so nothing is bought under its key.
  CHECK(std::holds_alternative<shop::KeyInUse>(place("once")));
  CHECK(shop.orders() == 2);
}
