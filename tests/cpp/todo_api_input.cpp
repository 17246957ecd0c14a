// What the Todo API takes, and how exactly it says what it does not.
#include "todo_api/input.h"

#include "app_support.h"
#include "todo_api/todos.h"

using namespace testing;
using todo_api::Flaws;

namespace {

std::string text(const json& value) {
  const auto read = todo_api::read_text(json{{"todoText", value}}.dump());
  REQUIRE(std::holds_alternative<std::string>(read));
  return std::get<std::string>(read);
}

/// The flaws as `pointer: detail`, one a line.
template <typename T>
std::string flaws(const std::variant<T, Flaws>& read) {
  REQUIRE(std::holds_alternative<Flaws>(read));
  std::string all;
  for (const auto& [pointer, detail] : std::get<Flaws>(read)) all += pointer + ": " + detail + '\n';
  return all;
}
std::string text_flaws(std::string_view body) {
  return flaws(todo_api::read_text(body));
}

std::string repeated(size_t count, std::string_view character) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += character;
  return all;
}

core::Request request(std::string_view name, std::string_view value) {
  core::Request request;
  request.headers.add(name, value);
  return request;
}

}  // namespace

TEST_CASE("Todo API: a text is taken without the blanks around it") {
  CHECK(text("milk") == "milk");
  CHECK(text(" \t\r\n buy  milk\n") == "buy  milk");
  CHECK(text("\u00A0\u2003\uFEFFmilk\u3000\u2028") == "milk");
  CHECK(text("\u00E9") == "\u00E9");
  CHECK(text("\U0001F95B") == "\U0001F95B");
  CHECK(text("\"\\/<>&'") == "\"\\/<>&'");
}

TEST_CASE("Todo API: a text has from 1 to 500 characters, whatever they are made of") {
  CHECK(todo_api::kMaxTextLength == 500);
  for (const std::string_view character : {"x", "\u00E9", "\u20AC", "\U0001F95B"}) {
    CAPTURE(character);
    CHECK(text("  " + repeated(500, character) + "  ") == repeated(500, character));
    CHECK(text_flaws(json{{"todoText", repeated(501, character)}}.dump()) ==
          "#/todoText: This has 501 characters; it must have at most 500\n");
  }
  for (const char* nothing : {"", " ", "\n\t", "\u2003\u00A0"}) {
    CHECK(text_flaws(json{{"todoText", nothing}}.dump()) == "#/todoText: This must say something\n");
  }
}

TEST_CASE("Todo API: the longest text fits into the largest body, however it is written") {
  const std::string body = "{\"todoText\":\"" + repeated(500, "\\ud83e\\udd5b") + "\"}";
  CHECK(body.size() < todo_api::kMaxBodyBytes);
  CHECK(std::get<std::string>(todo_api::read_text(body)) == repeated(500, "\U0001F95B"));
}

TEST_CASE("Todo API: a text is one line without control characters") {
  for (const std::string_view control :
       {std::string_view("\0", 1), std::string_view("\n"), std::string_view("\t"), std::string_view("\x1B"),
        std::string_view("\x7F"), std::string_view("\u0085"), std::string_view("\u009F"),
        std::string_view("\u2028"), std::string_view("\u2029")}) {
    const std::string body = json{{"todoText", "a" + std::string(control) + "b"}}.dump();
    CAPTURE(body);
    CHECK(text_flaws(body) == "#/todoText: This has a control character or a line break in it\n");
  }
}

TEST_CASE("Todo API: everything that is wrong with a body is told, and where") {
  CHECK(text_flaws("{}") == "#/todoText: This member is missing\n");
  CHECK(text_flaws(R"({"todoText":7})") == "#/todoText: This must be a string\n");
  CHECK(text_flaws(R"({"todoText":null})") == "#/todoText: This must be a string\n");
  CHECK(text_flaws(R"({"todoText":"a","done":true})") == "#/done: There is no such member here\n");
  CHECK(text_flaws(R"({"a/b~c d":1,"text":"a"})") ==
        "#/a~1b~0c%20d: There is no such member here\n#/text: There is no such member here\n"
        "#/todoText: This member is missing\n");
  CHECK(text_flaws("[]") == "#: The body must be an object\n");
  CHECK(text_flaws("\"milk\"") == "#: The body must be an object\n");
  for (const auto& [body, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "empty"},
           {"{", "not valid JSON"},
           {R"({"todoText":"a"} x)", "more text"},
           {R"({"todoText":"a","todoText":"b"})", "same name twice"},
           {"{\"todoText\":\"\xFF\"}", "UTF-8"},
           {R"({"todoText":"\ud800"})", "not valid JSON"},
           {std::string(100, '[') + std::string(100, ']'), "deeper"}}) {
    CAPTURE(body);
    CHECK(contains(text_flaws(body), why));
    CHECK(text_flaws(body).starts_with("#: "));
  }
  std::string many = "{\"todoText\":\"a\"";
  for (int i = 0; i < 100; ++i) many += ",\"m" + std::to_string(i) + "\":1";
  CHECK(std::get<Flaws>(todo_api::read_text(many + "}")).size() == 20);
}

TEST_CASE("Todo API: a completion says yes or no") {
  CHECK(std::get<bool>(todo_api::read_completed(R"({"completed":true})")));
  CHECK_FALSE(std::get<bool>(todo_api::read_completed(R"({"completed":false})")));
  for (const char* wrong : {"1", "0", "null", "\"true\"", "[]"}) {
    CHECK(flaws(todo_api::read_completed(std::string("{\"completed\":") + wrong + "}")) ==
          "#/completed: This must be true or false\n");
  }
}

TEST_CASE("Todo API: JSON is told by its media type") {
  for (const char* json :
       {"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x"}) {
    CHECK(todo_api::is_json(request("Content-Type", json)));
  }
  for (const char* other : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                            "text/json", "application/merge-patch+json"}) {
    CAPTURE(other);
    CHECK_FALSE(todo_api::is_json(request("Content-Type", other)));
  }
  CHECK_FALSE(todo_api::is_json(core::Request{}));
}

TEST_CASE("Todo API: a key is one word of at most 128 characters, with quotes or without") {
  const auto key = [](std::string_view value) {
    return todo_api::idempotency_key(request("Idempotency-Key", value));
  };
  CHECK(todo_api::idempotency_key(core::Request{}) == "");
  CHECK(key("\"8e03978e-40d5\"") == "8e03978e-40d5");
  CHECK(key("8e03978e-40d5") == "8e03978e-40d5");
  CHECK(key(std::string(128, 'k')) == std::string(128, 'k'));
  CHECK(key('"' + std::string(128, 'k') + '"') == std::string(128, 'k'));
  for (const std::string& wrong : {std::string(), std::string("\"\""), std::string("a b"),
                                   std::string("a, b"), std::string("\"a\", \"b\""), std::string("\"a"),
                                   std::string("a\\b"), std::string("\xC3\xA9"), std::string(129, 'k')}) {
    CAPTURE(wrong);
    CHECK_FALSE(key(wrong));
  }
}
