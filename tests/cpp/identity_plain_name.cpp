// What clients call themselves, and what of it is shown.
#include "identity/plain_name.h"

#include "catch.h"
#include "mcp/server.h"

TEST_CASE("a name keeps its words, and loses what would turn or break the text around it") {
  CHECK(identity::plain_name("Claude") == "Claude");
  CHECK(identity::plain_name("Ünï 코드 🦊") == "Ünï 코드 🦊");
  CHECK(identity::plain_name("a\nb\tc\x01") == "abc");
  // U+200E, U+200F; U+202A to U+202E; U+2066 to U+2069; and what lies beside them.
  CHECK(identity::plain_name("a\u200e\u200fb") == "ab");
  CHECK(identity::plain_name("\u202aa\u202bb\u202cc\u202dd\u202ee") == "abcde");
  CHECK(identity::plain_name("\u2066a\u2067b\u2068c\u2069d") == "abcd");
  CHECK(identity::plain_name("\u2010\u2029\u202f\u2065\u206a") == "\u2010\u2029\u202f\u2065\u206a");
  CHECK(identity::plain_name("\xE2\x80").size() == 2);
}

TEST_CASE("a client names itself in its first request, in every era") {
  CHECK(mcp::client_name(R"({"method":"initialize","params":{"clientInfo":{"name":"a","version":"1"}}})") ==
        "a");
  CHECK(mcp::client_name(R"({"params":{"clientInfo":{"name":"a","title":"A client","version":"1"}}})") ==
        "A client");
  CHECK(mcp::client_name(
            R"({"params":{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"b","version":"1"}}}})") ==
        "b");
  for (const char* body : {"", "[]", "{}", R"({"params":{}})", R"({"params":{"clientInfo":"a"}})",
                           R"({"params":{"clientInfo":{"name":1}}})"}) {
    CHECK(mcp::client_name(body).empty());
  }
}
