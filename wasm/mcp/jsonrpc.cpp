#include "mcp/jsonrpc.h"

#include <cmath>

namespace mcp {

namespace {

/// Beyond this a double no longer tells one integer from the next.
constexpr double kLargestExactDouble = 9007199254740992.0;

std::optional<RequestId> read_id(core::JsonView value) {
  switch (value.type()) {
    case simdjson::dom::element_type::STRING:
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64: return RequestId{core::json_text(value)};
    case simdjson::dom::element_type::DOUBLE: {
      // 7.0 is an integer to JSON, which has one kind of number, and to clients in JavaScript.
      const double number = value.get_double().value_unsafe();
      if (std::trunc(number) != number || std::abs(number) > kLargestExactDouble) return std::nullopt;
      return RequestId{std::to_string(static_cast<int64_t>(number))};
    }
    default: return std::nullopt;
  }
}

}  // namespace

std::variant<Message, NoMessage> read_message(core::JsonView value) {
  if (!value.is_object()) return NoMessage{"a message is a JSON object", {}};

  Message message;
  const std::optional<core::JsonView> id = core::member(value, "id");
  if (id) {
    message.id = read_id(*id);
    if (!message.id) return NoMessage{"id must be a string or an integer", {}};
  }
  const auto refuse = [&](std::string_view reason) { return NoMessage{std::string(reason), message.id}; };

  if (core::string_member(value, "jsonrpc") != "2.0") return refuse("jsonrpc must be \"2.0\"");

  const std::optional<core::JsonView> method = core::member(value, "method");
  const std::optional<core::JsonView> result = core::member(value, "result");
  const std::optional<core::JsonView> error = core::member(value, "error");
  if (method.has_value() + result.has_value() + error.has_value() != 1) {
    return refuse("a message has exactly one of method, result and error");
  }
  if (!method) {
    if (result && !id) return refuse("a response with a result needs the id of its request");
    if (!(result ? *result : *error).is_object()) return refuse("result and error are objects");
    message.kind = Message::Kind::response;
    message.result = result;
    return message;
  }

  if (method->get_string().get(message.method) != simdjson::SUCCESS) return refuse("method must be a string");
  message.kind = id ? Message::Kind::request : Message::Kind::notification;
  message.params = core::member(value, "params");
  if (message.params && !message.params->is_object()) return refuse("params must be an object");
  return message;
}

std::optional<core::JsonView> parameter(const Message& message, std::string_view name) {
  if (!message.params) return std::nullopt;
  return core::member(*message.params, name);
}

std::string result_text(const RequestId& id, std::string_view result) {
  std::string text = R"({"jsonrpc":"2.0","id":)";
  text.reserve(text.size() + id.json.size() + result.size() + 16);
  text += id.json;
  text += R"(,"result":)";
  text += result;
  text += '}';
  return text;
}

std::string notification_text(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","method":)" + core::json_quote(method) + R"(,"params":)" + std::string(params) +
         '}';
}

std::string request_text(std::string_view id, std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":)" + core::json_quote(id) + R"(,"method":)" + core::json_quote(method) +
         R"(,"params":)" + std::string(params) + '}';
}

std::string error_text(const std::optional<RequestId>& id, const Error& error) {
  std::string text = R"({"jsonrpc":"2.0",)";
  if (id) text += R"("id":)" + id->json + ',';
  text += R"("error":{"code":)" + std::to_string(static_cast<int>(error.code));
  text += R"(,"message":)" + core::json_quote(error.message);
  if (!error.data.empty()) text += R"(,"data":)" + error.data;
  text += "}}";
  return text;
}

}  // namespace mcp
