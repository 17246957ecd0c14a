// The documents of one compilation: what identifiers they give to which places, and where a reference leads.
// JSON Schema 2020-12 core sections 8.1 and 8.2, and 9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "schema/schema.h"

namespace schema {

/// A value in a document, and the schema resource whose base URI and vocabularies it has.
struct Place {
  uint32_t document = 0;
  uint32_t resource = 0;
  std::string pointer;  // JSON pointer from the document's root
  core::JsonView view;
};

/// A place and a token more.
std::string pointer_to(std::string_view pointer, std::string_view token);

class Library {
 public:
  /// `root` stays valid as long as the library lives; so does `known`.
  Library(core::JsonView root, const Documents& known);

  struct Anchor {
    std::string name;
    enum class Kind { plain, dynamic } kind;
    Place place;
  };
  struct Resource {
    std::string uri;  // without fragment
    Place place;
    uint8_t vocabularies;
    std::vector<Anchor> anchors;
  };
  const std::vector<Resource>& resources() const { return resources_; }
  const Place& root() const { return resources_[0].place; }

  /// A member or item of the value at `place`.
  Place child(const Place& place, std::string_view token, core::JsonView view) const;

  struct Target {
    Place place;
    /// The name of the `$dynamicAnchor` that the reference named, if it was one.
    std::string dynamic_anchor;
  };
  /// Where a reference within a resource leads; nothing, and an error where none was before, if nowhere.
  std::optional<Target> resolve(const Place& from, std::string_view keyword, std::string_view reference);
  /// In this very resource.
  const Anchor* find_anchor(uint32_t resource, std::string_view name) const;

  /// For messages: a URI reference.
  std::string location(const Place& place) const;

  /// Keeps the first error.
  void fail(const Place& place, std::string_view keyword, std::string message);
  const std::optional<CompileError>& error() const { return error_; }

 private:
  std::optional<uint32_t> find_resource(const Place& from, std::string_view keyword, std::string_view uri);
  std::optional<core::JsonView> load(const Place& from, std::string_view keyword, std::string_view uri);
  uint32_t add_document(core::JsonView root, std::string uri);
  void index(Place place, size_t depth);
  void index_children(const Place& place, size_t depth);
  void identify(Place& place);
  void add_anchor(const Place& place, std::string_view keyword, Anchor::Kind kind);
  uint8_t vocabularies_of(const Place& place, uint8_t inherited);
  std::optional<Place> follow(Place place, std::string_view pointer) const;

  const Documents& known_;
  std::vector<Resource> resources_;
  std::vector<std::pair<std::string, uint32_t>> uris_;  // of resources; one may have several
  std::vector<std::unique_ptr<core::JsonGate>> gates_;  // of documents that were loaded
  uint32_t documents_ = 0;
  std::optional<CompileError> error_;
};

}  // namespace schema
