#include "notes.h"

#include <array>

#include "core/json.h"
#include "mcp/arguments.h"

namespace notes {

namespace {

using Parameter = mcp::Parameter;

/// Those who subscribe to it hear of every change.
constexpr std::string_view kUri = "notes://all";

constexpr std::array kText = {Parameter{.type = Parameter::Type::lines,
                                        .name = "text",
                                        .description = "What to keep.",
                                        .minimum = 1,
                                        .maximum = 2000}};
constexpr std::array kId = {Parameter{.type = Parameter::Type::whole,
                                      .name = "id",
                                      .description = "The id of the note, from listNotes.",
                                      .minimum = 1,
                                      .maximum = 9'007'199'254'740'991}};

constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"notes":{"type":"array","items":{"type":"object","properties":)"
    R"({"id":{"type":"integer"},"text":{"type":"string"},"writtenAt":{"type":"string"}},)"
    R"("required":["id","text","writtenAt"]}}},"required":["notes"]})";

std::string all_notes(core::Storage& storage) {
  const core::Rows rows = storage.query("SELECT id, text, written_at FROM notes ORDER BY id DESC LIMIT 200");
  core::Json notes = core::Json::array();
  for (size_t row = 0; row < rows.size(); ++row) {
    notes.push_back(core::Json{{"id", rows.integer(row, 0)},
                               {"text", rows.text(row, 1)},
                               {"writtenAt", core::iso8601(core::Instant{rows.integer(row, 2)})}});
  }
  return core::json_text(core::Json{{"notes", notes}});
}

mcp::ToolOutcome add(mcp::Call& call) {
  const core::Rows rows =
      call.storage().query("INSERT INTO notes (text, written_at) VALUES (?, ?) RETURNING id",
                           {mcp::text_argument(call.arguments, "text"), call.step.now.milliseconds});
  mcp::notify_resource_updated(call.step, kUri);
  return mcp::ToolResult::text("Kept as note " + std::to_string(rows.integer(0, 0)) + ".");
}

mcp::ToolOutcome list(mcp::Call& call) {
  return mcp::ToolResult::json(all_notes(call.storage()));
}

mcp::ToolOutcome remove(mcp::Call& call) {
  const int64_t id = *mcp::optional_whole_argument(call.arguments, "id");
  if (call.storage().query("DELETE FROM notes WHERE id = ? RETURNING id", {id}).empty()) {
    return mcp::ToolResult::error("There is no note " + std::to_string(id) + ". See listNotes.");
  }
  mcp::notify_resource_updated(call.step, kUri);
  return mcp::ToolResult::text("Note " + std::to_string(id) + " is gone.");
}

mcp::ReadOutcome read(mcp::Call& call) {
  return mcp::ReadResult{
      {{.uri = std::string(kUri), .mime_type = "application/json", .text = all_notes(call.storage())}}};
}

}  // namespace

mcp::Offer offer() {
  using mcp::Annotations;
  return {.info = {.name = "notes",
                   .title = "Notes",
                   .version = "1.0.0",
                   .instructions = "Keeps short notes for the human whose deputy you are."},
          .tools = {{.name = "addNote",
                     .title = "Add a note",
                     .description = "Keeps a note for the person you act for.",
                     .scope = kScopeWrite,
                     .input_schema = mcp::object_schema(kText),
                     .annotations = {Annotations::Effect::additive, Annotations::Repeat::not_idempotent},
                     .run = add},
                    {.name = "listNotes",
                     .title = "List notes",
                     .description = "The newest 200 notes of the person you act for, newest first.",
                     .scope = kScopeRead,
                     .input_schema = mcp::object_schema({}),
                     .output_schema = std::string(kListSchema),
                     .annotations = {Annotations::Effect::read_only, Annotations::Repeat::idempotent},
                     .run = list},
                    {.name = "deleteNote",
                     .title = "Delete a note",
                     .description = "Deletes one note, for good.",
                     .scope = kScopeWrite,
                     .input_schema = mcp::object_schema(kId),
                     .annotations = {Annotations::Effect::destructive, Annotations::Repeat::idempotent},
                     .run = remove}},
          .resources = {{.uri = kUri,
                         .name = "notes",
                         .title = "Your notes",
                         .description = "The newest 200 notes, newest first. Subscribe to hear of changes.",
                         .mime_type = "application/json",
                         .scope = kScopeRead,
                         .read = read}}};
}

std::string_view refusal_when_banned(std::string_view) {
  return "Your human has closed the notes for now.";
}

void create_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL,"
      " written_at INTEGER NOT NULL)");
}

int64_t erase_personal_details(core::Context& step) {
  return static_cast<int64_t>(step.storage->query("DELETE FROM notes RETURNING id").size());
}

}  // namespace notes
