// The metaschemas of draft 2020-12: the schemas that schemas follow. Apart from the validator, so that only a
// program that asks for them carries them.
#pragma once

#include <string_view>

#include "schema/schema.h"

namespace schema {

inline constexpr std::string_view kDraft202012 = "https://json-schema.org/draft/2020-12/schema";

/// Adds the metaschema and those of its vocabularies, format-assertion included.
void add_metaschemas(Documents& documents);

}  // namespace schema
