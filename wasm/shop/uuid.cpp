#include "shop/uuid.h"

namespace shop {

std::string uuid_v7(core::Instant now, core::Entropy& entropy) {
  std::string bytes;
  for (int shift = 40; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<uint64_t>(now.milliseconds) >> shift & 0xFF));
  }
  bytes += entropy.bytes(10);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);

  const std::string digits = core::hex(bytes);
  const std::string_view view = digits;
  std::string text;
  for (const auto& [begin, length] : {std::pair{0, 8}, {8, 4}, {12, 4}, {16, 4}, {20, 12}}) {
    if (!text.empty()) text += '-';
    text += view.substr(static_cast<size_t>(begin), static_cast<size_t>(length));
  }
  return text;
}

}  // namespace shop
