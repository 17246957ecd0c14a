// The formats of times: RFC 3339, with its appendix A for durations.
#pragma once

#include <string_view>

namespace schema {

bool is_date(std::string_view text);
/// With an offset from UTC; second 60 only where UTC has 23:59.
bool is_time(std::string_view text);
bool is_date_time(std::string_view text);
bool is_duration(std::string_view text);

}  // namespace schema
