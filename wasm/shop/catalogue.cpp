#include "shop/catalogue.h"

#include "core/json.h"
#include "mcp/completion.h"

namespace shop {

std::vector<std::string> sizes_beginning_with(std::string_view start) {
  return mcp::words_with_prefix(kSizes, start);
}

std::string sizes_in_words() {
  std::string words;
  for (std::string_view size : kSizes) words.append(words.empty() ? "" : ", ").append(size);
  return words;
}

std::string inventory_json() {
  const core::Json shirt = {{"label", "MCP T-Shirt"},
                            {"description", "A comfortable shirt featuring the MCP logo"},
                            {"sizes", kSizes},
                            {"price", "Free with MCP Server"}};
  return core::json_text(
      core::Json{{"title", "mcp.shop inventory"}, {"products", core::Json::array({shirt})}});
}

std::string inventory_schema() {
  return R"({"type":"object","properties":{"title":{"type":"string"},"products":{"type":"array","items":)"
         R"({"type":"object","properties":{"label":{"type":"string"},"description":{"type":"string"},)"
         R"("sizes":{"type":"array","items":{"type":"string"}},"price":{"type":"string"}},)"
         R"("required":["label","description","sizes","price"]}}},"required":["title","products"]})";
}

}  // namespace shop
