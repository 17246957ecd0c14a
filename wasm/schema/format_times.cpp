#include "schema/format_times.h"

#include <algorithm>
#include <optional>

#include "schema/code_points.h"

namespace schema {

namespace {

bool accept(std::string_view& rest, char c) {
  const bool found = rest.starts_with(c);
  if (found) rest.remove_prefix(1);
  return found;
}

bool is_digit_at(std::string_view text, size_t i) {
  return i < text.size() && is_ascii_digit(static_cast<unsigned char>(text[i]));
}

/// Exactly `count` digits.
std::optional<int> digits(std::string_view& rest, size_t count) {
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!is_digit_at(rest, i)) return std::nullopt;
    value = value * 10 + (rest[i] - '0');
  }
  rest.remove_prefix(count);
  return value;
}

/// Two digits from `minimum` to `maximum`.
std::optional<int> two(std::string_view& rest, int minimum, int maximum) {
  const std::optional<int> value = digits(rest, 2);
  return value && *value >= minimum && *value <= maximum ? value : std::nullopt;
}

/// A number with its unit, if it comes next.
bool take_unit(std::string_view& rest, char unit) {
  size_t end = 0;
  while (is_digit_at(rest, end)) ++end;
  if (end == 0 || end == rest.size() || rest[end] != unit) return false;
  rest.remove_prefix(end + 1);
  return true;
}

/// Some of the units, one after the other and without a gap.
bool take_units(std::string_view& rest, std::string_view units) {
  size_t first = 0;
  while (first < units.size() && !take_unit(rest, units[first])) ++first;
  if (first == units.size()) return false;
  for (size_t i = first + 1; i < units.size() && take_unit(rest, units[i]);) ++i;
  return true;
}

}  // namespace

bool is_date(std::string_view text) {
  const std::optional<int> year = digits(text, 4);
  if (!year || !accept(text, '-')) return false;
  const std::optional<int> month = two(text, 1, 12);
  if (!month || !accept(text, '-')) return false;
  const bool leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  const bool is_short = *month == 4 || *month == 6 || *month == 9 || *month == 11;
  const int days = *month == 2 ? (leap ? 29 : 28) : is_short ? 30 : 31;
  return two(text, 1, days) && text.empty();
}

bool is_time(std::string_view text) {
  const std::optional<int> hour = two(text, 0, 23);
  if (!hour || !accept(text, ':')) return false;
  const std::optional<int> minute = two(text, 0, 59);
  if (!minute || !accept(text, ':')) return false;
  const std::optional<int> second = two(text, 0, 60);
  if (!second) return false;
  if (accept(text, '.')) {
    if (!is_digit_at(text, 0)) return false;
    while (is_digit_at(text, 0)) text.remove_prefix(1);
  }
  int offset = 0;
  if (!accept(text, 'Z') && !accept(text, 'z')) {
    const bool west = accept(text, '-');
    if (!west && !accept(text, '+')) return false;
    const std::optional<int> hours = two(text, 0, 23);
    if (!hours || !accept(text, ':')) return false;
    const std::optional<int> minutes = two(text, 0, 59);
    if (!minutes) return false;
    offset = (*hours * 60 + *minutes) * (west ? -1 : 1);
  }
  constexpr int kDay = 24 * 60;
  const int utc = (*hour * 60 + *minute - offset + kDay) % kDay;
  return text.empty() && (*second < 60 || utc == kDay - 1);
}

bool is_date_time(std::string_view text) {
  constexpr size_t kDateSize = 10;
  return text.size() > kDateSize && (text[kDateSize] == 'T' || text[kDateSize] == 't') &&
         is_date(text.substr(0, kDateSize)) && is_time(text.substr(kDateSize + 1));
}

bool is_duration(std::string_view text) {
  if (!accept(text, 'P')) return false;
  if (take_unit(text, 'W')) return text.empty();
  const bool has_date = take_units(text, "YMD");
  if (accept(text, 'T')) return take_units(text, "HMS") && text.empty();
  return has_date && text.empty();
}

}  // namespace schema
