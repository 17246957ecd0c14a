#include "core/storage.h"

#include "core/wire.h"

namespace core {

namespace {
constexpr uint8_t kNull = 0, kInteger = 1, kText = 2;
}

Rows::Rows(std::string encoded) : encoded_(std::move(encoded)) {
  WireReader reader(encoded_);
  columns_ = reader.u32();
  const uint32_t rows = reader.u32();
  const uint64_t total = uint64_t{columns_} * rows;
  // Each value takes at least a byte, so a count beyond the bytes is no count.
  if (!reader.ok() || total > reader.rest().size()) {
    columns_ = 0;
    return;
  }
  values_.reserve(static_cast<size_t>(total));
  for (uint64_t i = 0; i < total && reader.ok(); ++i) {
    switch (reader.u8()) {
      case kInteger: values_.emplace_back(reader.whole()); break;
      case kText: values_.emplace_back(reader.bytes()); break;
      default: values_.emplace_back(); break;
    }
  }
  values_.resize(static_cast<size_t>(total));
}

bool Rows::is_null(size_t row, size_t column) const {
  return std::holds_alternative<std::monostate>(values_[row * columns_ + column]);
}

int64_t Rows::integer(size_t row, size_t column) const {
  const int64_t* value = std::get_if<int64_t>(&values_[row * columns_ + column]);
  return value ? *value : 0;
}

std::string_view Rows::text(size_t row, size_t column) const {
  const std::string_view* value = std::get_if<std::string_view>(&values_[row * columns_ + column]);
  return value ? *value : std::string_view();
}

std::optional<std::string> Rows::optional_text(size_t row, size_t column) const {
  if (is_null(row, column)) return std::nullopt;
  return std::string(text(row, column));
}

Rows Storage::query(Statement statement, std::initializer_list<Value> parameters) {
  const std::string_view table = statement.writes();
  if (!table.empty()) {
    std::erase_if(known_, [&](const Known& known) { return table == known.table || table == kAnyTable; });
  }
  return ask(statement, parameters);
}

std::shared_ptr<const Rows> Storage::look_up(Lookup lookup, std::initializer_list<Value> parameters) {
  Known& known = this->known(lookup, parameters);
  if (!known.rows) known.rows.reset(new Rows(ask(lookup.statement(), parameters)));
  return known.rows;
}

void Storage::remember(Lookup lookup, std::initializer_list<Value> parameters,
                       std::initializer_list<Value> row) {
  WireWriter encoded;
  encoded.u32(static_cast<uint32_t>(row.size()));
  encoded.u32(1);
  encoded.append(encode_values(row));
  known(lookup, parameters).rows = std::make_shared<const Rows>(encoded.take());
}

Storage::Known& Storage::known(Lookup lookup, std::initializer_list<Value> parameters) {
  // Not by its address: a lookup of a header may have one in each file.
  const std::string_view text(lookup.statement().data(), lookup.statement().size());
  std::string encoded = encode_values(parameters);
  for (Known& known : known_) {
    if (known.lookup == text && known.parameters == encoded) return known;
  }
  if (known_.size() == kMostKnown) known_.clear();
  known_.push_back({text, lookup.reads(), std::move(encoded), nullptr});
  return known_.back();
}

std::string encode_values(std::initializer_list<Value> values) {
  WireWriter writer;
  for (const Value& value : values) {
    if (const int64_t* integer = std::get_if<int64_t>(&value)) {
      writer.u8(kInteger);
      writer.f64(static_cast<double>(*integer));
    } else if (const std::string_view* text = std::get_if<std::string_view>(&value)) {
      writer.u8(kText);
      writer.bytes(*text);
    } else {
      writer.u8(kNull);
    }
  }
  return writer.take();
}

}  // namespace core
