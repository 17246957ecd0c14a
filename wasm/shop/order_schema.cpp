#include "shop/order_schema.h"

#include <string_view>

namespace shop {

namespace {

constexpr std::string_view kOrder =
    R"({"type":"object","properties":{"id":{"type":"string"},"userId":{"type":"string"},"email":{"type":"string"},)"
    R"("company":{"type":"string"},"mailingAddress":{"type":"string"},"tshirtSize":{"type":"string"},)"
    R"("item":{"type":"string"},"quantity":{"type":"integer"},"minorUnits":{"type":"integer"},)"
    R"("currency":{"type":"string"},"orderDate":{"type":"string"},"status":{"type":"string"}},)"
    R"("required":["id","userId","email","company","mailingAddress","tshirtSize","orderDate","status"]})";

}  // namespace

std::string purchase_schema() {
  return R"({"type":"object","properties":{"status":{"type":"string"},"message":{"type":"string"},"order":)" +
         std::string(kOrder) + R"(},"required":["status","message","order"]})";
}

std::string order_list_schema() {
  return R"({"type":"object","properties":{"title":{"type":"string"},"status":{"type":"string"},)"
         R"("orders":{"type":"array","items":)" +
         std::string(kOrder) +
         R"(},"total":{"type":"integer"},"nextCursor":{"type":"string"}},)"
         R"("required":["title","status","orders","total"]})";
}

}  // namespace shop
