// The measurement on this machine, without a sandbox around it: `micro_native TAPE WARM_UP BATCH BATCHES`
// prints JSON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "measure.h"
#include "player.h"

void micro::fail(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  std::exit(1);
}

double micro::now() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int main(int count, char** arguments) {
  if (count != 5) micro::fail("usage: micro_native TAPE WARM_UP BATCH BATCHES");
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string tape{std::istreambuf_iterator<char>(file), {}};
  const auto number = [&](int at) { return static_cast<uint32_t>(std::strtoul(arguments[at], nullptr, 10)); };
  std::puts(micro::measure(tape, {number(2), number(3), number(4)}).c_str());
}
