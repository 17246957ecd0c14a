// Parts of a tool call's step, each for itself, on what was recorded of a real one.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "player.h"

namespace micro {

struct Stage {
  std::string_view name;
  std::function<void()> run;
};

/// `call`: the step of a modern client's tools/call in its principal's object. It must outlive the stages.
std::vector<Stage> stages_of(const Step& call);

}  // namespace micro
