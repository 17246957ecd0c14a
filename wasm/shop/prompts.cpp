#include "shop/prompts.h"

#include <algorithm>

#include "mcp/arguments.h"
#include "shop/catalogue.h"
#include "shop/icons.h"
#include "shop/resources.h"
#include "shop/shop.h"

namespace shop {

namespace {

using Presence = mcp::PromptArgument::Presence;

mcp::PromptMessage says(mcp::Content content) {
  return {mcp::PromptMessage::Role::user, std::move(content)};
}

/// A line for an argument that was given, and the list of those that were not.
void add_detail(std::string& lines, std::string& missing, std::string_view title, std::string_view value) {
  if (!value.empty()) {
    lines.append("\n- ").append(title).append(": ").append(value);
  } else {
    missing.append(missing.empty() ? "" : ", ").append(title);
  }
}

mcp::PromptOutcome order(mcp::Call& call) {
  const std::string_view asked = mcp::text_argument(call.arguments, "size");
  const std::vector<std::string> fitting = sizes_beginning_with(asked);
  const auto size = std::find_if(fitting.begin(), fitting.end(),
                                 [&](const std::string& one) { return one.size() == asked.size(); });
  if (!asked.empty() && size == fitting.end()) {
    return mcp::Error{mcp::ErrorCode::invalid_params,
                      "Invalid params: there is no size " + core::json_quote(asked) + "; the sizes are " +
                          sizes_in_words() + '.',
                      {}};
  }

  std::string lines;
  std::string missing;
  add_detail(lines, missing, "size", asked.empty() ? std::string_view() : std::string_view(*size));
  add_detail(lines, missing, "company", mcp::text_argument(call.arguments, "company"));
  add_detail(lines, missing, "mailing address", mcp::text_argument(call.arguments, "mailingAddress"));
  std::string text = "Please order an MCP T-shirt for me in the MCP Shop.";
  if (!lines.empty()) text += " What I have decided:" + lines;
  if (!missing.empty()) {
    text += "\n\nNot decided yet: " + missing + ". Do not guess. ";
    text += call.client_can(mcp::ClientFeature::form_elicitation)
                ? "Leave it out of the call: the shop then asks me for it with a form."
                : "Ask me for it first.";
  }
  text +=
      "\n\nOrder with the tool buyMcpShopItem, exactly once, with an idempotencyKey of your choice. Then "
      "tell "
      "me the id of the order and repeat what was ordered and where it goes. If the shop refuses, tell me "
      "why in its own words and stop.";
  return mcp::PromptResult{
      "Order an MCP T-shirt",
      {says(mcp::Content::text(text)), says(mcp::Content::resource(inventory_contents()))}};
}

std::vector<std::string> complete_order(const mcp::CompletionQuestion& question) {
  return question.argument == "size" ? sizes_beginning_with(question.value) : std::vector<std::string>();
}

mcp::PromptOutcome review(mcp::Call& call) {
  constexpr std::string_view kText =
      "These are my newest orders in the MCP Shop. Sum them up for me: how many there are in all, which "
      "sizes, "
      "for which companies, and where they go. Then point out what may be a mistake: one order placed twice, "
      "an address that is not complete, a size or a company that differs from the others. Order nothing. If "
      "there is a nextCursor and I ask about older orders, go on with the tool listMcpShopOrders.";
  return mcp::PromptResult{
      "Review your orders",
      {says(mcp::Content::text(kText)), says(mcp::Content::resource(orders_contents(call.storage())))}};
}

}  // namespace

mcp::Prompt order_prompt() {
  return {.name = "order_tshirt",
          .title = "Order a T-shirt",
          .description = "Order an MCP T-shirt. Fill in what you know; you are asked for the rest.",
          .scope = kScopeBuy,
          .arguments = {{"size", "The size: S, M, L, XL or XXL.", Presence::optional},
                        {"company", "The company that you work for.", Presence::optional},
                        {"mailingAddress", "Where the shirt is sent: the full postal address.",
                         Presence::optional}},
          .icons = {kShirtIcon},
          .get = order,
          .complete = complete_order};
}

mcp::Prompt review_prompt() {
  return {.name = "review_orders",
          .title = "Review your orders",
          .description = "What you have ordered so far, summed up and looked through for mistakes.",
          .scope = kScopeRead,
          .icons = {kOrdersIcon},
          .get = review};
}

}  // namespace shop
