#include "mcp/tool.h"

namespace mcp {

ToolOutcome stopped(Obstacle obstacle) {
  return std::visit(core::Overloaded{
                        [](Waiting waiting) -> ToolOutcome { return waiting; },
                        [](UrlRequired&& required) -> ToolOutcome { return std::move(required); },
                        [](Refused&& refused) -> ToolOutcome { return ToolResult::error(refused.message); },
                    },
                    std::move(obstacle));
}

}  // namespace mcp
