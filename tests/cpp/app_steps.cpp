// The application's steps in a principal's object that no client asks for.
#include "app_support.h"

using namespace testing;

TEST_CASE("a flow that was lost without a continuation troubles nobody") {
  AppHost host;
  for (const std::string& continuation : {std::string(), std::string("\x07"), std::string("\x07garbage")}) {
    CHECK_NOTHROW(host.in_object(core::Lost{continuation}));
  }
}
