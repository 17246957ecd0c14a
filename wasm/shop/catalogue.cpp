#include "shop/catalogue.h"

#include "core/json.h"

namespace shop {

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
