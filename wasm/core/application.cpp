#include "core/application.h"

namespace core {

std::string run_step(Application& application, std::string_view input, Crypto& crypto, Storage* storage) {
  std::optional<Begun> begun = decode_input(input);
  Entropy entropy(crypto, begun ? begun->entropy : std::string());
  Context step{begun ? begun->now : Instant{}, entropy, crypto, storage};
  if (begun) return encode_output(application.handle(begun->input, step), step);

  Response malformed;
  malformed.status = 500;
  malformed.headers.add("Content-Type", "text/plain; charset=utf-8");
  malformed.body = "The step's input is malformed.\n";
  return encode_output(Respond{std::move(malformed)}, step);
}

}  // namespace core
