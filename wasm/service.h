// What this server is called, and what humans can allow here: the facts that all of it shares. The
// application that is linked says them (shop/service.cpp).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "authority/sentence.h"
#include "mcp/server.h"

/// A choice of bounds in one click.
struct Preset {
  std::string_view name;
  std::string_view title;
  std::string_view about;
  std::string_view scopes;
  /// JSON: `limits` and `ask_above` of bounds.
  std::string_view limits;
  std::string_view ask_above;
};

struct Service {
  /// For people: on every page and in the metadata.
  std::string_view name;
  /// What a client calls it in its list of servers: no spaces.
  std::string_view short_name;
  /// The heading of the landing page (web/landing.html).
  std::string_view heading;
  /// Where a tool's result carries the receipt of its audit entry, in `_meta` (MCP basic/index, "_meta").
  std::string_view receipt_key;
  /// All OAuth scopes that there are, in the order in which they are shown. The first challenge asks for all.
  std::span<const authority::Vocabulary::Scope> scopes;
  /// OAuth scopes besides those, which allow nothing here: what an issuer needs to say who the human is.
  std::string_view scopes_of_issuer = {};
  /// What is counted (authority/bounds.h). "calls" is always there.
  std::span<const authority::Measure> measures;
  /// From the narrowest to the widest.
  std::span<const Preset> presets;

  /// JSON: the bounds of a deputy that begins without its human's choice (resource_server.h).
  std::string_view first_bounds = "{}";

  /// Everything that it offers to agents.
  mcp::Offer (*offer)();
  /// Creates what it needs in a principal's storage, its outbox included (core/outbox.h is there before).
  /// Safe to repeat.
  void (*create_schema)(core::Storage& storage);
  /// Erases what identifies a person, where they ask for it. Gives how many records it was in.
  int64_t (*erase_personal_details)(core::Context& step);
  /// What a deputy hears from this tool, resource or prompt while the demo's pause lasts.
  std::string_view (*refusal_when_banned)(std::string_view name);
};

const Service& service();

/// The names of all scopes, those of the issuer first, with something between each two.
std::string scope_names(std::string_view between = " ");

/// The KV namespace (a binding in wrangler.toml) that the old part of an audit trail goes to
/// (authority/archive.h).
inline constexpr std::string_view kArchive = "AUDIT";
