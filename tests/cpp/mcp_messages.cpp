// JSON-RPC messages, and what HTTP says around them.
#include "mcp/jsonrpc.h"
#include "mcp/transport.h"
#include "support.h"

using mcp::Message;
using mcp::NoMessage;

namespace {

/// "request 1 ping", "notification x", "response 2", or "invalid[ id]: reason".
std::string read(std::string_view text) {
  core::JsonGate gate;
  const core::JsonResult parsed = gate.parse(text);
  REQUIRE(parsed.ok());
  const std::variant<Message, NoMessage> result = mcp::read_message(parsed.root);
  if (const NoMessage* fault = std::get_if<NoMessage>(&result)) {
    return "invalid" + (fault->id ? " " + fault->id->json : "") + ": " + fault->reason;
  }
  const Message& message = std::get<Message>(result);
  const std::string id = message.id ? " " + message.id->json : "";
  switch (message.kind) {
    case Message::Kind::request: return "request" + id + " " + std::string(message.method);
    case Message::Kind::notification: return "notification" + id + " " + std::string(message.method);
    case Message::Kind::response: return "response" + id;
  }
  return "";
}

/// "json", "stream", "both" or "none".
std::string forms(const core::Headers& headers) {
  const mcp::AcceptedForms accepted = mcp::accepted_forms(headers);
  if (accepted.none()) return "none";
  if (accepted.json && accepted.event_stream) return "both";
  return accepted.json ? "json" : "stream";
}

std::string forms(std::string_view accept) {
  core::Headers headers;
  headers.add("Accept", accept);
  return forms(headers);
}

bool is_json_type(std::string_view type) {
  core::Headers headers;
  headers.add("Content-Type", type);
  return mcp::has_json_content(headers);
}

}  // namespace

TEST_CASE("Requests, notifications and responses are told apart") {
  CHECK(read(R"({"jsonrpc":"2.0","id":1,"method":"ping"})") == "request 1 ping");
  CHECK(read(R"({"jsonrpc":"2.0","method":"x","params":{}})") == "notification x");
  CHECK(read(R"({"jsonrpc":"2.0","id":"a","result":{}})") == "response \"a\"");
  CHECK(read(R"({"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}})") == "response 3");
  CHECK(read(R"({"jsonrpc":"2.0","error":{"code":1,"message":"m"}})") == "response");
  CHECK(read(R"({"jsonrpc":"2.0","id":1,"method":"","more":[1]})") == "request 1 ");
}

TEST_CASE("An id is a string or an integer, and is written anew") {
  CHECK(read(R"({"jsonrpc":"2.0","id":"\u0061\"","method":"m"})") == "request \"a\\\"\" m");
  CHECK(read(R"({"jsonrpc":"2.0","id":-7,"method":"m"})") == "request -7 m");
  CHECK(read(R"({"jsonrpc":"2.0","id":0,"method":"m"})") == "request 0 m");
  CHECK(read(R"({"jsonrpc":"2.0","id":"","method":"m"})") == "request \"\" m");
  CHECK(read(R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"m"})") ==
        "request 18446744073709551615 m");
  // 7.0 and 2e3 are integers in JSON; clients in JavaScript cannot even tell.
  CHECK(read(R"({"jsonrpc":"2.0","id":7.0,"method":"m"})") == "request 7 m");
  CHECK(read(R"({"jsonrpc":"2.0","id":2e3,"method":"m"})") == "request 2000 m");

  for (std::string_view id : {"null", "1.5", "true", "{}", "[1]", "1e300"}) {
    CAPTURE(id);
    CHECK(read(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":"m"})") ==
          "invalid: id must be a string or an integer");
  }
}

TEST_CASE("What is no JSON-RPC message is refused with its id, where it has one") {
  CHECK(read("7") == "invalid: a message is a JSON object");
  CHECK(read(R"("ping")") == "invalid: a message is a JSON object");
  CHECK(read("{}").starts_with("invalid: jsonrpc"));
  CHECK(read(R"({"id":5,"method":"m"})").starts_with("invalid 5: jsonrpc"));
  CHECK(read(R"({"jsonrpc":"1.0","id":5,"method":"m"})").starts_with("invalid 5: jsonrpc"));
  CHECK(read(R"({"jsonrpc":2.0,"id":5,"method":"m"})").starts_with("invalid 5: jsonrpc"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5})").starts_with("invalid 5: a message has exactly one"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"method":"m","result":{}})")
            .starts_with("invalid 5: a message has exactly"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"error":{},"result":{}})")
            .starts_with("invalid 5: a message has exactly"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"method":7})").starts_with("invalid 5: method"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"method":"m","params":[]})").starts_with("invalid 5: params"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"method":"m","params":null})").starts_with("invalid 5: params"));
  CHECK(read(R"({"jsonrpc":"2.0","result":{}})").starts_with("invalid: a response"));
  CHECK(read(R"({"jsonrpc":"2.0","id":5,"result":7})").starts_with("invalid 5: result"));
}

TEST_CASE("Errors without an id leave the member out") {
  const mcp::Error error{mcp::ErrorCode::parse_error, "a \"b\"", {}};
  CHECK(mcp::error_text({}, error) == R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"a \"b\""}})");
  CHECK(mcp::error_text(mcp::RequestId{"7"}, {mcp::ErrorCode::invalid_params, "m", R"({"x":1})"}) ==
        R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"m","data":{"x":1}}})");
  CHECK(mcp::result_text(mcp::RequestId{"\"a\""}, "{}") == R"({"jsonrpc":"2.0","id":"a","result":{}})");
}

TEST_CASE("What a client accepts is JSON, event streams, both or neither") {
  CHECK(forms(core::Headers()) == "json");  // nobody gets a stream who has not asked for one
  for (std::string_view accept :
       {"application/json, text/event-stream", "*/*", "text/event-stream;q=1, application/json;q=0.1",
        "text/event-stream, */*;q=0.001", "application/*, text/*"}) {
    CAPTURE(accept);
    CHECK(forms(accept) == "both");
  }
  for (std::string_view accept : {"application/json", "application/*", "TEXT/html, Application/JSON",
                                  "application/json, text/event-stream;q=0"}) {
    CAPTURE(accept);
    CHECK(forms(accept) == "json");
  }
  for (std::string_view accept : {"text/event-stream", "text/*", "Text/Event-Stream; q=0.5",
                                  "application/json;q=0, text/event-stream"}) {
    CAPTURE(accept);
    CHECK(forms(accept) == "stream");
  }
  for (std::string_view accept : {"", "text/html", "image/*", "application/json;q=0", "application/jsonx",
                                  "json", "application/json;q=0.000"}) {
    CAPTURE(accept);
    CHECK(forms(accept) == "none");
  }
}

TEST_CASE("Several Accept headers count together") {
  core::Headers headers;
  headers.add("Accept", "text/event-stream");
  headers.add("accept", "application/json");
  CHECK(forms(headers) == "both");
}

TEST_CASE("JSON content is application/json, whatever its parameters") {
  CHECK(is_json_type("application/json"));
  CHECK(is_json_type("Application/JSON; charset=utf-8"));
  CHECK(is_json_type("application/json;x=y"));
  CHECK_FALSE(is_json_type("text/plain"));
  CHECK_FALSE(is_json_type("application/json-rpc"));
  CHECK_FALSE(is_json_type("application/problem+json"));
  CHECK_FALSE(is_json_type(""));
  CHECK_FALSE(mcp::has_json_content(core::Headers()));
}

TEST_CASE("Header values may be wrapped in base64") {
  CHECK(mcp::decode_header_value("plain") == "plain");
  CHECK(mcp::decode_header_value("=?base64?aGVsbG8=?=") == "hello");
  CHECK(mcp::decode_header_value("=?base64?8J+Riw==?=") == "👋");
  CHECK(mcp::decode_header_value("=?base64?"
                                 "?=") == "");
}

TEST_CASE("Half a wrapping, or one in another case, is literal") {
  for (std::string_view value :
       {"=?base64?aGVsbG8=", "aGVsbG8=?=", "=?BASE64?aGVsbG8=?=", "=?base64?=", "=?base64", "", "?="}) {
    CAPTURE(value);
    CHECK(mcp::decode_header_value(value) == std::string(value));
  }
}

TEST_CASE("A wrapping around what is no canonical base64 of UTF-8 is refused") {
  for (std::string_view value :
       {"=?base64?aGVsbG8?=", "=?base64?aGVs*G8=?=", "=?base64?aGVsbG8==?=", "=?base64?a===?=",
        "=?base64?====?=", "=?base64?aGVsbG9=?=", "=?base64?aGVs bG8=?=", "=?base64?/w==?=",
        "=?base64?7aCA?=", "=?base64?aG=sbG8=?="}) {
    CAPTURE(value);
    CHECK_FALSE(mcp::decode_header_value(value));
  }
}
