// A step as bytes: inputs that are read back as they were written, outputs byte by byte, and nothing of
// bytes that are neither.
#include "core/step.h"

#include <cmath>

#include "app_support.h"

using namespace testing;

namespace {

const std::string kSeed(32, 's');
constexpr core::Instant kNow{1'790'000'000'123};

template <typename T>
T round_trip(const T& input) {
  const std::string bytes = core::encode_input(kNow, kSeed, input);
  const std::optional<core::Begun> begun = core::decode_input(bytes);
  REQUIRE(begun);
  CHECK(begun->now == kNow);
  CHECK(begun->entropy == kSeed);
  REQUIRE(std::holds_alternative<T>(begun->input));
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(core::decode_input(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(core::decode_input(bytes + '\0'));
  return std::get<T>(begun->input);
}

struct Bytes : World {
  /// An output as it is written, after what every output begins with.
  std::string output(const core::Outcome& outcome) {
    core::Context context = step();
    return core::encode_output(outcome, context);
  }
};

/// The beginning of an output that leaves nothing behind.
core::WireWriter nothing_left() {
  core::WireWriter writer;
  writer.f64(0);
  for (int list = 0; list < 4; ++list) writer.u32(0);
  return writer;
}

}  // namespace

TEST_CASE("Step: inputs about streams are read as they were written") {
  CHECK(round_trip(core::StreamOpened{"stream-1"}).stream_id == "stream-1");
  CHECK(round_trip(core::StreamClosed{""}).stream_id == "");
  CHECK(round_trip(core::Lost{std::string("a\0b", 3)}).continuation == std::string("a\0b", 3));
  CHECK(round_trip(core::Wake{}).open_streams.empty());
  CHECK(round_trip(core::Wake{{"a", "", "c"}}).open_streams == std::vector<std::string>{"a", "", "c"});
}

TEST_CASE("Step: a request is read as it was written, with the moment when it came") {
  core::Request request;
  request.method = "POST";
  request.url = "https://shop.example/mcp";
  const core::EdgeRequest edge = round_trip(core::EdgeRequest{request, "192.0.2.1", core::Instant{5}});
  CHECK(edge.arrived == core::Instant{5});
  CHECK(edge.client_address == "192.0.2.1");
  CHECK(edge.request.url == request.url);
  const core::PrincipalRequest principal = round_trip(core::PrincipalRequest{request, core::Instant{6}});
  CHECK(principal.arrived == core::Instant{6});
  CHECK(principal.request.method == "POST");
}

TEST_CASE("Step: results of effects are read as they were written") {
  const core::Resume read =
      round_trip(core::Resume{"continuation", {succeeded("bytes", 404), failed("why"), succeeded()}});
  CHECK(read.continuation == "continuation");
  REQUIRE(read.results.size() == 3);
  CHECK(read.results[0].ok());
  CHECK(read.results[0].code == 404);
  CHECK(read.results[0].bytes == "bytes");
  CHECK_FALSE(read.results[1].ok());
  CHECK(read.results[1].bytes == "why");
}

TEST_CASE("Step: a time that no clock shows is no input") {
  const auto with = [](double now) {
    core::WireWriter writer;
    writer.f64(now);
    std::string bytes = core::encode_input(kNow, kSeed, core::Alarm{});
    return bytes.replace(1, sizeof(double), writer.str());
  };
  const double most = 9007199254740991;  // Number.MAX_SAFE_INTEGER
  for (const double now : {most, -most, 0.0}) CHECK(core::decode_input(with(now)));
  for (const double now : {most + 1, -most - 1, 0.5, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CHECK_FALSE(core::decode_input(with(now)));
  }
}

TEST_CASE("Step: counts that no bytes stand behind are no input") {
  for (const core::Input& input : {core::Input(core::Wake{}), core::Input(core::Resume{"c", {}})}) {
    std::string bytes = core::encode_input(kNow, kSeed, input);
    bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");
    CHECK_FALSE(core::decode_input(bytes));
  }
  std::string unknown = core::encode_input(kNow, kSeed, core::Alarm{});
  unknown.back() = '\x7f';
  CHECK_FALSE(core::decode_input(unknown));
  CHECK_FALSE(core::decode_input(core::encode_input(kNow, "short", core::Alarm{})));
}

TEST_CASE("Step: an answer by a stream names it after its head") {
  Bytes bytes;
  core::RespondStream outcome;
  outcome.head.status = 200;
  outcome.head.headers.add("Content-Type", "text/event-stream");
  outcome.stream_id = "stream-1";
  core::WireWriter expected = nothing_left();
  expected.u8(6);
  core::write(expected, outcome.head);
  expected.bytes("stream-1");
  CHECK(bytes.output(outcome) == expected.str());
}

TEST_CASE("Step: what a step leaves comes before its outcome") {
  Bytes bytes;
  core::Context context = bytes.step();
  context.wake_at(core::Instant{5});
  context.wake_at(core::Instant{7});
  context.writes = {{"a", "text", core::StreamWrite::Then::go_on}, {"b", "", core::StreamWrite::Then::close}};
  context.background = {{{core::Sleep{core::milliseconds(1500)}}, "continuation"}};
  context.log = {"{}"};
  context.points = {{"index", {"text"}, {2}}};
  core::WireWriter expected;
  expected.f64(5);  // the earlier alarm
  expected.u32(2);
  expected.bytes("a");
  expected.bytes("text");
  expected.u8(0);
  expected.bytes("b");
  expected.bytes("");
  expected.u8(1);
  expected.u32(1);
  expected.u32(1);
  expected.u8(8);
  expected.u32(1500);
  expected.bytes("continuation");
  expected.u32(1);
  expected.bytes("{}");
  expected.u32(1);
  expected.bytes("index");
  expected.u32(1);
  expected.bytes("text");
  expected.u32(1);
  expected.f64(2);
  expected.u8(2);
  expected.bytes("reply");
  CHECK(core::encode_output(core::Reply{"reply"}, context) == expected.str());
}

TEST_CASE("Step: what must be fetched is written whole") {
  Bytes bytes;
  core::Fetch fetch{"POST", "https://x.example/", {}, "body"};
  fetch.headers.add("A", "b");
  core::WireWriter expected = nothing_left();
  expected.u8(5);
  expected.u32(2);
  expected.u8(2);
  expected.bytes("POST");
  expected.bytes("https://x.example/");
  core::write(expected, fetch.headers);
  expected.bytes("body");
  expected.u8(8);
  expected.u32(60'000);
  expected.bytes("c");
  CHECK(bytes.output(core::Await{{fetch, core::Sleep{core::minutes(1)}}, "c"}) == expected.str());
}

TEST_CASE("Step: what is done with copies names the namespace and the key") {
  Bytes bytes;
  core::WireWriter expected = nothing_left();
  expected.u8(5);
  expected.u32(3);
  expected.u8(5);
  expected.bytes("COPIES");
  expected.bytes("key");
  expected.bytes("value");
  expected.u32(60);
  expected.u8(9);
  expected.bytes("COPIES");
  expected.bytes("key");
  expected.u8(10);
  expected.bytes("OTHERS");
  expected.bytes("");
  expected.bytes("c");
  CHECK(bytes.output(core::Await{{core::PutCopy{"COPIES", "key", "value", 60}, core::GetCopy{"COPIES", "key"},
                                  core::DeleteCopy{"OTHERS", ""}},
                                 "c"}) == expected.str());
}

TEST_CASE(
    "Step: how a token is verified is written whole, and asks for no more than the token and its keys") {
  Bytes bytes;
  core::WireWriter expected = nothing_left();
  expected.u8(5);
  expected.u32(2);
  expected.u8(3);
  expected.bytes("jwt");
  expected.bytes("https://x.example/keys");
  expected.u32(2);
  expected.bytes("https://x.example");
  expected.bytes("https://y.example");
  expected.bytes("here");
  expected.u8(1);
  expected.u32(2);
  expected.bytes("ES256");
  expected.bytes("EdDSA");
  expected.bytes("at+jwt");
  expected.u32(5);
  expected.u8(3);
  expected.bytes("other");
  expected.bytes("https://x.example/keys");
  expected.u32(0);
  expected.bytes("");
  expected.u8(0);
  expected.u32(1);
  expected.bytes("RS256");
  expected.bytes("");
  expected.u32(0);
  expected.bytes("c");
  const core::VerifyToken strict{.token = "jwt",
                                 .jwks_url = "https://x.example/keys",
                                 .issuers = {"https://x.example", "https://y.example"},
                                 .audience = "here",
                                 .no_audience = core::VerifyToken::NoAudience::refused,
                                 .algorithms = {"ES256", "EdDSA"},
                                 .type = "at+jwt",
                                 .tolerance = core::seconds(5)};
  const core::VerifyToken lenient{"other", "https://x.example/keys", {}, {}};
  CHECK(bytes.output(core::Await{{strict, lenient}, "c"}) == expected.str());
}

TEST_CASE("Step: a response is read back as it was written") {
  core::Response response;
  response.status = 412;
  response.headers.add("A", "b");
  response.headers.add("A", "c");
  response.body = std::string("x\0y", 3);
  core::WireWriter writer;
  core::write(writer, response);
  core::WireReader reader(writer.str());
  const core::Response read = core::read_response(reader);
  CHECK(reader.finished());
  CHECK(read.status == 412);
  CHECK(read.headers.fields() == response.headers.fields());
  CHECK(read.body == response.body);
}

// ---- base64url ----

TEST_CASE("base64url is read back to what was written") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    CHECK(core::base64url_decode(core::base64url(bytes)) == bytes);
    bytes += static_cast<char>(i);
  }
  CHECK(core::base64url_decode("") == "");
  CHECK(core::base64url_decode("_-8") == "\xff\xef");
}

TEST_CASE("base64url has one way to write, and no other is read") {
  for (const char* wrong :
       {"A", "AAAAA", "AA==", "AA=", "_-9", "AB", "A A", "AA\n", "+/8", "AA.A", "\xC3\xA9"}) {
    CAPTURE(wrong);
    CHECK_FALSE(core::base64url_decode(wrong));
  }
}
