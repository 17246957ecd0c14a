// What a person can pick to begin with.
#pragma once

#include "mcp/prompt.h"

namespace shop {

mcp::Prompt order_prompt();
mcp::Prompt review_prompt();

}  // namespace shop
