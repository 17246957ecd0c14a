// The archive: where the oldest entries of a trail go, so that an object never grows without bound.
//
// They go as parts, each some entries in a row. The chain of a part is one value that is kept for good; its
// arguments are beside it, one value for each grant, so that each can be erased by a deletion. The range of a
// part is settled before anything is written, so a try that was cut off is made again under the same keys,
// and the entries leave the object only when all of it is there. Where the values are kept is the
// application's concern.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/step.h"

namespace authority {

/// When there are more entries than this, the oldest go.
inline constexpr int64_t kMostEntries = 2000;
/// Entries of a part, and what limits it besides: the length of its texts, the grants with arguments in it.
inline constexpr int64_t kEntriesOfPart = 1000;
inline constexpr int64_t kBytesOfPart = 2 * 1024 * 1024;
inline constexpr size_t kGrantsOfPart = 40;
/// A try of which nothing was heard for so long is made again.
inline constexpr core::Duration kArchiveTry = core::minutes(1);

// ---- Writing ----

struct ArchiveText {
  std::string key;
  std::string value;
};
/// A part on its way to the archive: all of this is to be written.
struct LeavingPart {
  int64_t first = 0;
  std::vector<ArchiveText> texts;
};
/// The part to be written now; nothing where none is. The alarm is set for what is to be done later.
std::optional<LeavingPart> begin_part(core::Context& step, std::string_view principal);
/// All of it was written: its entries leave the object. Gives the keys of what was erased in the meantime
/// and is to be deleted.
std::vector<std::string> part_written(core::Context& step, std::string_view principal, int64_t first);
/// Not all of it was: it is tried again, after growing pauses.
void part_failed(core::Context& step, int64_t first);
/// Sets the alarm where something is to be archived.
void wake_for_archive(core::Context& step);
/// The same, where the number of the newest entry is known.
void wake_for_archive(core::Context& step, int64_t newest);

// ---- Reading ----

struct ArchivedPart {
  int64_t first = 0;
  int64_t last = 0;
  /// Of the last entry.
  std::string hash;
  /// Where its values are: the chain, then arguments that were not erased.
  std::vector<std::string> keys;
};
/// The part with the entry after `after`; nothing where that entry is in the object.
std::optional<ArchivedPart> part_after(core::Storage& storage, std::string_view principal, int64_t after);
/// The lines of an export (audit.h), of the entries after `after`. Nothing where `chain` is not what was
/// written. `arguments`: those values that were found.
std::optional<std::string> part_lines(const ArchivedPart& part, std::string_view chain,
                                      const std::vector<std::string_view>& arguments, int64_t after);

// ---- Erasing ----

struct ErasedArguments {
  /// How many entries had arguments there.
  int64_t entries = 0;
  /// What is to be deleted.
  std::vector<std::string> keys;
};
/// Forgets the arguments that are in the archive. Empty: of all grants.
ErasedArguments erase_archived(core::Storage& storage, std::string_view principal, std::string_view grant_id);

}  // namespace authority
