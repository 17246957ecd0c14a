#include "mcp/era.h"

#include "mcp/revision.h"

namespace mcp {

namespace {

/// More messages than any client sends at once; each may be a tool call.
constexpr size_t kMaxBatch = 100;

bool claims_modern(const Message& message) {
  return meta_member(message, kMetaProtocolVersion).has_value();
}

BadRequest invalid(std::string reason, std::optional<RequestId> id = {}) {
  return {{ErrorCode::invalid_request, "Invalid request: " + std::move(reason) + ".", {}}, std::move(id)};
}

Route classify_batch(core::JsonArray array) {
  LegacyBatch batch;
  for (core::JsonView element : array) {
    std::variant<Message, NoMessage> read = read_message(element);
    if (NoMessage* fault = std::get_if<NoMessage>(&read)) {
      return invalid("a message of the batch is not valid: " + fault->reason);
    }
    Message& message = std::get<Message>(read);
    if (claims_modern(message)) return invalid("revision 2026-07-28 has no batches");
    if (batch.messages.size() == kMaxBatch) {
      return invalid("a batch holds at most " + std::to_string(kMaxBatch) + " messages");
    }
    batch.messages.push_back(std::move(message));
  }
  if (batch.messages.empty()) return invalid("a batch cannot be empty");
  return batch;
}

Route classify_request(Message message, std::string_view header) {
  if (claims_modern(message)) return ModernMessage{std::move(message)};
  if (!names_modern(header)) return LegacyMessage{std::move(message)};

  if (message.method == "initialize") {
    return BadRequest{
        header_mismatch(
            "MCP-Protocol-Version",
            "initialize belongs to 2025-11-25 and older, but MCP-Protocol-Version is " + std::string(header)),
        message.id};
  }
  return BadRequest{{ErrorCode::invalid_params,
                     "Invalid params: MCP-Protocol-Version is " + std::string(header) +
                         ", so params._meta must hold \"" + std::string(kMetaProtocolVersion) + "\".",
                     {}},
                    message.id};
}

Route classify_notification(Message message, std::string_view header) {
  if (claims_modern(message) || names_modern(header)) return ModernMessage{std::move(message)};
  return LegacyMessage{std::move(message)};
}

}  // namespace

Route classify(core::JsonView body, const core::Headers& headers) {
  if (body.is_array()) return classify_batch(body.get_array().value_unsafe());

  std::variant<Message, NoMessage> read = read_message(body);
  if (NoMessage* fault = std::get_if<NoMessage>(&read)) return invalid(fault->reason, std::move(fault->id));
  Message& message = std::get<Message>(read);

  const std::string_view header = headers.get("MCP-Protocol-Version").value_or("");
  switch (message.kind) {
    case Message::Kind::request: return classify_request(std::move(message), header);
    case Message::Kind::notification: return classify_notification(std::move(message), header);
    case Message::Kind::response: return LegacyMessage{std::move(message)};
  }
  return invalid("unknown kind of message");
}

std::optional<core::JsonView> meta_member(const Message& message, std::string_view name) {
  const std::optional<core::JsonView> meta = parameter(message, "_meta");
  if (!meta) return std::nullopt;
  return core::member(*meta, name);
}

Error header_mismatch(std::string_view header, std::string explanation) {
  return {ErrorCode::header_mismatch, "Header mismatch: " + std::move(explanation) + ".",
          R"({"header":)" + core::json_quote(header) + '}'};
}

}  // namespace mcp
