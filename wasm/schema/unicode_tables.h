// What scripts/unicode-tables.js writes at build time, from the Unicode version of the Node that builds. The
// format is described there; `unicode.cpp` reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace schema {

/// All names of each value between signs of equality: "=Lu=Uppercase_Letter= =Ll=Lowercase_Letter= ...". The
/// categories are followed by their groups.
extern const std::string_view kCategoryNames;
extern const std::string_view kBinaryNames;
extern const std::string_view kScriptNames;

/// The categories of each group, a bit for each.
extern const uint32_t kGroupMasks[];

extern const unsigned char kCategoryRuns[];
extern const size_t kCategoryRunsSize;
extern const unsigned char kScriptRuns[];
extern const size_t kScriptRunsSize;
extern const unsigned char kScriptExtensions[];
extern const size_t kScriptExtensionsSize;
extern const unsigned char kBinaryChanges[];
extern const size_t kBinaryChangesSize;

}  // namespace schema
