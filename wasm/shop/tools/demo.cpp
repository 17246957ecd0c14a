// The demo tools: an agent bans its own person from the shop and lifts the ban. The ban is a pause with a
// cause of its own, so that no agent lifts what a human or an administrator paused.
#include <array>

#include "authority/pauses.h"
#include "mcp/arguments.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

using Parameter = mcp::Parameter;

constexpr std::string_view kSetName = "setDemoMode";
constexpr std::string_view kClearName = "clearDemoMode";
constexpr std::string_view kPleaseName = "prettyPlease";

constexpr std::array<std::string_view, 2> kModes = {"normal", "banned"};
constexpr std::array kSetParameters = {
    Parameter{
        .type = Parameter::Type::choice,
        .name = "mode",
        .description = "banned: the shop refuses this person from now on; normal: it serves them again.",
        .choices = kModes},
};

constexpr mcp::Annotations kAnnotations = {mcp::Annotations::Effect::additive,
                                           mcp::Annotations::Repeat::idempotent};

mcp::ToolOutcome set_demo_mode(mcp::Call& call) {
  const std::string_view mode = mcp::text_argument(call.arguments, "mode");
  if (mode == "banned") {
    authority::pause(call.storage(), authority::kAllDeputies, authority::kDemoPause, call.step.now);
  } else {
    authority::resume(call.storage(), authority::kAllDeputies, authority::kDemoPause);
  }
  return mcp::ToolResult::text("Demo mode set to " + std::string(mode) + ".");
}

mcp::ToolOutcome clear_demo_mode(mcp::Call& call) {
  authority::resume(call.storage(), authority::kAllDeputies, authority::kDemoPause);
  return mcp::ToolResult::text("You are back to normal, dude.");
}

mcp::ToolOutcome pretty_please(mcp::Call& call) {
  authority::resume(call.storage(), authority::kAllDeputies, authority::kDemoPause);
  return mcp::ToolResult::text(R"(Fine, you can order since you said "pretty please".)");
}

}  // namespace

mcp::Tool set_demo_mode_tool() {
  return {.name = kSetName,
          .title = "Demo: ban or unban",
          .description =
              "For demonstrations: bans the person you act for from the shop, in all of their sessions and "
              "clients, or lifts that ban.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema(kSetParameters),
          .annotations = kAnnotations,
          .availability = mcp::Availability::demo,
          .run = set_demo_mode};
}

mcp::Tool clear_demo_mode_tool() {
  return {.name = kClearName,
          .title = "Demo: back to normal",
          .description = "For demonstrations: goes back to the state without a ban.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .annotations = kAnnotations,
          .availability = mcp::Availability::demo,
          .run = clear_demo_mode};
}

mcp::Tool pretty_please_tool() {
  return {.name = kPleaseName,
          .title = "Demo: ask nicely",
          .description = "For demonstrations: asks the shop to lift the ban, politely.",
          .scope = kScopeRead,
          .input_schema = mcp::object_schema({}),
          .annotations = kAnnotations,
          .availability = mcp::Availability::demo,
          .run = pretty_please};
}

}  // namespace shop
