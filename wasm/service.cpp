#include "service.h"

std::string scope_names(std::string_view between) {
  std::string names;
  for (const authority::Vocabulary::Scope& scope : service().scopes) {
    names.append(names.empty() ? "" : between).append(scope.name);
  }
  return names;
}
