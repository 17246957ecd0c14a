#include "mcp/header_params.h"

#include <algorithm>
#include <charconv>

#include "mcp/era.h"
#include "mcp/transport.h"

namespace mcp {

namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";
/// Deeper than any arguments are; the JSON gate ends at 64.
constexpr size_t kMaxDepth = 32;

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::optional<HeaderParam::Type> header_type(core::JsonView property) {
  const std::optional<std::string_view> type = core::string_member(property, "type");
  if (type == "string") return HeaderParam::Type::string;
  if (type == "integer") return HeaderParam::Type::integer;
  if (type == "boolean") return HeaderParam::Type::boolean;
  return std::nullopt;
}

void collect(core::JsonView schema, std::vector<std::string>& path, HeaderParams& found) {
  const std::optional<core::JsonView> properties = core::member(schema, "properties");
  if (!properties || !properties->is_object() || path.size() >= kMaxDepth) return;
  for (const auto& field : core::JsonObject(properties->get_object().value_unsafe())) {
    path.emplace_back(field.key);
    if (const std::optional<std::string_view> name = core::string_member(field.value, kAnnotation)) {
      const std::string header = "Mcp-Param-" + std::string(*name);
      const std::optional<HeaderParam::Type> type = header_type(field.value);
      const bool taken = std::any_of(found.all.begin(), found.all.end(), [&](const HeaderParam& other) {
        return core::equal_ignoring_case(other.header, header);
      });
      if (!is_token(*name) || !type || taken) {
        found.problem = "x-mcp-header " + core::json_quote(*name) +
                        " must be an HTTP token, unlike the others, on a string, integer or boolean";
      } else {
        found.all.push_back({header, path, *type});
      }
    }
    collect(field.value, path, found);
    path.pop_back();
  }
}

std::optional<core::JsonView> follow(core::JsonView value, const std::vector<std::string>& path) {
  std::optional<core::JsonView> at = value;
  for (const std::string& name : path) {
    if (at) at = core::member(*at, name);
  }
  if (at && at->is_null()) return std::nullopt;
  return at;
}

bool same(core::JsonView value, HeaderParam::Type type, std::string_view text) {
  switch (type) {
    case HeaderParam::Type::string: {
      std::string_view string;
      return value.get_string().get(string) == simdjson::SUCCESS && string == text;
    }
    case HeaderParam::Type::boolean: {
      bool boolean = false;
      return value.get_bool().get(boolean) == simdjson::SUCCESS && text == (boolean ? "true" : "false");
    }
    case HeaderParam::Type::integer: {
      // As numbers: 42, 42.0 and 4.2e1 are one integer.
      core::JsonGate gate;
      const core::JsonResult number = gate.parse(text);
      double header = 0, body = 0;
      return number.ok() && number.root.is_number() &&
             number.root.get_double().get(header) == simdjson::SUCCESS &&
             value.get_double().get(body) == simdjson::SUCCESS && header == body;
    }
  }
  return false;
}

}  // namespace

HeaderParams header_params(core::JsonView input_schema) {
  HeaderParams found;
  std::vector<std::string> path;
  collect(input_schema, path, found);
  return found;
}

std::optional<Error> check_header_params(const std::vector<HeaderParam>& params, core::JsonView arguments,
                                         const core::Headers& headers) {
  for (const HeaderParam& param : params) {
    std::string name;
    for (const std::string& part : param.path) name.append(name.empty() ? "" : ".").append(part);
    const std::optional<core::JsonView> value = follow(arguments, param.path);
    const std::optional<std::string_view> header = headers.get(param.header);
    if (!value && !header) continue;
    if (!header) {
      return header_mismatch(param.header,
                             "the header " + param.header + " is missing; it repeats the argument " + name);
    }
    const std::optional<std::string> text = decode_header_value(*header);
    if (!text) return header_mismatch(param.header, param.header + " is no base64 of UTF-8");
    if (!value) {
      return header_mismatch(param.header, param.header + " is given, but the argument " + name + " is not");
    }
    if (!same(*value, param.type, *text)) {
      return header_mismatch(param.header, param.header + " does not repeat the argument " + name);
    }
  }
  return std::nullopt;
}

}  // namespace mcp
