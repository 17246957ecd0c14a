// What a server offers, with what is worked out of it once: compiled schemas and the headers that repeat
// arguments.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/header_params.h"
#include "mcp/server.h"
#include "schema/schema.h"

namespace mcp {

class Catalogue {
 public:
  explicit Catalogue(Offer offer);

  const Offer& offer() const { return offer_; }
  /// Nothing where there is none of that name, or none in this deployment.
  const Tool* find_tool(std::string_view name, const core::Config& config) const;
  const Prompt* find_prompt(std::string_view name, const core::Config& config) const;
  const Resource* find_resource(std::string_view uri, const core::Config& config) const;
  struct Templated {
    const ResourceTemplate* entry;
    Variables variables;
  };
  std::optional<Templated> find_template(std::string_view uri, const core::Config& config) const;

  /// What is wrong with a tool's arguments, in words by which a caller can mend them.
  std::optional<std::string> argument_problems(const Tool& tool, core::JsonView arguments) const;
  const std::vector<HeaderParam>& header_params(const Tool& tool) const;

  /// How an entry of the offer stands in a list of that revision: `make` is asked once.
  const std::string& text_of(const void* entry, Revision revision,
                             const std::function<std::string()>& make) const;

  /// `ServerCapabilities` as a revision knows them, as JSON text.
  std::string capabilities_json(Revision revision) const;
  /// Mistakes of whoever wrote the offer: schemas that cannot be used, names that are taken twice.
  std::vector<std::string> problems() const;

 private:
  struct Compiled {
    std::optional<schema::Schema> schema;
    std::string problem;  // why there is no schema
    HeaderParams headers;
  };
  const Compiled& compiled(const Tool& tool) const;

  Offer offer_;
  /// By position of the tool, filled as they are used.
  mutable std::vector<std::unique_ptr<Compiled>> compiled_;
  mutable std::map<std::pair<const void*, Revision>, std::string> texts_;
};

/// True where the entry is part of this deployment.
bool is_available(Availability availability, const core::Config& config);

}  // namespace mcp
