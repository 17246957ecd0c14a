// W3C Trace Context: what is a trace, and what goes on with a request.
#include "core/trace_context.h"

#include "support.h"

using namespace testing;
using core::TraceContext;

namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";
const std::string kWhole = "00-" + kTrace + '-' + kParent + "-01";

}  // namespace

TEST_CASE("Trace context: traceparent of version 00 names a trace, and whether it is sampled") {
  const TraceContext trace = core::read_trace(kWhole, "");
  CHECK(trace.trace_id == kTrace);
  CHECK(trace.sampled == TraceContext::Sampled::yes);
  CHECK(core::read_trace("00-" + kTrace + '-' + kParent + "-00", "").sampled == TraceContext::Sampled::no);
  // Other flags than the first mean nothing yet.
  CHECK(core::read_trace("00-" + kTrace + '-' + kParent + "-0a", "").sampled == TraceContext::Sampled::no);
  CHECK(core::read_trace("00-" + kTrace + '-' + kParent + "-ff", "").sampled == TraceContext::Sampled::yes);
}

TEST_CASE("Trace context: what is not to the letter is no trace") {
  const std::string zeros(32, '0');
  for (const std::string& text :
       {std::string(), kWhole + "-", kWhole + "0", kWhole.substr(1), "01" + kWhole.substr(2),
        "ff" + kWhole.substr(2), "00-" + zeros + '-' + kParent + "-01",
        "00-" + kTrace + '-' + zeros.substr(16) + "-01",
        "00-" + core::lower(kTrace).replace(3, 1, "G") + '-' + kParent + "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" + kParent + "-01", "00-" + kTrace + '_' + kParent + "-01",
        "00-" + kTrace + '-' + kParent + "_01", "00-" + kTrace + '-' + kParent + "-0g",
        kWhole + ", " + kWhole}) {
    CAPTURE(text);
    CHECK_FALSE(core::read_trace(text, "a=b").exists());
  }
}

TEST_CASE("Trace context: tracestate goes on where it is well-formed, and costs no trace where it is not") {
  const auto state = [](const std::string& text) { return core::read_trace(kWhole, text).state; };
  for (const std::string& text :
       {std::string("rojo=00f067aa0ba902b7"), std::string("a=1,b@c=x y;:z"), "a=" + std::string(256, 'v')}) {
    CHECK(state(text) == text);
  }
  std::string many = "k0=v";
  for (int i = 1; i < 33; ++i) many += ",k" + std::to_string(i) + "=v";
  for (const std::string& text :
       {std::string("a"), std::string("=b"), std::string("a="), std::string("A=b"), std::string("a=b=c"),
        std::string("a=\x01"), std::string("a=\xc3\xa9"), "a=" + std::string(257, 'v'), many,
        "a=" + std::string(255, 'v') + ",b=" + std::string(255, 'v')}) {
    CAPTURE(text);
    CHECK(state(text).empty());
    CHECK(core::read_trace(kWhole, text).exists());
  }
}

TEST_CASE("Trace context: what is fetched belongs to the trace, each with a parent of its own") {
  NativeCrypto crypto;
  core::Entropy entropy(crypto, std::string(32, 'e'));
  TraceContext trace = core::read_trace(kWhole, "rojo=1");
  std::vector<std::string> parents;
  for (int i = 0; i < 2; ++i) {
    core::Headers headers;
    core::add_trace(headers, trace, entropy);
    const std::string sent(headers.get("traceparent").value_or(""));
    CHECK(core::read_trace(sent, "").trace_id == kTrace);
    CHECK(core::read_trace(sent, "").sampled == TraceContext::Sampled::yes);
    CHECK(headers.get("tracestate") == "rojo=1");
    parents.push_back(sent.substr(36, 16));
  }
  CHECK(parents[0] != kParent);
  CHECK(parents[0] != parents[1]);
}

TEST_CASE("Trace context: without a trace one begins, and a request that has one keeps it") {
  NativeCrypto crypto;
  core::Entropy entropy(crypto, std::string(32, 'e'));
  TraceContext trace;
  core::Headers headers;
  core::add_trace(headers, trace, entropy);
  CHECK(trace.exists());
  const std::string sent(headers.get("traceparent").value_or(""));
  CHECK(core::read_trace(sent, "").trace_id == trace.trace_id);
  CHECK(core::read_trace(sent, "").sampled == TraceContext::Sampled::no);
  CHECK_FALSE(headers.has("tracestate"));
  core::add_trace(headers, trace, entropy);
  CHECK(headers.fields().size() == 1);
}
