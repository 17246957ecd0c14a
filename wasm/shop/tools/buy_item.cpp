#include <array>

#include "core/json.h"
#include "mcp/arguments.h"
#include "mcp/form.h"
#include "mcp/server.h"
#include "shop/catalogue.h"
#include "shop/icons.h"
#include "shop/order_schema.h"
#include "shop/orders.h"
#include "shop/resources.h"
#include "shop/shop.h"
#include "shop/tools/tools.h"

namespace shop {

namespace {

using Parameter = mcp::Parameter;

constexpr std::string_view kName = "buyMcpShopItem";

/// How often the human is asked to correct one form.
constexpr int kMostForms = 3;

// What an order needs is not `required` in the schema: a model that has to fill in everything makes up what
// it does not know. What it leaves out the human is asked for, where the client can ask.
constexpr size_t kNeeded = 3;
constexpr std::array kParameters = {
    Parameter{.type = Parameter::Type::line,
              .name = "company",
              .description = "Needed: the company that the person works for.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 200,
              .title = "The company you work for"},
    Parameter{.type = Parameter::Type::lines,
              .name = "mailingAddress",
              .description = "Needed: where the shirt is sent, the full postal address.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 500,
              .title = "The full postal address that the shirt is sent to"},
    Parameter{.type = Parameter::Type::choice,
              .name = "tshirtSize",
              .description = "Needed: the size of the T-shirt, one of S, M, L, XL, XXL.",
              .presence = Parameter::Presence::optional,
              .choices = kSizes,
              .title = "The size of the T-shirt",
              .choice_titles = kSizeTitles},
    Parameter{.type = Parameter::Type::choice,
              .name = "item",
              .description = "What to buy, as the inventory names it; the free T-shirt where it is left out.",
              .presence = Parameter::Presence::optional,
              .choices = kItemIds},
    Parameter{.type = Parameter::Type::whole,
              .name = "quantity",
              .description = "How many of them; 1 where it is left out.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = kMaxQuantity},
    Parameter{.type = Parameter::Type::line,
              .name = "idempotencyKey",
              .description =
                  "A text of your choice that stands for this one purchase. A call that is repeated with the "
                  "same key and the same arguments buys nothing more and answers with the first order.",
              .presence = Parameter::Presence::optional,
              .minimum = 1,
              .maximum = 128},
};

// ---- What is missing ----

std::vector<Parameter> missing_from(core::JsonView arguments) {
  std::vector<Parameter> missing;
  for (size_t i = 0; i < kNeeded; ++i) {
    if (!mcp::optional_text_argument(arguments, kParameters[i].name)) missing.push_back(kParameters[i]);
  }
  return missing;
}

mcp::ToolResult refuse(mcp::Parameters missing) {
  std::string text = "The arguments of " + std::string(kName) + " are not valid:";
  for (const Parameter& parameter : missing) {
    text.append("\n- /").append(parameter.name).append(" is missing. ").append(parameter.description);
  }
  return mcp::ToolResult::error(
      text + "\nNothing was bought. Ask your human for what you do not know, and call again.");
}

/// "1 × MCP T-Shirt".
std::string in_words(const Purchase& purchase) {
  return std::to_string(purchase.quantity) + " \xC3\x97 " + std::string(purchase.item->label);
}

/// The form shows what the agent has filled in already: the human answers for the whole order.
std::string question(core::JsonView arguments, const Purchase& purchase) {
  std::string known;
  for (size_t i = 0; i < kNeeded; ++i) {
    const auto value = mcp::optional_text_argument(arguments, kParameters[i].name);
    if (value) known.append("\n").append(kParameters[i].title).append(": ").append(*value);
  }
  const std::string text =
      "The MCP Shop is to send you " + in_words(purchase) + ", and needs to know more before it can.";
  return known.empty() ? text : text + " So far:" + known;
}

/// What the human fills in, or what the call comes to without that.
std::variant<core::JsonView, mcp::ToolOutcome> ask_human(mcp::Call& call, const Purchase& purchase,
                                                         mcp::Parameters missing) {
  using Action = mcp::Answer::Action;
  if (!call.client_can(mcp::ClientFeature::form_elicitation)) return refuse(missing);
  const std::string schema = mcp::form_schema(missing);
  std::string message = question(call.arguments, purchase);
  std::string problems;
  for (int form = 1; form <= kMostForms; ++form) {
    const mcp::Answer* answer =
        call.ask("details-" + std::to_string(form), mcp::FormElicitation{message, schema});
    if (!answer) return call.wait();
    if (answer->action == Action::failed) return refuse(missing);
    if (answer->action == Action::declined) {
      return mcp::ToolResult::error(
          "Your human declined to give what the order lacks. Nothing was bought; ask for it again only when "
          "they bring it up.");
    }
    if (answer->action == Action::cancelled) {
      return mcp::ToolResult::error(
          "Your human closed the shop's form without an answer. Nothing was bought; ask them whether they "
          "still want the shirt.");
    }
    std::optional<std::string> found = mcp::form_problems(missing, *answer->content);
    if (!found) return *answer->content;
    problems = *std::move(found);
    message = "This cannot be used yet:\n" + problems;
  }
  return mcp::ToolResult::error("What your human filled in cannot be used:\n" + problems +
                                "\nNothing was bought.");
}

// ---- Buying ----

mcp::ToolResult success(std::string_view message, const std::string& order, const std::string& id) {
  mcp::ToolResult result = mcp::ToolResult::json(R"({"status":"success","message":)" +
                                                 core::json_quote(message) + R"(,"order":)" + order + '}');
  // Clients of before 2025-06-18 know no links; all of it is in the text.
  mcp::Content link = mcp::Content::resource_link(order_uri(id), "order", "application/json");
  link.instead.clear();
  result.content.push_back(std::move(link));
  return result;
}

mcp::ToolResult answer_with(const Placement& placement, const Purchase& purchase) {
  return std::visit(core::Overloaded{
                        [](const Placed& placed) {
                          return success("Order placed successfully!", placed.document, placed.id);
                        },
                        [](const PlacedBefore& placed) {
                          return success("This order was already placed; nothing new was bought.",
                                         placed.document, placed.id);
                        },
                        [&](const KeyInUse&) {
                          return mcp::ToolResult::error(
                              "The idempotencyKey " + core::json_quote(*purchase.idempotency_key) +
                              " belongs to an earlier order with other arguments. Nothing was bought. Use a "
                              "new key for a new order, or repeat the first call unchanged.");
                        },
                    },
                    placement);
}

/// What the order counts against, and what its human is shown before they say yes to it.
mcp::Charge charge_for(const Purchase& purchase) {
  return {.costs = {{"orders", 1}, {"items", purchase.quantity}, {kCurrency, total(purchase)}},
          .what = {{"Item", in_words(purchase) + ", size " + std::string(purchase.size)},
                   {"Price", price_in_words(total(purchase))},
                   {"Sent to", std::string(purchase.mailing_address)},
                   {"Company", std::string(purchase.company)}}};
}

mcp::ToolOutcome run(mcp::Call& call) {
  const auto given = [](core::JsonView from, size_t parameter) {
    return mcp::text_argument(from, kParameters[parameter].name);
  };
  Purchase purchase{.company = given(call.arguments, 0),
                    .mailing_address = given(call.arguments, 1),
                    .size = given(call.arguments, 2),
                    .idempotency_key = {}};
  if (std::optional<std::string_view> key = mcp::optional_text_argument(call.arguments, "idempotencyKey")) {
    purchase.idempotency_key = std::string(*key);
  }
  if (const auto item = mcp::optional_text_argument(call.arguments, "item")) purchase.item = find_item(*item);
  purchase.quantity = mcp::optional_whole_argument(call.arguments, "quantity").value_or(1);

  // Nobody is asked again for what they have bought, nor does it cost anything again.
  if (const std::optional<Placement> earlier = earlier_placement(call.storage(), purchase)) {
    return answer_with(*earlier, purchase);
  }
  if (const std::vector<Parameter> missing = missing_from(call.arguments); !missing.empty()) {
    std::variant<core::JsonView, mcp::ToolOutcome> asked = ask_human(call, purchase, missing);
    if (mcp::ToolOutcome* outcome = std::get_if<mcp::ToolOutcome>(&asked)) return std::move(*outcome);
    const core::JsonView form = std::get<core::JsonView>(asked);
    if (purchase.company.empty()) purchase.company = given(form, 0);
    if (purchase.mailing_address.empty()) purchase.mailing_address = given(form, 1);
    if (purchase.size.empty()) purchase.size = given(form, 2);
  }

  if (std::optional<mcp::Obstacle> obstacle = call.charge(charge_for(purchase))) {
    return mcp::stopped(*std::move(obstacle));
  }
  const Placement placement = place_order(call.step, {call.caller.subject, call.caller.email}, purchase);
  if (std::holds_alternative<Placed>(placement)) mcp::notify_resource_updated(call.step, kOrdersUri);
  return answer_with(placement, purchase);
}

}  // namespace

mcp::Tool buy_item_tool() {
  return {.name = kName,
          .title = "Buy a T-shirt",
          .description =
              "Orders from the shop for the person you act for: the free MCP T-shirt, or another item of the "
              "inventory. It needs company, mailingAddress and "
              "tshirtSize: give what the person has told you, and never guess. What you leave out, they are "
              "asked for in a form where their client can show one; elsewhere the call is refused and says "
              "what is missing. Send an idempotencyKey, so that a repeated call does not buy twice.",
          .scope = kScopeBuy,
          .input_schema = mcp::object_schema(kParameters),
          .output_schema = purchase_schema(),
          .annotations = {mcp::Annotations::Effect::additive, mcp::Annotations::Repeat::not_idempotent},
          .icons = {kShirtIcon},
          .run = run};
}

}  // namespace shop
