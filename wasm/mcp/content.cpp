#include "mcp/content.h"

#include <cstdio>

namespace mcp {

namespace {

/// A number between 0 and 1 with two digits: more says nothing to anybody.
std::string short_number(double value) {
  char text[8];
  std::snprintf(text, sizeof text, "%.2f", std::min(1.0, std::max(0.0, value)));
  return text;
}

std::string media_json(std::string_view type, std::string_view base64, std::string_view mime_type,
                       const ContentHints& hints) {
  return R"({"type":)" + core::json_quote(type) + R"(,"data":)" + core::json_quote(base64) +
         R"(,"mimeType":)" + core::json_quote(mime_type) + hints_member(hints) + '}';
}

std::string text_json(std::string_view text, const ContentHints& hints) {
  return R"({"type":"text","text":)" + core::json_quote(text) + hints_member(hints) + '}';
}

}  // namespace

std::string hints_member(const ContentHints& hints) {
  using Audience = ContentHints::Audience;
  std::string members;
  const auto add = [&](std::string_view member) {
    if (!members.empty()) members += ',';
    members += member;
  };
  if (hints.audience == Audience::user) add(R"("audience":["user"])");
  if (hints.audience == Audience::assistant) add(R"("audience":["assistant"])");
  if (hints.audience == Audience::both) add(R"("audience":["user","assistant"])");
  if (hints.priority) add(R"("priority":)" + short_number(*hints.priority));
  if (hints.last_modified) add(R"("lastModified":)" + core::json_quote(core::iso8601(*hints.last_modified)));
  return members.empty() ? members : R"(,"annotations":{)" + members + '}';
}

Content Content::text(std::string_view text, const ContentHints& hints) {
  return {text_json(text, hints)};
}

Content Content::image(std::string_view base64, std::string_view mime_type, const ContentHints& hints) {
  return {media_json("image", base64, mime_type, hints)};
}

Content Content::audio(std::string_view base64, std::string_view mime_type, const ContentHints& hints) {
  return {media_json("audio", base64, mime_type, hints), Revision::v2025_03_26,
          "(Sound, " + std::string(mime_type) + ": this revision of the protocol cannot carry it.)"};
}

Content Content::resource(const ResourceContents& contents, const ContentHints& hints) {
  return {R"({"type":"resource","resource":)" + contents_json(contents) + hints_member(hints) + '}'};
}

Content Content::resource_link(std::string_view uri, std::string_view name, std::string_view mime_type,
                               const ContentHints& hints) {
  std::string json =
      R"({"type":"resource_link","uri":)" + core::json_quote(uri) + R"(,"name":)" + core::json_quote(name);
  if (!mime_type.empty()) json += R"(,"mimeType":)" + core::json_quote(mime_type);
  return {json + hints_member(hints) + '}', Revision::v2025_06_18,
          std::string(name) + ": " + std::string(uri)};
}

std::string content_json(const Content& content, Revision revision) {
  return revision >= content.since ? content.json : text_json(content.instead, {});
}

std::string contents_json(const ResourceContents& contents) {
  std::string json = R"({"uri":)" + core::json_quote(contents.uri);
  if (!contents.mime_type.empty()) json += R"(,"mimeType":)" + core::json_quote(contents.mime_type);
  if (contents.base64.empty()) return json + R"(,"text":)" + core::json_quote(contents.text) + '}';
  return json + R"(,"blob":)" + core::json_quote(contents.base64) + '}';
}

std::string icons_member(const std::vector<Icon>& icons, Revision revision) {
  if (icons.empty() || revision < Revision::v2025_11_25) return {};
  std::string json;
  for (const Icon& icon : icons) {
    json += json.empty() ? R"(,"icons":[)" : ",";
    json += R"({"src":)" + core::json_quote(icon.src);
    if (!icon.mime_type.empty()) json += R"(,"mimeType":)" + core::json_quote(icon.mime_type);
    if (!icon.sizes.empty()) json += R"(,"sizes":[)" + core::json_quote(icon.sizes) + ']';
    json += '}';
  }
  return json + ']';
}

}  // namespace mcp
