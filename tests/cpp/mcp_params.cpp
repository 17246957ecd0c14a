// The params of a call as they are kept and compared.
#include "mcp/params.h"

#include "support.h"

using testing::World;

namespace {

std::string kept(std::string_view params) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(params);
  REQUIRE(parsed.ok());
  return mcp::params_to_keep(parsed.root);
}

std::string digest(std::string_view params) {
  World world;
  core::Context step = world.step();
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(params);
  REQUIRE(parsed.ok());
  return mcp::params_digest(step, parsed.root);
}

}  // namespace

TEST_CASE("Params are kept without what changes from one try to the next") {
  CHECK(kept("{}") == "{}");
  CHECK(kept(R"({"_meta":{"a":1},"inputResponses":{},"requestState":"s"})") == "{}");
  CHECK(
      kept(R"({"name":"x","_meta":{},"arguments":{"_meta":1,"requestState":2},"inputResponses":{"k":1}})") ==
      R"({"name":"x","arguments":{"_meta":1,"requestState":2}})");
  CHECK(kept(R"({"a":[1,2.5,"\u00e9\"",null,true]})") == R"({"a":[1,2.5,"é\"",null,true]})");
}

TEST_CASE("Equal params have equal digests, however they were written") {
  const std::string one = digest(R"({"name":"x","arguments":{"b":[{"d":1,"c":2}],"a":"\u0041"}})");
  CHECK(one.size() == 64);
  CHECK(digest(R"( { "arguments" : {"a":"A","b":[{"c":2,"d":1}]}, "name":"x", "_meta":{"x":9} })") == one);
  CHECK(
      digest(
          R"({"name":"x","arguments":{"b":[{"d":1,"c":2}],"a":"A"},"requestState":"s","inputResponses":7})") ==
      one);
}

TEST_CASE("Params that differ have digests that differ") {
  const std::vector<std::string> all = {"{}",
                                        R"({"a":1})",
                                        R"({"a":"1"})",
                                        R"({"a":[1]})",
                                        R"({"a":{"b":1}})",
                                        R"({"a":{"b":1,"c":2}})",
                                        R"({"a":{"b":1},"c":2})",
                                        R"({"a":[1,2]})",
                                        R"({"a":[2,1]})",
                                        R"({"a":[[1],2]})",
                                        R"({"a":[1,[2]]})",
                                        R"({"a":null})",
                                        R"({"a":""})",
                                        R"({"a":{}})",
                                        R"({"a":[]})",
                                        R"({"a":"b,c"})",
                                        R"({"a":"b","c":""})",
                                        R"({"a":"{\"b\":1}"})"};
  std::set<std::string> digests;
  for (const std::string& params : all) {
    CAPTURE(params);
    CHECK(digests.insert(digest(params)).second);
  }
}
