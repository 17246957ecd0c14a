#include "core/http.h"

#include "catch.h"

using core::Headers;

TEST_CASE("field_value: it begins no other field") {
  CHECK(core::field_value(std::string_view("/a\r\nSet-Cookie: b\0", 19)) == "/aSet-Cookie: b");
  CHECK(core::field_value("a=1; Path=/") == "a=1; Path=/");
}

TEST_CASE("Header names are compared without case, values without outer blanks") {
  Headers headers;
  headers.add("Mcp-Method", " \ttools/list\t ");
  headers.add("X-Twice", "first");
  headers.add("x-twice", "second");
  CHECK(headers.get("mcp-method") == "tools/list");
  CHECK(headers.get("MCP-METHOD") == "tools/list");
  CHECK(headers.get("X-TWICE") == "first");
  CHECK_FALSE(headers.get("Mcp-Metho"));
  CHECK(headers.has("x-twice"));
  CHECK_FALSE(headers.has(""));
  CHECK(headers.fields().size() == 3);
}

TEST_CASE("A URL has its parts") {
  const std::optional<core::Url> url = core::parse_url("https://Shop.Example:8443/a/b?x=1&y=2#part");
  REQUIRE(url);
  CHECK(url->origin == "https://shop.example:8443");
  CHECK(url->host == "shop.example:8443");
  CHECK(url->path == "/a/b");
  CHECK(url->query == "x=1&y=2");

  CHECK(core::parse_url("http://localhost")->path == "/");
  CHECK(core::parse_url("http://localhost?q")->path == "/");
  CHECK(core::parse_url("http://localhost?q")->query == "q");
  CHECK(core::parse_url("http://localhost#/?x")->query.empty());
  CHECK(core::parse_url("http://[::1]:8787/mcp")->host == "[::1]:8787");
  CHECK(core::parse_url("http://localhost:65535")->host == "localhost:65535");
}

TEST_CASE("What is no http URL, or hides its host behind a user name, is none") {
  for (std::string_view text :
       {"", "/mcp", "localhost:8787", "ftp://a/b", "javascript:alert(1)", "http://", "http:///path",
        "http://good.example@evil.example/", "https://user:pw@a.example", "http://localhost:1.evil.example",
        "http://localhost:1x", "http://localhost:", "http://localhost:65536", "http://[::1]:x"}) {
    CAPTURE(text);
    CHECK_FALSE(core::parse_url(text));
  }
}

TEST_CASE("Only the machine itself is a loopback host") {
  for (std::string_view host :
       {"localhost", "localhost:8787", "127.0.0.1", "127.0.0.1:80", "127.255.0.3", "[::1]", "[::1]:99"}) {
    CAPTURE(host);
    CHECK(core::is_loopback_host(host));
  }
  for (std::string_view host :
       {"", "localhost.evil.example", "127.evil.example", "127.0.0.1.evil.example", "128.0.0.1", "10.0.0.1",
        "[::2]", "[::1]evil", "notlocalhost", "0.0.0.0", "[::1", "1127.0.0.1"}) {
    CAPTURE(host);
    CHECK_FALSE(core::is_loopback_host(host));
  }
}

TEST_CASE("Form values are decoded, the first of a name wins, all can be had") {
  const std::string_view form = "a=1+2&b=%C3%A9%2B&a=3&flag&=nameless&c=%zz%4&%61b=x";
  CHECK(core::form_value(form, "a") == "1 2");
  CHECK(core::form_value(form, "b") == "\xC3\xA9+");
  CHECK(core::form_value(form, "flag") == "");
  CHECK(core::form_value(form, "c") == "%zz%4");
  CHECK(core::form_value(form, "ab") == "x");
  CHECK(core::form_value(form, "") == "nameless");
  CHECK_FALSE(core::form_value(form, "missing"));
  CHECK_FALSE(core::form_value("", "a"));
  CHECK(core::form_values(form, "a") == std::vector<std::string>{"1 2", "3"});
  CHECK(core::form_value("a=b=c", "a") == "b=c");
  CHECK(core::form_value("a=%41", "a") == "A");
}

TEST_CASE("Percent-encoding leaves the unreserved characters alone and round-trips the others") {
  CHECK(core::percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(core::percent_encode("a b/c?&=+%\xC3\xA9\n") == "a%20b%2Fc%3F%26%3D%2B%25%C3%A9%0A");
  const std::string text = "\x01 all+of & it=%\xF0\x9F\x91\x8B";
  CHECK(core::form_value("v=" + core::percent_encode(text), "v") == text);
}

TEST_CASE("Small helpers for text") {
  CHECK(core::lower("MiXeD \xC3\x89") == "mixed \xC3\x89");
  CHECK(core::equal_ignoring_case("Bearer", "bEARER"));
  CHECK_FALSE(core::equal_ignoring_case("Bearer", "Bearer "));
  CHECK(core::trim("\t a b \t") == "a b");
  CHECK(core::trim(" \t").empty());
  CHECK(core::split(" a , b,,c ,", ',') == std::vector<std::string_view>{"a", "b", "c"});
  CHECK(core::split("", ',').empty());
  CHECK(core::html_escape("<a href=\"x\">'&'</a>") ==
        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST_CASE("A request crosses as bytes and comes back the same") {
  core::Request request;
  request.method = "POST";
  request.url = "https://shop.example/mcp";
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Accept", "*/*");
  request.body = std::string("{}\0x", 4);
  request.body_state = core::BodyState::complete;

  core::WireWriter writer;
  core::write(writer, request);
  core::WireReader reader(writer.str());
  const core::Request copy = core::read_request(reader);
  CHECK(reader.finished());
  CHECK(copy.method == request.method);
  CHECK(copy.url == request.url);
  CHECK(copy.headers.fields() == request.headers.fields());
  CHECK(copy.body == request.body);
  CHECK(copy.body_state == request.body_state);
}

TEST_CASE("A request cut short anywhere is not read as a whole one") {
  core::Request request;
  request.method = "POST";
  request.url = "u";
  request.headers.add("a", "b");
  request.body = "body";
  core::WireWriter writer;
  core::write(writer, request);
  for (size_t size = 0; size < writer.str().size(); ++size) {
    core::WireReader reader(std::string_view(writer.str()).substr(0, size));
    core::read_request(reader);
    CAPTURE(size);
    CHECK_FALSE(reader.ok());
  }
}

TEST_CASE("A response is written as it is") {
  core::Response plain;
  plain.status = 404;
  plain.headers.add("Content-Type", "application/json");
  plain.body = "{}";
  core::WireWriter writer;
  core::write(writer, plain);
  core::WireReader reader(writer.str());
  CHECK(reader.u32() == 404);
  CHECK(core::read_headers(reader).get("content-type") == "application/json");
  CHECK(reader.bytes() == "{}");
  CHECK(reader.finished());
}
