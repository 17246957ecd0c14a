// The storage port: SQL that answers at once.
//
// In workerd it is the principal's Durable Object (`ctx.storage.sql`, synchronous); in native tests it is
// SQLite. A step runs inside one transaction that its host opens and commits, so code here never writes BEGIN
// or COMMIT. A statement that fails is a fault, not a value: the host rolls the whole step back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace core {

/// In place of a table's name: it may be any of them.
inline constexpr std::string_view kAnyTable = "*";

/// The word in `sql` behind `words`; empty where these are not in it.
constexpr std::string_view word_behind(std::string_view sql, std::string_view words) {
  const size_t at = sql.find(words);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = sql.substr(at + words.size());
  return rest.substr(0, rest.find_first_of(" (,;"));
}

/// The table that a statement writes; empty: none.
constexpr std::string_view table_written(std::string_view sql) {
  if (sql.starts_with("SELECT ")) return {};
  for (const std::string_view beginning : {"INSERT INTO ", "UPDATE ", "DELETE FROM "}) {
    if (sql.starts_with(beginning)) return word_behind(sql, beginning);
  }
  return kAnyTable;
}

/// The text of one SQL statement. Only literals: the host remembers a statement by its address, and a
/// statement made of input could not be told from an injection.
class Statement {
 public:
  template <size_t N>
  consteval Statement(const char (&text)[N])
      : text_(text), size_(N - 1), writes_(table_written({text, N - 1})) {}
  constexpr const char* data() const { return text_; }
  constexpr size_t size() const { return size_; }
  std::string_view writes() const { return writes_; }

 private:
  const char* text_;
  size_t size_;
  std::string_view writes_;
};

/// Defined nowhere: a constant expression cannot call it.
void not_a_question_to_one_table();

/// A question to one table, whose answer holds until that table is written. Anything else does not compile.
class Lookup {
 public:
  template <size_t N>
  consteval Lookup(const char (&text)[N]) : statement_(text), reads_(word_behind({text, N - 1}, " FROM ")) {
    const std::string_view sql(text, N - 1);
    const std::string_view rest = sql.substr(static_cast<size_t>(reads_.data() - text) + reads_.size());
    const bool one = rest.empty() || rest.starts_with(" WHERE ") || rest.starts_with(" ORDER BY ");
    if (!sql.starts_with("SELECT ") || !one || sql.find("(SELECT ") != sql.npos)
      not_a_question_to_one_table();
  }
  constexpr const Statement& statement() const { return statement_; }
  std::string_view reads() const { return reads_; }

 private:
  Statement statement_;
  std::string_view reads_;
};

/// One statement that asks several lookups, a static array of them; each is of one value and has no
/// parameters.
template <const auto& lookups>
struct Together {
  static constexpr size_t kSize = [] {
    size_t size = std::string_view("SELECT ").size();
    for (const Lookup& lookup : lookups) size += lookup.statement().size() + std::string_view("(),").size();
    return size;
  }();
  struct Text {
    char characters[kSize] = {};
  };
  static constexpr Text text = [] {
    Text text;
    char* at = text.characters;
    const auto add = [&](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
    for (const Lookup& lookup : lookups) {
      add(&lookup == &lookups.front() ? "SELECT (" : ",(");
      add({lookup.statement().data(), lookup.statement().size()});
      add(")");
    }
    return text;
  }();
  static_assert(text.characters[kSize - 2] == ')' && text.characters[kSize - 1] == '\0');
};

/// What a parameter or a column holds. Integers are exact up to 2^53 (they cross as doubles in workerd).
using Value = std::variant<std::monostate, int64_t, std::string_view>;

/// A value for an optional text: NULL where it is absent.
inline Value value_or_null(const std::optional<std::string>& text) {
  return text ? Value(std::string_view(*text)) : Value();
}

/// The rows of one answer. Views that it gives are valid as long as it lives.
class Rows {
 public:
  /// `encoded`: u32 columns, u32 rows, then each value as u8 kind (0 null, 1 integer as f64, 2 text) and its
  /// bytes.
  explicit Rows(std::string encoded);
  // The values look into `encoded_`, so rows stay where they were made.
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  size_t size() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
  bool empty() const { return size() == 0; }
  bool is_null(size_t row, size_t column) const;
  /// 0 where the value is no integer.
  int64_t integer(size_t row, size_t column) const;
  /// Empty where the value is no text.
  std::string_view text(size_t row, size_t column) const;
  std::optional<std::string> optional_text(size_t row, size_t column) const;
  const Value& value(size_t row, size_t column) const { return values_[row * columns_ + column]; }
  std::string_view encoded() const { return encoded_; }

 private:
  std::string encoded_;
  size_t columns_ = 0;
  std::vector<Value> values_;
};

/// Rows that statements read and wrote, as the platform bills them.
struct RowCount {
  int64_t read = 0;
  int64_t written = 0;
  RowCount& operator+=(RowCount more) {
    read += more.read;
    written += more.written;
    return *this;
  }
};

/// The storage of one object, for as long as that object is awake: what it has answered stays true until it
/// is told otherwise, for nobody else writes there.
class Storage {
 public:
  virtual ~Storage() = default;
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  Rows query(Statement statement, std::initializer_list<Value> parameters);
  Rows query(Statement statement) { return query(statement, {}); }

  /// As `query`, without asking where the answer is known.
  std::shared_ptr<const Rows> look_up(Lookup lookup, std::initializer_list<Value> parameters);
  std::shared_ptr<const Rows> look_up(Lookup lookup) { return look_up(lookup, {}); }
  /// The one row that `lookup` finds by now: whoever has written it need not ask.
  void remember(Lookup lookup, std::initializer_list<Value> parameters, std::initializer_list<Value> row);
  /// Asks what `Together` asks, in one statement: to ask takes longer than to find.
  template <const auto& lookups>
  void look_up_together() {
    const Rows rows = query(Statement(Together<lookups>::text.characters), {});
    for (size_t i = 0; i < lookups.size(); ++i) remember(lookups[i], {}, {rows.value(0, i)});
  }
  /// What else is worth keeping of this storage, one of each type. It must hold for good what it holds:
  /// nobody tells it of writes.
  template <typename T>
  T& memory() {
    static char key = 0;
    for (auto& [kept_as, kept] : memory_) {
      if (kept_as == &key) return *static_cast<T*>(kept.get());
    }
    memory_.emplace_back(&key, std::make_shared<T>());
    return *static_cast<T*>(memory_.back().second.get());
  }
  /// After anything was rolled back.
  void forget() {
    known_.clear();
    memory_.clear();
  }

  /// What the statements of this step used so far, where the host tells.
  RowCount used = {};

 private:
  /// Beyond these all are forgotten. What a lookup answers is a few KiB at most.
  static constexpr size_t kMostKnown = 48;

  struct Known {
    std::string_view lookup;
    std::string_view table;
    std::string parameters;
    std::shared_ptr<const Rows> rows;
  };

  /// Asks the host. Where a statement fails, this does not come back.
  virtual Rows ask(Statement statement, std::initializer_list<Value> parameters) = 0;
  Known& known(Lookup lookup, std::initializer_list<Value> parameters);

  std::vector<Known> known_;
  std::vector<std::pair<const char*, std::shared_ptr<void>>> memory_;
};

/// The parameters in the format that `Rows` reads, without the counts.
std::string encode_values(std::initializer_list<Value> values);

}  // namespace core
