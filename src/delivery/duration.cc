#include "delivery/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>

namespace millrace::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t seconds_max = std::int64_t{1000} * 366 * 24 * 60 * 60;

struct Unit {
  std::string_view name{};
  double milliseconds = 0;
};

// Longer names first, where one begins another.
constexpr std::array<Unit, 8> asked_units = {{
    {"ns", 1e-6},
    {"us", 1e-3},
    {"\u00b5s", 1e-3},  // the micro sign
    {"\u03bcs", 1e-3},  // the Greek letter
    {"ms", 1},
    {"s", 1000},
    {"m", 60'000},
    {"h", 3'600'000},
}};

Error invalid(std::string_view text) {
  return {ErrorCode::invalid, fmt::format("'{}' is no duration: write seconds or units, as 90, 50s or 1d10h30m", text)};
}

// Takes a whole number off the front of `text`.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || number < 0 || text.starts_with('-')) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86'400;
    default: return 0;
  }
}

std::optional<double> take_decimal(std::string_view& text) {
  double number = 0;
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return std::nullopt;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (fault != std::errc() || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<milliseconds> whole(double amount) {
  constexpr double most = static_cast<double>(seconds_max) * 1000;
  return amount <= most ? std::optional(milliseconds(static_cast<std::int64_t>(std::ceil(amount)))) : std::nullopt;
}

std::optional<milliseconds> parse_units(std::string_view text) {
  double total = 0;
  while (!text.empty()) {
    auto number = take_decimal(text);
    auto unit = std::ranges::find_if(asked_units, [&](const Unit& each) { return text.starts_with(each.name); });
    if (!number || unit == asked_units.end()) return std::nullopt;
    total += *number * unit->milliseconds;
    text.remove_prefix(unit->name.size());
  }
  return whole(total);
}

std::optional<int> two_digits(std::string_view text) {
  bool digits = text.size() == 2 && text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
  return digits ? std::optional((text[0] - '0') * 10 + (text[1] - '0')) : std::nullopt;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", or with UTC for GMT, as some servers write.
std::optional<Timestamp> parse_date(std::string_view text) {
  constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != form.size() || text.substr(3, 2) != ", ") return std::nullopt;
  std::string_view zone = text.substr(25);
  auto month = months.find(text.substr(8, 3));
  auto day = two_digits(text.substr(5, 2));
  auto century = two_digits(text.substr(12, 2));
  auto year = two_digits(text.substr(14, 2));
  auto hour = two_digits(text.substr(17, 2));
  auto minute = two_digits(text.substr(20, 2));
  auto second = two_digits(text.substr(23, 2));
  if (zone != " GMT" && zone != " UTC") return std::nullopt;
  if (month == std::string_view::npos || month % 3 != 0 || !day || !century || !year || !hour || !minute || !second) {
    return std::nullopt;
  }
  std::chrono::year_month_day date{std::chrono::year(*century * 100 + *year),
                                   std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  if (rest.empty()) return invalid(text);
  for (bool first = true; !rest.empty(); first = false) {
    auto number = take_integer(rest);
    bool bare = rest.empty();
    std::int64_t unit = bare ? (first ? 1 : 0) : seconds_in(rest.front());
    if (!number || unit == 0 || *number > seconds_max / unit) return invalid(text);
    total += *number * unit;
    if (total > seconds_max) return invalid(text);
    if (!bare) rest.remove_prefix(1);
  }
  return seconds(total);
}

std::optional<milliseconds> parse_asked_delay(std::string_view text, Timestamp now) {
  std::string_view rest = text;
  auto number = take_decimal(rest);
  if (number && rest.empty()) return whole(*number * 1000);
  if (number) return parse_units(text);
  auto date = parse_date(text);
  return date ? std::optional(std::max(milliseconds(0), *date - now)) : std::nullopt;
}

}  // namespace millrace::delivery
