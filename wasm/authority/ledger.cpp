#include "authority/ledger.h"

#include <algorithm>

#include "authority/canonical.h"

namespace authority {

namespace {

constexpr core::Lookup kNewest = "SELECT max(number) FROM ledger";

uint64_t total(const std::map<std::string, uint64_t, std::less<>>& totals, std::string_view measure) {
  const auto found = totals.find(measure);
  return found == totals.end() ? 0 : found->second;
}

std::string json_of(const std::map<std::string, uint64_t, std::less<>>& totals) {
  CanonicalObject object;
  for (const auto& [measure, sum] : totals) object.add(measure, static_cast<int64_t>(sum));
  return object.take();
}

}  // namespace

void create_ledger_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE ledger ("
      " number INTEGER PRIMARY KEY,"
      " at INTEGER NOT NULL,"
      " before INTEGER NOT NULL,"  // of the same deputy; 0: none
      " far INTEGER NOT NULL,"     // of the same deputy, further back
      " length INTEGER NOT NULL,"  // lines of this deputy, up to here
      " used TEXT NOT NULL,"       // totals by measure: of this deputy
      " used_by_all TEXT NOT NULL"
      ")");
}

Ledger::Ledger(core::Storage& storage) : storage_(storage), lines_(storage.memory<Lines>()) {
  // Nobody holds one of them: references to lines live no longer than a ledger.
  if (lines_.size() > kMostLines) lines_.clear();
}

Ledger::Totals Ledger::totals_of(std::string_view json) {
  Totals totals;
  const core::JsonResult parsed = gate_.parse(json);
  core::JsonObject object;
  if (!parsed.ok() || parsed.root.get(object) != simdjson::SUCCESS) return totals;
  for (const auto& [measure, value] : object) {
    int64_t sum = 0;
    if (value.get(sum) == simdjson::SUCCESS) totals.emplace(measure, static_cast<uint64_t>(sum));
  }
  return totals;
}

/// Of 0, and of what there is none, the line before all others.
const Ledger::Line& Ledger::read(int64_t number) {
  const auto known = lines_.find(number);
  if (known != lines_.end()) return known->second;
  if (number == 0) return nothing_;
  const core::Rows rows = storage_.query(
      "SELECT at, before, far, length, used, used_by_all FROM ledger WHERE number = ?", {number});
  if (rows.empty()) return nothing_;
  Line& line = lines_[number];
  line = {number,
          rows.integer(0, 0),
          rows.integer(0, 1),
          rows.integer(0, 2),
          rows.integer(0, 3),
          totals_of(rows.text(0, 4)),
          totals_of(rows.text(0, 5))};
  return line;
}

int64_t Ledger::newest() {
  return storage_.look_up(kNewest)->integer(0, 0);
}

int64_t Ledger::append(int64_t head, const std::vector<Cost>& costs, core::Instant now) {
  const Line& last = read(newest());
  const Line& before = read(head);
  const Line& far = read(before.far);
  const Line& further = read(far.far);
  // Two stretches of one length become one of both, and this line.
  const bool joins = before.length - far.length == far.length - further.length;
  Line line{last.number + 1,   std::max(now.milliseconds, last.at),
            before.number,     joins ? further.number : before.number,
            before.length + 1, before.used,
            last.used_by_all};
  for (const Cost& cost : costs) {
    if (cost.amount == 0) continue;
    line.used[cost.measure] += static_cast<uint64_t>(cost.amount);
    line.used_by_all[cost.measure] += static_cast<uint64_t>(cost.amount);
  }
  storage_.query(
      "INSERT INTO ledger (number, at, before, far, length, used, used_by_all) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {line.number, line.at, line.before, line.far, line.length, json_of(line.used),
       json_of(line.used_by_all)});
  const int64_t number = line.number;
  storage_.remember(kNewest, {}, {number});
  lines_[number] = std::move(line);
  return number;
}

/// The first line of a chain that `holds`, which holds for all later ones; 0 where it holds for none.
template <typename Holds>
int64_t Ledger::first_in_chain(int64_t head, Holds holds) {
  int64_t first = 0;
  for (int64_t number = head; number != 0 && holds(read(number));) {
    first = number;
    const int64_t far = read(number).far;
    number = far != 0 && holds(read(far)) ? far : read(number).before;
  }
  return first;
}

template <typename Holds>
int64_t Ledger::first_of_all(int64_t last, Holds holds) {
  // It holds from `high` on, and not up to `low`.
  int64_t low = 0, high = last + 1;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (holds(read(middle)) ? high : low) = middle;
  }
  return high > last ? 0 : high;
}

UsedSince Ledger::used(int64_t head, std::string_view measure, core::Instant since) {
  const auto is_in = [&](const Line& line) { return line.at >= since.milliseconds; };
  const int64_t first = first_in_chain(head, is_in);
  if (first == 0) return {};
  const uint64_t before = total(read(read(first).before).used, measure);
  const auto counts = [&](const Line& line) {
    return is_in(line) && static_cast<int64_t>(total(line.used, measure) - before) > 0;
  };
  if (!counts(read(head))) return {};
  const int64_t counted = first_in_chain(head, counts);
  return {static_cast<int64_t>(total(read(head).used, measure) - before), core::Instant{read(counted).at}};
}

UsedSince Ledger::used_by_all(std::string_view measure, core::Instant since) {
  const int64_t last = newest();
  const auto is_in = [&](const Line& line) { return line.at >= since.milliseconds; };
  const int64_t first = first_of_all(last, is_in);
  if (first == 0) return {};
  const uint64_t before = total(read(first - 1).used_by_all, measure);
  const auto counts = [&](const Line& line) {
    return is_in(line) && static_cast<int64_t>(total(line.used_by_all, measure) - before) > 0;
  };
  if (!counts(read(last))) return {};
  const int64_t counted = first_of_all(last, counts);
  return {static_cast<int64_t>(total(read(last).used_by_all, measure) - before),
          core::Instant{read(counted).at}};
}

}  // namespace authority
