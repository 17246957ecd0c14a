#include "identity/plain_name.h"

namespace identity {

std::string plain_name(std::string_view name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    const std::string_view three = name.substr(i, 3);
    const bool turns = three == "\xE2\x80\x8E" || three == "\xE2\x80\x8F" ||
                       (three >= "\xE2\x80\xAA" && three <= "\xE2\x80\xAE") ||
                       (three >= "\xE2\x81\xA6" && three <= "\xE2\x81\xA9");
    if (turns) {
      i += 2;
    } else if (static_cast<unsigned char>(name[i]) >= ' ') {
      plain += name[i];
    }
  }
  return plain;
}

}  // namespace identity
