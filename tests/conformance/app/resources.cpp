#include "fixtures.h"

namespace conformance {

namespace {

using mcp::Call;
using mcp::ReadOutcome;
using mcp::ReadResult;

constexpr std::string_view kText = "test://static-text";
constexpr std::string_view kBinary = "test://static-binary";
constexpr std::string_view kWatched = "test://watched-resource";

ReadOutcome text(Call&) {
  return ReadResult{{{.uri = std::string(kText),
                      .mime_type = "text/plain",
                      .text = "This is the content of the static text resource."}}};
}

ReadOutcome binary(Call&) {
  return ReadResult{
      {{.uri = std::string(kBinary), .mime_type = "image/png", .base64 = std::string(kRedPixel)}}};
}

ReadOutcome watched(Call&) {
  return ReadResult{{{.uri = std::string(kWatched),
                      .mime_type = "text/plain",
                      .text = "Clients can subscribe to this resource."}}};
}

ReadOutcome data(Call&, const mcp::Variables& variables) {
  const auto found = variables.find("id");
  const std::string id = found == variables.end() ? std::string() : found->second;
  return ReadResult{{{.uri = "test://template/" + core::percent_encode(id) + "/data",
                      .mime_type = "application/json",
                      .text = core::json_text(
                          core::Json{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}})}}};
}

}  // namespace

std::vector<mcp::Resource> resources() {
  return {
      {.uri = kText,
       .name = "static-text",
       .title = "Static text",
       .description = "A text that never changes.",
       .mime_type = "text/plain",
       .scope = kScope,
       .lifetime = core::hours(1),
       .read = text},
      {.uri = kBinary,
       .name = "static-binary",
       .title = "Static image",
       .description = "An image that never changes.",
       .mime_type = "image/png",
       .scope = kScope,
       .lifetime = core::hours(1),
       .read = binary},
      {.uri = kWatched,
       .name = "watched-resource",
       .title = "Watched resource",
       .description = "A resource to subscribe to.",
       .mime_type = "text/plain",
       .scope = kScope,
       .read = watched},
  };
}

std::vector<mcp::ResourceTemplate> templates() {
  return {
      {.uri_template = "test://template/{id}/data",
       .name = "template-data",
       .title = "Data by id",
       .description = "What is kept under an id.",
       .mime_type = "application/json",
       .scope = kScope,
       .read = data},
  };
}

}  // namespace conformance
