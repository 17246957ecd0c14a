// States of a flow as bytes: which of the variant's alternatives it is, and its fields. A state lists its
// fields once, in a member template `fields`, for writing and reading alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/wire.h"

namespace identity {

class StateWriter {
 public:
  explicit StateWriter(core::WireWriter& out) : out_(out) {}
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }

 private:
  void one(std::string& value) { out_.bytes(value); }
  void one(bool& value) { out_.u8(value ? 1 : 0); }
  void one(std::vector<std::string>& list) {
    out_.u32(static_cast<uint32_t>(list.size()));
    for (std::string& value : list) one(value);
  }
  core::WireWriter& out_;
};

class StateReader {
 public:
  explicit StateReader(core::WireReader& in) : in_(in) {}
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }

 private:
  void one(std::string& value) { value = in_.string(); }
  void one(bool& value) { value = in_.u8() == 1; }
  void one(std::vector<std::string>& list) {
    const uint32_t count = in_.u32();
    for (uint32_t i = 0; i < count && in_.ok(); ++i) list.push_back(in_.string());
  }
  core::WireReader& in_;
};

template <typename Variant>
std::string encode_state(Variant state) {
  core::WireWriter writer;
  writer.u8(static_cast<uint8_t>(state.index()));
  StateWriter fields(writer);
  std::visit([&](auto& s) { s.fields(fields); }, state);
  return writer.take();
}

template <typename Variant, size_t I = 0>
std::optional<Variant> decode_alternative(size_t index, core::WireReader& reader) {
  if constexpr (I < std::variant_size_v<Variant>) {
    if (index != I) return decode_alternative<Variant, I + 1>(index, reader);
    std::variant_alternative_t<I, Variant> state;
    StateReader fields(reader);
    state.fields(fields);
    if (!reader.finished()) return std::nullopt;
    return Variant(std::move(state));
  } else {
    return std::nullopt;
  }
}

/// Nothing where the bytes are no state of this flow.
template <typename Variant>
std::optional<Variant> decode_state(std::string_view bytes) {
  core::WireReader reader(bytes);
  const size_t index = reader.u8();
  return decode_alternative<Variant>(index, reader);
}

}  // namespace identity
