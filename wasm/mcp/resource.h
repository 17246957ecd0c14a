// What a resource and a resource template are to the protocol (MCP 2026-07-28, server/resources).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/completion.h"
#include "mcp/tool.h"

namespace mcp {

struct ReadResult {
  std::vector<ResourceContents> contents;
};
/// There is nothing at that URI.
struct NotFound {};
using ReadOutcome = std::variant<ReadResult, NotFound, Waiting, UrlRequired, Error>;

/// What all clients may know of a resource without reading it.
struct Resource {
  std::string_view uri;
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::string_view mime_type;
  std::string_view scope;
  std::vector<Icon> icons = {};
  ContentHints hints = {};
  Availability availability = Availability::always;
  /// How long a client may keep what it read.
  core::Duration lifetime = {};
  ReadOutcome (*read)(Call&);
};

/// The values of a template's variables, percent-decoded.
using Variables = std::map<std::string, std::string, std::less<>>;

struct ResourceTemplate {
  /// RFC 6570, level 1: literals and `{variable}`. A variable stands for one or more characters but `/`.
  std::string_view uri_template;
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::string_view mime_type;
  std::string_view scope;
  std::vector<Icon> icons = {};
  ContentHints hints = {};
  Availability availability = Availability::always;
  core::Duration lifetime = {};
  ReadOutcome (*read)(Call&, const Variables&);
  /// Values for a variable; none where it is null.
  Completer complete = nullptr;
};

/// The variables that make the template this URI; nothing where it is none of its URIs.
std::optional<Variables> match(std::string_view uri_template, std::string_view uri);

}  // namespace mcp
