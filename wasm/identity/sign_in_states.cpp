#include "identity/sign_in_states.h"

#include "identity/states.h"

namespace identity {

std::string encode(SignInState state) {
  return encode_state(std::move(state));
}

std::optional<SignInState> decode_sign_in_state(std::string_view bytes) {
  return decode_state<SignInState>(bytes);
}

}  // namespace identity
