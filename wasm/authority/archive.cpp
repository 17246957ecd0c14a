#include "authority/archive.h"

#include <map>

#include "authority/audit.h"
#include "authority/canonical.h"
#include "core/outbox.h"

namespace authority {

namespace {

/// "{principal}:{first}-{last}", the same in all keys of a part.
std::string part_name(std::string_view principal, int64_t first, int64_t last) {
  return std::string(principal) + ':' + std::to_string(first) + '-' + std::to_string(last);
}
std::string chain_key(const std::string& part) {
  return "audit:" + part;
}
std::string arguments_key(const std::string& part, std::string_view grant_id) {
  return "audit-arguments:" + part + ':' + std::string(grant_id);
}

/// How far a part reaches that begins with the oldest entry.
void settle_part(core::Storage& storage, core::Instant now) {
  const core::Rows rows = storage.query(
      "SELECT seq, hash, grant_id, arguments IS NOT NULL, length(entry) + coalesce(length(arguments), 0)"
      " FROM audit ORDER BY seq LIMIT ?",
      {kEntriesOfPart});
  std::map<std::string_view, int, std::less<>> grants;
  int64_t bytes = 0;
  size_t last = 0;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (rows.integer(row, 3) != 0) ++grants[rows.text(row, 2)];
    bytes += rows.integer(row, 4);
    if (row > 0 && (bytes > kBytesOfPart || grants.size() > kGrantsOfPart)) break;
    last = row;
  }
  storage.query("INSERT INTO audit_parts (first, last, hash, due_at, failures) VALUES (?, ?, ?, ?, 0)",
                {rows.integer(0, 0), rows.integer(last, 0), rows.text(last, 1), now.milliseconds});
}

}  // namespace

// ---- Writing ----

void wake_for_archive(core::Context& step) {
  wake_for_archive(step, head(*step.storage).seq);
}

void wake_for_archive(core::Context& step, int64_t newest) {
  core::Storage& storage = *step.storage;
  // A part that is on its way is still in the object.
  if (newest - start(storage).seq <= kMostEntries) return;
  const core::Rows begun = storage.query("SELECT due_at FROM audit_parts WHERE due_at IS NOT NULL");
  step.wake_at(begun.empty() ? step.now : core::Instant{begun.integer(0, 0)});
}

std::optional<LeavingPart> begin_part(core::Context& step, std::string_view principal) {
  core::Storage& storage = *step.storage;
  if (count_entries(storage) <= kMostEntries) return std::nullopt;
  if (storage.query("SELECT 1 FROM audit_parts WHERE due_at IS NOT NULL").empty()) {
    settle_part(storage, step.now);
  }
  const core::Rows part =
      storage.query("UPDATE audit_parts SET due_at = ? WHERE due_at <= ? RETURNING first, last",
                    {(step.now + kArchiveTry).milliseconds, step.now.milliseconds});
  wake_for_archive(step);
  if (part.empty()) return std::nullopt;

  const int64_t first = part.integer(0, 0), last = part.integer(0, 1);
  std::string chain;
  struct Arguments {
    std::string lines;
    int64_t entries = 0;
  };
  std::map<std::string, Arguments> of_grants;
  for (Row& row : entries_after(storage, first - 1, last - first + 1)) {
    if (row.arguments && row.salt) {
      Arguments& arguments = of_grants[row.grant_id];
      CanonicalObject line;
      line.add("arguments", *row.arguments).add("salt", *row.salt).add("seq", row.seq);
      arguments.lines += line.take() + '\n';
      ++arguments.entries;
    }
    row.arguments.reset();
    chain += export_line(row);
  }
  const std::string name = part_name(principal, first, last);
  LeavingPart leaving{first, {{chain_key(name), std::move(chain)}}};
  for (auto& [grant_id, arguments] : of_grants) {
    storage.query(
        "INSERT INTO audit_part_arguments (first, grant_id, entries, erased) VALUES (?, ?, ?, 0)"
        " ON CONFLICT DO NOTHING",
        {first, grant_id, arguments.entries});
    leaving.texts.push_back({arguments_key(name, grant_id), std::move(arguments.lines)});
  }
  return leaving;
}

std::vector<std::string> part_written(core::Context& step, std::string_view principal, int64_t first) {
  core::Storage& storage = *step.storage;
  const core::Rows part = storage.query("SELECT last FROM audit_parts WHERE first = ?", {first});
  if (part.empty()) return {};
  const int64_t last = part.integer(0, 0);
  const core::Rows now_there = storage.query(
      "UPDATE audit_parts SET due_at = NULL WHERE first = ? AND due_at IS NOT NULL RETURNING first", {first});
  if (!now_there.empty()) drop_entries(storage, last);
  wake_for_archive(step);
  // The deletion that an erasure has asked for may have come before this try had written.
  const core::Rows erased =
      storage.query("SELECT grant_id FROM audit_part_arguments WHERE first = ? AND erased = 1", {first});
  std::vector<std::string> keys;
  for (size_t row = 0; row < erased.size(); ++row) {
    keys.push_back(arguments_key(part_name(principal, first, last), erased.text(row, 0)));
  }
  return keys;
}

void part_failed(core::Context& step, int64_t first) {
  const core::Rows part = step.storage->query(
      "UPDATE audit_parts SET failures = failures + 1 WHERE first = ? AND due_at IS NOT NULL RETURNING "
      "failures",
      {first});
  if (part.empty()) return;
  const core::Instant due_at = step.now + core::retry_wait(part.integer(0, 0));
  step.storage->query("UPDATE audit_parts SET due_at = ? WHERE first = ?", {due_at.milliseconds, first});
  step.wake_at(due_at);
}

// ---- Reading ----

std::optional<ArchivedPart> part_after(core::Storage& storage, std::string_view principal, int64_t after) {
  const core::Rows rows = storage.query(
      "SELECT first, last, hash FROM audit_parts WHERE last > ? AND due_at IS NULL ORDER BY first LIMIT 1",
      {after});
  if (rows.empty()) return std::nullopt;
  ArchivedPart part{rows.integer(0, 0), rows.integer(0, 1), std::string(rows.text(0, 2)), {}};
  const std::string name = part_name(principal, part.first, part.last);
  part.keys.push_back(chain_key(name));
  const core::Rows grants = storage.query(
      "SELECT grant_id FROM audit_part_arguments WHERE first = ? AND erased = 0 ORDER BY grant_id",
      {part.first});
  for (size_t row = 0; row < grants.size(); ++row) {
    part.keys.push_back(arguments_key(name, grants.text(row, 0)));
  }
  return part;
}

std::optional<std::string> part_lines(const ArchivedPart& part, std::string_view chain,
                                      const std::vector<std::string_view>& arguments, int64_t after) {
  /// The beginning and the end of a line with arguments: its members are in the order of their names.
  struct Around {
    std::string before;
    std::string behind;
  };
  std::map<int64_t, Around> around;
  core::JsonGate gate;
  for (const std::string_view value : arguments) {
    for (const std::string_view line : core::split(value, '\n')) {
      const core::JsonResult beside = gate.parse(line);
      if (!beside.ok()) continue;
      around[core::integer_member(beside.root, "seq").value_or(0)] = {
          "{\"arguments\":" + core::json_quote(text_member(beside.root, "arguments")) + ',',
          ",\"salt\":" + core::json_quote(text_member(beside.root, "salt")) + "}\n"};
    }
  }
  std::string text;
  int64_t seq = part.first;
  std::string_view last;
  for (const std::string_view line : core::split(chain, '\n')) {
    last = line;
    const int64_t this_one = seq++;
    if (this_one <= after) continue;
    const auto found = around.find(this_one);
    if (found == around.end() || line.size() < 2) {
      text.append(line) += '\n';
    } else {
      text.append(found->second.before).append(line.substr(1, line.size() - 2)).append(found->second.behind);
    }
  }
  const bool whole = seq == part.last + 1 && last.ends_with("\"hash\":" + core::json_quote(part.hash) + '}');
  return whole ? std::optional(std::move(text)) : std::nullopt;
}

// ---- Erasing ----

ErasedArguments erase_archived(core::Storage& storage, std::string_view principal,
                               std::string_view grant_id) {
  const core::Rows rows = storage.query(
      "UPDATE audit_part_arguments SET erased = 1 WHERE erased = 0 AND (?1 = '' OR grant_id = ?1)"
      " RETURNING first, grant_id, entries,"
      " (SELECT last FROM audit_parts AS part WHERE part.first = audit_part_arguments.first),"
      " (SELECT due_at IS NULL FROM audit_parts AS part WHERE part.first = audit_part_arguments.first)",
      {grant_id});
  ErasedArguments erased;
  for (size_t row = 0; row < rows.size(); ++row) {
    // The entries of a part that is on its way are still in the object, and counted there.
    if (rows.integer(row, 4) != 0) erased.entries += rows.integer(row, 2);
    erased.keys.push_back(
        arguments_key(part_name(principal, rows.integer(row, 0), rows.integer(row, 3)), rows.text(row, 1)));
  }
  return erased;
}

}  // namespace authority
