#include "identity/sign_in_states.h"

#include "core/wire.h"

namespace identity {

namespace {

struct Writing {
  core::WireWriter& out;
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }
  void one(std::string& value) { out.bytes(value); }
  void one(bool& value) { out.u8(value ? 1 : 0); }
  void one(std::vector<std::string>& list) {
    out.u32(static_cast<uint32_t>(list.size()));
    for (std::string& value : list) one(value);
  }
};

struct Reading {
  core::WireReader& in;
  template <typename... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }
  void one(std::string& value) { value = in.string(); }
  void one(bool& value) { value = in.u8() == 1; }
  void one(std::vector<std::string>& list) {
    const uint32_t count = in.u32();
    for (uint32_t i = 0; i < count && in.ok(); ++i) list.push_back(in.string());
  }
};

template <size_t I = 0>
std::optional<SignInState> decode_as(size_t index, core::WireReader& reader) {
  if constexpr (I < std::variant_size_v<SignInState>) {
    if (index != I) return decode_as<I + 1>(index, reader);
    std::variant_alternative_t<I, SignInState> state;
    Reading reading{reader};
    state.fields(reading);
    if (!reader.finished()) return std::nullopt;
    return SignInState(std::move(state));
  } else {
    return std::nullopt;
  }
}

}  // namespace

std::string encode(SignInState state) {
  core::WireWriter writer;
  writer.u8(static_cast<uint8_t>(state.index()));
  Writing writing{writer};
  std::visit([&](auto& s) { s.fields(writing); }, state);
  return writer.take();
}

std::optional<SignInState> decode_sign_in_state(std::string_view bytes) {
  core::WireReader reader(bytes);
  const size_t index = reader.u8();
  return decode_as(index, reader);
}

}  // namespace identity
