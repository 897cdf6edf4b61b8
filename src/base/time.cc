#include "base/time.h"

#include <array>

namespace millrace {
namespace {

namespace chrono = std::chrono;

// Reads exactly `count` digits at `at` and moves past them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int number = 0;
  for (std::size_t end = at + count; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    number = number * 10 + (text[at] - '0');
  }
  return number;
}

bool one_of(std::string_view text, std::size_t& at, std::string_view letters) {
  if (at >= text.size() || letters.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

// ".901" in milliseconds; zero when there is no fraction.
std::optional<int> fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  ++at;
  int milliseconds = 0;
  int unit = 100;
  std::size_t first = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
    milliseconds += unit * (text[at] - '0');
  return at == first || at - first > 9 ? std::nullopt : std::optional(milliseconds);
}

// "Z" or "+01:30", in minutes ahead of UTC.
std::optional<int> zone(std::string_view text, std::size_t& at) {
  if (one_of(text, at, "Zz")) return 0;
  bool behind = at < text.size() && text[at] == '-';
  if (!one_of(text, at, "+-")) return std::nullopt;
  auto hours = digits(text, at, 2);
  if (!hours || *hours > 23 || !one_of(text, at, ":")) return std::nullopt;
  auto minutes = digits(text, at, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  int ahead = *hours * 60 + *minutes;
  return behind ? -ahead : ahead;
}

}  // namespace

Timestamp system_now() {
  return chrono::time_point_cast<chrono::milliseconds>(chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp time) {
  auto day = chrono::floor<chrono::days>(time);
  chrono::year_month_day date(day);
  chrono::hh_mm_ss clock(time - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  auto put = [&text](std::size_t last, auto number) {  // its digits end at `last`
    for (auto rest = static_cast<long>(number); rest > 0; rest /= 10) text[last--] = static_cast<char>('0' + rest % 10);
  };
  put(3, static_cast<int>(date.year()));
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, clock.hours().count());
  put(15, clock.minutes().count());
  put(18, clock.seconds().count());
  put(22, clock.subseconds().count());
  return text;
}

std::optional<Timestamp> from_rfc3339(std::string_view text) {
  std::size_t at = 0;
  std::array<int, 6> parts{};
  constexpr std::array<std::string_view, 5> separators = {"-", "-", "Tt ", ":", ":"};
  for (std::size_t part = 0; part < parts.size(); ++part) {
    auto number = digits(text, at, part == 0 ? 4 : 2);
    if (!number) return std::nullopt;
    parts[part] = *number;
    if (part < separators.size() && !one_of(text, at, separators[part])) return std::nullopt;
  }
  auto milliseconds = fraction(text, at);
  if (!milliseconds) return std::nullopt;
  auto ahead = zone(text, at);
  chrono::year_month_day date{chrono::year{parts[0]}, chrono::month{static_cast<unsigned>(parts[1])},
                              chrono::day{static_cast<unsigned>(parts[2])}};
  bool inside = date.ok() && parts[3] <= 23 && parts[4] <= 59 && parts[5] <= 60;
  if (!ahead || at != text.size() || !inside) return std::nullopt;
  return chrono::sys_days(date) + chrono::hours(parts[3]) + chrono::minutes(parts[4] - *ahead) +
         chrono::seconds(parts[5]) + chrono::milliseconds(*milliseconds);
}

}  // namespace millrace
