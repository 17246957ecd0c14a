#include "schema/library.h"

#include <algorithm>
#include <charconv>

#include "schema/keywords.h"
#include "schema/metaschema.h"
#include "schema/uri.h"

namespace schema {

namespace {

std::string unescape_token(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape) ++i;
    out += escape ? (token[i] == '1' ? '/' : '~') : token[i];
  }
  return out;
}

std::string_view without_fragment(std::string_view uri) {
  return uri.substr(0, uri.find('#'));
}

bool is_anchor_name(std::string_view name) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kOthers = "0123456789-.";
  return !name.empty() && kLetters.find(name[0]) != std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return kLetters.find(c) != std::string_view::npos || kOthers.find(c) != std::string_view::npos;
         });
}

}  // namespace

const std::string* Documents::find(std::string_view uri) const {
  const auto found = std::find_if(documents_.begin(), documents_.end(),
                                  [&](const auto& entry) { return entry.first == uri; });
  return found == documents_.end() ? nullptr : &found->second;
}

std::string pointer_to(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out += '/';
  for (const char c : token) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

Library::Library(core::JsonView root, const Documents& known) : known_(known) {
  add_document(root, "");
}

uint32_t Library::add_document(core::JsonView root, std::string uri) {
  const auto id = static_cast<uint32_t>(resources_.size());
  Place place{documents_++, id, "", root};
  uris_.emplace_back(uri, id);
  resources_.push_back({std::move(uri), place, 0, {}});
  resources_[id].vocabularies = vocabularies_of(place, kStandardVocabularies);
  index(std::move(place), 0);
  return id;
}

void Library::index(Place place, size_t depth) {
  if (error_) return;
  if (depth > core::kMaxJsonDepth) return fail(place, "", "schemas are nested too deep");
  if (!place.view.is_object()) return;
  identify(place);
  add_anchor(place, "$anchor", Anchor::Kind::plain);
  add_anchor(place, "$dynamicAnchor", Anchor::Kind::dynamic);
  index_children(place, depth);
}

void Library::index_children(const Place& place, size_t depth) {
  const uint8_t vocabularies = resources_[place.resource].vocabularies;
  for (const auto& field : core::JsonObject(place.view.get_object().value_unsafe())) {
    const KeywordInfo* keyword = find_keyword(field.key, vocabularies);
    if (!keyword) continue;
    const Place value{place.document, place.resource, pointer_to(place.pointer, field.key), field.value};
    const auto index_child = [&](std::string_view token, core::JsonView view) {
      index({place.document, place.resource, pointer_to(value.pointer, token), view}, depth + 2);
    };
    const bool is_map = keyword->form == Form::schema_map || keyword->keyword == Keyword::dependencies;
    if (keyword->form == Form::schema) {
      index(value, depth + 1);
    } else if (keyword->form == Form::schemas && value.view.is_array()) {
      size_t i = 0;
      for (core::JsonView item : core::JsonArray(value.view.get_array().value_unsafe()))
        index_child(std::to_string(i++), item);
    } else if (is_map && value.view.is_object()) {
      for (const auto& member : core::JsonObject(value.view.get_object().value_unsafe()))
        index_child(member.key, member.value);
    }
  }
}

/// A schema with `$id` is a resource of its own.
void Library::identify(Place& place) {
  const std::optional<core::JsonView> id = core::member(place.view, "$id");
  if (!id) return;
  std::string_view text;
  if (id->get_string().get(text) != simdjson::SUCCESS) return fail(place, "$id", "it must be a string");
  const std::string uri = resolve_uri(resources_[place.resource].uri, text);
  if (!split_uri(uri).fragment.empty()) return fail(place, "$id", "it must have no fragment");
  const std::string plain(without_fragment(uri));
  for (const auto& [known, resource] : uris_) {
    if (known != plain) continue;
    // A document may name itself by the URI that it was found under.
    if (resources_[resource].place.document == place.document && place.pointer.empty()) return;
    return fail(place, "$id", "two schemas have the identifier " + plain);
  }
  if (place.pointer.empty()) {
    resources_[place.resource].uri = plain;
  } else {
    const uint8_t inherited = resources_[place.resource].vocabularies;
    place.resource = static_cast<uint32_t>(resources_.size());
    resources_.push_back({plain, place, 0, {}});
    resources_[place.resource].vocabularies = vocabularies_of(place, inherited);
  }
  uris_.emplace_back(plain, place.resource);
}

void Library::add_anchor(const Place& place, std::string_view keyword, Anchor::Kind kind) {
  const std::optional<core::JsonView> anchor = core::member(place.view, keyword);
  if (!anchor) return;
  std::string_view name;
  if (anchor->get_string().get(name) != simdjson::SUCCESS || !is_anchor_name(name))
    return fail(place, keyword, "it must be a letter or _, and then letters, digits and - _ .");
  const Anchor* same = find_anchor(place.resource, name);
  if (same && same->place.pointer != place.pointer)
    return fail(place, keyword, "two schemas have the anchor " + std::string(name));
  resources_[place.resource].anchors.push_back({std::string(name), kind, place});
}

/// From the metaschema that `$schema` names: core section 8.1.
uint8_t Library::vocabularies_of(const Place& place, uint8_t inherited) {
  const std::optional<core::JsonView> dialect = core::member(place.view, "$schema");
  if (!dialect) return inherited;
  std::string_view uri;
  if (dialect->get_string().get(uri) != simdjson::SUCCESS) {
    fail(place, "$schema", "it must be a string");
    return inherited;
  }
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri == kDraft202012) return kStandardVocabularies;
  const std::optional<core::JsonView> metaschema = load(place, "$schema", uri);
  if (!metaschema) {
    fail(place, "$schema",
         "the dialect " + std::string(uri) + " is not known; use " + std::string(kDraft202012));
    return inherited;
  }
  const std::optional<core::JsonView> list = core::member(*metaschema, "$vocabulary");
  if (!list || !list->is_object()) return kStandardVocabularies;
  uint8_t vocabularies = kCore;
  for (const auto& entry : core::JsonObject(list->get_object().value_unsafe())) {
    const std::optional<uint8_t> bit = find_vocabulary(entry.key);
    vocabularies |= bit.value_or(0);
    bool is_needed = false;
    if (!bit && entry.value.get_bool().get(is_needed) == simdjson::SUCCESS && is_needed)
      fail(place, "$schema",
           "its dialect needs the vocabulary " + std::string(entry.key) + ", which is not known");
  }
  return vocabularies;
}

std::optional<core::JsonView> Library::load(const Place& from, std::string_view keyword,
                                            std::string_view uri) {
  const std::string* text = known_.find(uri);
  if (!text) return std::nullopt;
  gates_.push_back(std::make_unique<core::JsonGate>());
  const core::JsonResult parsed = gates_.back()->parse(*text);
  if (parsed.ok()) return parsed.root;
  fail(from, keyword,
       "the document " + std::string(uri) + " cannot be read: " + std::string(describe(parsed.fault)));
  return std::nullopt;
}

std::optional<uint32_t> Library::find_resource(const Place& from, std::string_view keyword,
                                               std::string_view uri) {
  for (const auto& [known, resource] : uris_) {
    if (known == uri) return resource;
  }
  const std::optional<core::JsonView> document = load(from, keyword, uri);
  if (!document) return std::nullopt;
  return add_document(*document, std::string(uri));
}

std::optional<Library::Target> Library::resolve(const Place& from, std::string_view keyword,
                                                std::string_view reference) {
  const std::string uri = resolve_uri(resources_[from.resource].uri, reference);
  const std::optional<uint32_t> resource = find_resource(from, keyword, without_fragment(uri));
  if (resource && !error_) {
    const Place& root = resources_[*resource].place;
    const std::string fragment = percent_decode(split_uri(uri).fragment);
    if (fragment.empty()) return Target{root, ""};
    if (fragment[0] == '/') {
      if (std::optional<Place> place = follow(root, fragment)) return Target{std::move(*place), ""};
    } else if (const Anchor* anchor = find_anchor(*resource, fragment)) {
      return Target{anchor->place, anchor->kind == Anchor::Kind::dynamic ? fragment : ""};
    }
  }
  fail(from, keyword,
       "the reference " + std::string(reference) + " leads nowhere: nothing is known at " +
           (uri.empty() ? "that place" : uri));
  return std::nullopt;
}

std::optional<Place> Library::follow(Place place, std::string_view pointer) const {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string token = unescape_token(pointer.substr(0, end));
    pointer.remove_prefix(end);
    std::optional<core::JsonView> next = core::member(place.view, token);
    if (place.view.is_array()) {
      size_t i = 0;
      const char* last = token.data() + token.size();
      const auto [stop, fault] = std::from_chars(token.data(), last, i);
      core::JsonView item;
      const bool found =
          fault == std::errc() && stop == last && (token[0] != '0' || token.size() == 1) &&
          core::JsonArray(place.view.get_array().value_unsafe()).at(i).get(item) == simdjson::SUCCESS;
      if (found) next = item;
    }
    if (!next) return std::nullopt;
    place = child(place, token, *next);
  }
  return place;
}

Place Library::child(const Place& place, std::string_view token, core::JsonView view) const {
  Place out{place.document, place.resource, pointer_to(place.pointer, token), view};
  if (!core::member(view, "$id")) return out;
  for (uint32_t i = 0; i < resources_.size(); ++i) {
    const Place& root = resources_[i].place;
    if (root.document == out.document && root.pointer == out.pointer) out.resource = i;
  }
  return out;
}

const Library::Anchor* Library::find_anchor(uint32_t resource, std::string_view name) const {
  const std::vector<Anchor>& anchors = resources_[resource].anchors;
  // A place may have the same name twice, plain and dynamic.
  const Anchor* found = nullptr;
  for (const Anchor& anchor : anchors) {
    if (anchor.name == name && (!found || anchor.kind == Anchor::Kind::dynamic)) found = &anchor;
  }
  return found;
}

std::string Library::location(const Place& place) const {
  const Resource& resource = resources_[place.resource];
  return resource.uri + '#' + place.pointer.substr(resource.place.pointer.size());
}

void Library::fail(const Place& place, std::string_view keyword, std::string message) {
  if (error_) return;
  std::string where = location(place);
  if (!keyword.empty()) where = pointer_to(where, keyword);
  error_ = CompileError{std::move(where), std::move(message)};
}

}  // namespace schema
