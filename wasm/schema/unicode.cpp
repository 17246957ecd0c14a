#include "schema/unicode.h"

#include <string>

#include "schema/unicode_tables.h"

namespace schema {

namespace {

/// Categories that are no groups; the last two are unassigned code points and surrogates.
constexpr uint32_t kCategories = 30;
constexpr uint32_t kUnassigned = 28;

/// Reads one table from its start.
class Reader {
 public:
  Reader(const unsigned char* bytes, size_t size) : at_(bytes), end_(bytes + size) {}

  bool at_end() const { return at_ == end_; }
  uint32_t byte() { return *at_++; }
  uint32_t number() {
    uint32_t value = 0;
    for (int shift = 0;; shift += 7) {
      const uint32_t next = byte();
      value |= (next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
  }
  CodeSet changes() {
    std::vector<char32_t> places(number());
    char32_t place = 0;
    for (char32_t& next : places) next = place += number();
    return CodeSet(std::move(places));
  }

 private:
  const unsigned char* at_;
  const unsigned char* end_;
};

/// The number of the value that has this name.
std::optional<uint32_t> find(std::string_view names, std::string_view name) {
  std::string key = "=";
  key.append(name).append("=");
  const size_t at = names.find(key);
  if (name.empty() || at == std::string_view::npos) return std::nullopt;
  return static_cast<uint32_t>(std::count(names.begin(), names.begin() + static_cast<ptrdiff_t>(at), ' '));
}

/// The code points of the categories in `mask`.
CodeSet in_categories(uint32_t mask) {
  std::vector<char32_t> changes;
  bool inside = false;
  char32_t code = 0;
  for (Reader runs(kCategoryRuns, kCategoryRunsSize); !runs.at_end();) {
    const uint32_t run = runs.byte();
    if (((mask >> (run & 0x1F)) & 1) != (inside ? 1u : 0u)) {
      inside = !inside;
      changes.push_back(code);
    }
    code += run >> 5 ? run >> 5 : runs.number();
  }
  return CodeSet(std::move(changes));
}

CodeSet category(uint32_t id) {
  return in_categories(id < kCategories ? 1u << id : kGroupMasks[id - kCategories]);
}

/// The runs of scripts count assigned code points only; `assigned` says where these are.
CodeSet script(uint32_t id) {
  const CodeSet assigned = in_categories(~(1u << kUnassigned));
  const std::vector<char32_t>& ends = assigned.changes();
  CodeSet set;
  if (find(kScriptNames, "Unknown") == id) set = in_categories(1u << kUnassigned);
  size_t range = 0;
  char32_t code = ends[0];
  for (Reader runs(kScriptRuns, kScriptRunsSize); !runs.at_end();) {
    const bool wanted = runs.byte() == id;
    for (uint32_t left = runs.number(); left > 0;) {
      const char32_t end = range + 1 < ends.size() ? ends[range + 1] : kMaxCodePoint + 1;
      const uint32_t count = std::min<uint32_t>(left, end - code);
      if (wanted) set.add(code, code + count - 1);
      code += count;
      left -= count;
      if (code == end && range + 2 < ends.size()) code = ends[range += 2];
    }
  }
  return set;
}

CodeSet script_extensions(uint32_t id) {
  Reader extensions(kScriptExtensions, kScriptExtensionsSize);
  for (uint32_t i = 0; i < id; ++i) extensions.changes();
  CodeSet set = script(id);
  set.toggle(extensions.changes());
  return set;
}

CodeSet binary(uint32_t id) {
  Reader properties(kBinaryChanges, kBinaryChangesSize);
  for (uint32_t i = 0;; ++i) {
    const uint32_t mask = properties.number();
    const CodeSet changes = properties.changes();
    if (i < id) continue;
    CodeSet set = in_categories(mask);
    set.toggle(changes);
    return set;
  }
}

}  // namespace

std::optional<CodeSet> unicode_property(std::string_view name, std::string_view value) {
  if (value.empty()) {
    if (const auto id = find(kCategoryNames, name)) return category(*id);
    if (const auto id = find(kBinaryNames, name)) return binary(*id);
    return std::nullopt;
  }
  if (name == "General_Category" || name == "gc") {
    if (const auto id = find(kCategoryNames, value)) return category(*id);
  } else if (name == "Script" || name == "sc") {
    if (const auto id = find(kScriptNames, value)) return script(*id);
  } else if (name == "Script_Extensions" || name == "scx") {
    if (const auto id = find(kScriptNames, value)) return script_extensions(*id);
  }
  return std::nullopt;
}

}  // namespace schema
