// The storage port: SQL that answers at once.
//
// In workerd it is the principal's Durable Object (`ctx.storage.sql`, synchronous); in native tests it is
// SQLite. A step runs inside one transaction that its host opens and commits, so code here never writes BEGIN
// or COMMIT. A statement that fails is a fault, not a value: the host rolls the whole step back.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace core {

/// The text of one SQL statement. Only literals: the host remembers a statement by its address, and a
/// statement made of input could not be told from an injection.
class Statement {
 public:
  template <size_t N>
  consteval Statement(const char (&text)[N]) : text_(text), size_(N - 1) {}
  const char* data() const { return text_; }
  size_t size() const { return size_; }

 private:
  const char* text_;
  size_t size_;
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

class Storage {
 public:
  virtual ~Storage() = default;
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  virtual Rows query(Statement statement, std::initializer_list<Value> parameters) = 0;
  Rows query(Statement statement) { return query(statement, {}); }

  /// What the statements of this step used so far, where the host tells.
  RowCount used = {};
};

/// The parameters in the format that `Rows` reads, without the counts.
std::string encode_values(std::initializer_list<Value> values);

}  // namespace core
