// What was used up for good: a line for each use, with running totals, so that the sum over any period is the
// difference of two lines. Lines are never changed and never deleted.
//
// Each line is in two orders. Numbers go from 1 without a gap: so the uses of all deputies are found by
// halving. And each line knows the one before it of its own deputy, and one that is far before: the lines of
// a deputy are a chain that is walked in a number of steps that is logarithmic in its length (a skip pointer
// for each line, as in Myers, "An applicative random-access stack", 1983). So a use is one row to write.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/decide.h"
#include "core/json.h"
#include "core/storage.h"
#include "core/time.h"

namespace authority {

/// What was used of one measure since some moment.
struct UsedSince {
  /// Nothing of it: 0.
  int64_t amount = 0;
  /// The moment of the first of it.
  std::optional<core::Instant> first = {};
};

class Ledger {
 public:
  explicit Ledger(core::Storage& storage);

  /// A use that is settled now. `head`: the last line of its deputy; 0 where there is none. Gives the new
  /// one. Where the clock has gone back the line is as late as the last one of all.
  int64_t append(int64_t head, const std::vector<Cost>& costs, core::Instant now);
  /// By the deputy whose last line is `head`, from `since` on.
  UsedSince used(int64_t head, std::string_view measure, core::Instant since);
  /// By all deputies.
  UsedSince used_by_all(std::string_view measure, core::Instant since);

 private:
  /// By measure, modulo 2^64: only differences count.
  using Totals = std::map<std::string, uint64_t, std::less<>>;
  struct Line {
    int64_t number = 0;
    int64_t at = 0;
    int64_t before = 0;
    int64_t far = 0;
    /// Of its chain, up to here.
    int64_t length = 0;
    Totals used, used_by_all;
  };

  /// Lines that were read, or written: they are never another. All are forgotten where there are too many.
  using Lines = std::map<int64_t, Line>;
  static constexpr size_t kMostLines = 64;

  const Line& read(int64_t number);
  Totals totals_of(std::string_view json);
  int64_t newest();
  template <typename Holds>
  int64_t first_in_chain(int64_t head, Holds holds);
  template <typename Holds>
  int64_t first_of_all(int64_t last, Holds holds);

  core::Storage& storage_;
  Lines& lines_;
  const Line nothing_;
  core::JsonGate gate_;
};

void create_ledger_schema(core::Storage& storage);

}  // namespace authority
