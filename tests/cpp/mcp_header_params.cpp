// Arguments that clients repeat in headers (MCP 2026-07-28, basic/transports, "Custom Headers from Tool
// Parameters").
#include "mcp/header_params.h"

#include "call_support.h"
#include "mcp/catalogue.h"

using namespace testing;

namespace {

constexpr std::string_view kSchema = R"({"type":"object","properties":{
  "region":{"type":"string","x-mcp-header":"Region"},
  "count":{"type":"integer","x-mcp-header":"Count"},
  "dry":{"type":"boolean","x-mcp-header":"Dry-Run"},
  "place":{"type":"object","properties":{"city":{"type":"string","x-mcp-header":"City"}}}}})";

struct Routed : World {
  Routed()
      : World([] {
          mcp::Offer offer = scripted_offer();
          offer.tools[0].input_schema = std::string(kSchema);
          return offer;
        }()) {
    act = [](mcp::Call&) { return said("ran"); };
  }
  Reply call(const json& arguments, const HeaderList& headers) {
    ModernClient client(*this);
    client.more_headers = headers;
    return client.call_tool("act", arguments);
  }
  /// "" where the call ran, else the header that was wrong.
  std::string fault(const json& arguments, const HeaderList& headers) {
    const Reply reply = call(arguments, headers);
    if (reply.status == 200) return "";
    CHECK(reply.status == 400);
    CHECK(reply.code() == -32020);
    return reply.error()["data"]["header"];
  }
};

std::vector<std::string> headers_of(std::string_view schema) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(schema);
  REQUIRE(parsed.ok());
  std::vector<std::string> names;
  const mcp::HeaderParams found = mcp::header_params(parsed.root);
  for (const mcp::HeaderParam& param : found.all) names.push_back(param.header);
  if (!found.problem.empty()) names.push_back("problem");
  return names;
}
using Names = std::vector<std::string>;

std::string property(std::string_view name, std::string_view schema) {
  return core::json_quote(name) + ':' + std::string(schema);
}
std::string object(const std::string& properties) {
  return R"({"type":"object","properties":{)" + properties + "}}";
}

}  // namespace

TEST_CASE("Header params: what is in the arguments is in the headers") {
  Routed world;
  const json all = {{"region", "eu"}, {"count", 3}, {"dry", true}, {"place", {{"city", "Bern"}}}};
  const HeaderList right = {{"Mcp-Param-Region", "eu"},
                            {"mcp-param-COUNT", " 3 "},
                            {"Mcp-Param-Dry-Run", "true"},
                            {"Mcp-Param-City", "Bern"}};
  CHECK(world.fault(all, right) == "");
  for (size_t i = 0; i < right.size(); ++i) {
    HeaderList less = right;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(core::equal_ignoring_case(world.fault(all, less), right[i].first));
    HeaderList other = right;
    other[i].second = "x";
    CHECK(core::equal_ignoring_case(world.fault(all, other), right[i].first));
  }
  CHECK(world.gate.asked.size() == 1);  // before the gate
}

TEST_CASE("Header params: what is not in the arguments is in no header") {
  Routed world;
  CHECK(world.fault(kNothing, {}) == "");
  CHECK(world.fault({{"place", kNothing}}, {}) == "");
  CHECK(world.fault(kNothing, {{"Mcp-Param-Region", "eu"}}) == "Mcp-Param-Region");
  CHECK(world.fault(kNothing, {{"Mcp-Param-Unknown", "x"}}) == "");
  // The schema refuses null here; headers have nothing to say of it.
  CHECK(world.call({{"region", nullptr}}, {}).is_tool_error());
  CHECK(world.fault({{"region", nullptr}}, {{"Mcp-Param-Region", "null"}}) == "Mcp-Param-Region");
}

TEST_CASE("Header params: texts are compared whole, and may be wrapped in base64") {
  Routed world;
  const auto fits = [&](const std::string& text, const std::string& header) {
    return world.fault({{"region", text}}, {{"Mcp-Param-Region", header}}).empty();
  };
  CHECK(fits("eu", "eu"));
  CHECK(fits("eu", "=?base64?ZXU=?="));
  CHECK(fits("é", "=?base64?w6k=?="));
  CHECK(fits("", ""));
  CHECK(fits("=?base64?ZXU=", "=?base64?ZXU="));
  CHECK_FALSE(fits("eu", "EU"));
  CHECK_FALSE(fits("eu", "=?base64?ZXU?="));
  CHECK_FALSE(fits("eu", "=?base64?!!!!?="));
  CHECK_FALSE(fits("eu", ""));
  CHECK_FALSE(world.fault({{"region", 7}}, {{"Mcp-Param-Region", "7"}}).empty());
}

TEST_CASE("Header params: integers are compared as numbers") {
  Routed world;
  const auto fits = [&](const json& number, const std::string& header) {
    return world.fault({{"count", number}}, {{"Mcp-Param-Count", header}}).empty();
  };
  CHECK(fits(42, "42"));
  CHECK(fits(42, "42.0"));
  CHECK(fits(42.0, "42"));
  CHECK(fits(42, "4.2e1"));
  CHECK(fits(-1, "-1"));
  CHECK(fits(0, "0"));
  for (const char* wrong : {"41", "42x", "", "0x2A", "042", "+42", "\"42\"", "true", "[42]"}) {
    CAPTURE(wrong);
    CHECK_FALSE(fits(42, wrong));
  }
  CHECK_FALSE(fits("42", "42"));
}

TEST_CASE("Header params: booleans are true and false") {
  Routed world;
  CHECK(world.fault({{"dry", false}}, {{"Mcp-Param-Dry-Run", "false"}}) == "");
  for (const char* wrong : {"true", "False", "0", ""}) {
    CHECK(world.fault({{"dry", false}}, {{"Mcp-Param-Dry-Run", wrong}}) == "Mcp-Param-Dry-Run");
  }
}

TEST_CASE("Header params: older eras know nothing of them") {
  Routed world;
  for (const std::string& revision : kLegacyRevisions) {
    LegacyClient client(world, revision);
    CHECK(client
              .post(request_json(1, "tools/call", {{"name", "act"}, {"arguments", {{"region", "eu"}}}}),
                    {{"Mcp-Param-Region", "other"}})
              .tool_text() == "ran");
  }
}

TEST_CASE("Header params: a mistaken annotation is left out and reported") {
  const std::string fine = R"({"type":"string","x-mcp-header":"A"})";
  CHECK(headers_of(object(property("a", fine))) == Names{"Mcp-Param-A"});
  CHECK(headers_of(object(property("a", R"({"type":"string","x-mcp-header":"A-b.1!"})"))) ==
        Names{"Mcp-Param-A-b.1!"});
  for (const char* wrong :
       {R"({"type":"string","x-mcp-header":""})", R"({"type":"string","x-mcp-header":"A b"})",
        R"({"type":"string","x-mcp-header":"A:"})", R"({"type":"string","x-mcp-header":"é"})",
        R"({"type":"number","x-mcp-header":"A"})", R"({"type":"array","x-mcp-header":"A"})",
        R"({"type":"object","x-mcp-header":"A"})", R"({"type":["string","null"],"x-mcp-header":"A"})",
        R"({"x-mcp-header":"A"})"}) {
    CAPTURE(wrong);
    CHECK(headers_of(object(property("a", wrong))) == Names{"problem"});
  }
  CHECK(headers_of(
            object(property("a", fine) + ',' + property("b", R"({"type":"string","x-mcp-header":"a"})"))) ==
        Names{"Mcp-Param-A", "problem"});
  mcp::Offer offer = scripted_offer();
  CHECK(mcp::Catalogue(offer).problems().empty());
  offer.tools[0].input_schema = object(property("a", R"({"type":"string","x-mcp-header":"A b"})"));
  CHECK(mcp::Catalogue(offer).problems().size() == 1);
}

TEST_CASE("Header params: they are reached by properties alone") {
  const std::string fine = R"({"type":"string","x-mcp-header":"A"})";
  CHECK(headers_of(object(property("o", object(property("p", object(property("a", fine))))))) ==
        Names{"Mcp-Param-A"});
  for (const std::string& hidden :
       {R"({"type":"array","items":)" + fine + '}', R"({"anyOf":[)" + fine + "]}",
        R"({"allOf":[)" + fine + "]}", R"({"$defs":{"a":)" + fine + R"(},"$ref":"#/$defs/a"})",
        R"({"additionalProperties":)" + fine + '}', R"({"if":)" + object(property("a", fine)) + '}'}) {
    CAPTURE(hidden);
    CHECK(headers_of(object(property("x", hidden))).empty());
    CHECK(headers_of(hidden).empty());
  }
  CHECK(headers_of("true").empty());
  CHECK(headers_of(R"({"properties":[]})").empty());
}

TEST_CASE("A catalogue knows the mistakes of whoever wrote it") {
  mcp::Offer offer = scripted_offer();
  offer.tools[1].name = "act";
  CHECK(mcp::Catalogue(offer).problems().size() == 1);
  for (const char* wrong :
       {"{", "", R"({"type":"nonsense"})", R"({"pattern":"("})", R"({"$ref":"#/nowhere"})"}) {
    CAPTURE(wrong);
    offer = scripted_offer();
    offer.tools[0].input_schema = wrong;
    CHECK(mcp::Catalogue(offer).problems().size() == 1);
    World world(offer);
    act = [](mcp::Call&) { return said("ran"); };
    // Nothing runs on arguments that nobody checked.
    CHECK(ModernClient(world).call_tool("act").is_tool_error());
  }
}
