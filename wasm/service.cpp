#include "service.h"

#include "core/http.h"

std::string scope_names(std::string_view between) {
  std::string names;
  for (std::string_view scope : core::split(service().scopes_of_issuer, ' ')) {
    names.append(names.empty() ? "" : between).append(scope);
  }
  for (const authority::Vocabulary::Scope& scope : service().scopes) {
    names.append(names.empty() ? "" : between).append(scope.name);
  }
  return names;
}
