#include <algorithm>

#include "core/json.h"
#include "mcp/arguments.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

constexpr std::string_view kName = "getUserInfo";
/// The identity provider's permission to see this; an OAuth scope would not do, for a client asks for scopes
/// itself.
constexpr std::string_view kPermission = "shop:admin";

mcp::ToolOutcome run(mcp::Call& call) {
  const mcp::Caller& caller = call.caller;
  if (std::find(caller.permissions.begin(), caller.permissions.end(), kPermission) ==
      caller.permissions.end()) {
    return mcp::ToolResult::error("Sorry, bruh. You don't have these permissions.");
  }
  return mcp::ToolResult::json(
      core::json_text(core::Json{{"subject", caller.subject},
                                 {"email", caller.email},
                                 {"name", caller.name},
                                 {"permissions", caller.permissions},
                                 {"client", {{"id", caller.client_id}, {"name", caller.client_name}}}}));
}

constexpr std::string_view kOutputSchema =
    R"({"type":"object","properties":{"subject":{"type":"string"},"email":{"type":"string"},)"
    R"("name":{"type":"string"},"permissions":{"type":"array","items":{"type":"string"}},)"
    R"("client":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"}},)"
    R"("required":["id","name"]}},"required":["subject","email","name","permissions","client"]})";

}  // namespace

mcp::Tool user_info_tool() {
  return {.name = kName,
          .title = "Show the user",
          .description =
              "Shows whom you act for: their id, e-mail address, name and permissions, and the client that "
              "acts. Only for people with the permission shop:admin.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .output_schema = std::string(kOutputSchema),
          .annotations = {mcp::Annotations::Effect::read_only, mcp::Annotations::Repeat::idempotent},
          .run = run};
}

}  // namespace shop
