// What is said of a request that failed inside: nothing that is not known.
#include "app_support.h"
#include "continuations.h"

using namespace testing;
using Reached = core::Fault::Reached;

namespace {

core::Fault fault(std::string path, Reached reached, std::string continuation = {}) {
  core::Request request;
  request.method = "POST";
  request.url = std::string(kOrigin) + std::move(path);
  request.body = R"({"jsonrpc":"2.0","id":7,"method":"tools/call"})";
  return {std::move(request), reached, std::move(continuation)};
}

}  // namespace

TEST_CASE("Fault: that nothing was changed is said only where it is known") {
  AppHost host;
  const auto said = [&](Reached reached, std::string continuation = {}) {
    const core::Outcome outcome = host.in_object(fault("/mcp", reached, std::move(continuation)));
    CHECK(response_of(outcome).status == 500);
    const json answer = json::parse(body_of(outcome));
    CHECK(answer["id"] == 7);
    CHECK(answer["error"]["code"] == -32603);
    return answer["error"]["message"].get<std::string>();
  };
  const std::string nothing = "Internal error: nothing was changed.";
  const std::string unknown = "Internal error: it may have been done, or not; look before you ask again.";
  CHECK(said(Reached::us) == nothing);
  CHECK(said(Reached::us, continuation(Machine::validate, "a token is looked up")) == nothing);
  CHECK(said(Reached::us, continuation(Machine::mcp, "an API was asked")) == unknown);
  CHECK(said(Reached::others) == unknown);
}

TEST_CASE("Fault: a page says the same") {
  AppHost host;
  for (const char* path : {"/authority/grants", "/consent"}) {
    CHECK(contains(body_of(host.at_edge(fault(path, Reached::us))), "nothing was changed"));
    CHECK(contains(body_of(host.at_edge(fault(path, Reached::others))), "look whether it was done"));
  }
}
