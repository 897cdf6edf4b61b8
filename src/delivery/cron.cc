#include "delivery/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <span>
#include <vector>

#include "delivery/time_zone.h"

namespace millrace::delivery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Bounds {
  std::string_view field{};
  unsigned least = 0;
  unsigned most = 0;
  std::span<const std::string_view> names{};  // of least, least + 1, …
};
constexpr std::array<Bounds, 5> bounds = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of month", 1, 31, {}},
    {"month", 1, 12, month_names},
    {"day of week", 0, 6, weekday_names},
}};

struct Descriptor {
  std::string_view name{};
  std::string_view fields{};
};
constexpr std::array<Descriptor, 7> descriptors = {{
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
}};

// February the 29th is eight years away around a century that is no leap year.
constexpr days search_max{10 * 366};

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    std::size_t end = 0;
    while (end < text.size() && !is_blank(text[end])) ++end;
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return found;
}

bool is_name(std::string_view text, std::string_view name) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(text, name, {}, lower);
}

std::optional<unsigned> to_number(std::string_view text) {
  unsigned number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = fault == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

Error invalid(std::string why) {
  return {ErrorCode::invalid, "invalid cron: " + std::move(why)};
}

std::optional<unsigned> number_or_name(std::string_view text, const Bounds& of) {
  for (std::size_t at = 0; at < of.names.size(); ++at) {
    if (is_name(text, of.names[at])) return of.least + static_cast<unsigned>(at);
  }
  return to_number(text);
}

struct FieldBits {
  std::uint64_t bits = 0;
  bool star = false;
};

// "*", "5", "1-5", "mon-fri", each with "/2" or without.
Result<FieldBits> read_range(std::string_view text, const Bounds& of) {
  auto wrong = [&](std::string why) { return invalid(fmt::format("{}: {}", of.field, why)); };
  auto step_parts = split(text, '/');
  auto ends = split(step_parts[0], '-');
  if (step_parts.size() > 2) return wrong(fmt::format("'{}' has more than one /", text));
  if (ends.size() > 2) return wrong(fmt::format("'{}' has more than one -", text));
  bool star = ends[0] == "*" || ends[0] == "?";
  if (star && ends.size() > 1) return wrong(fmt::format("'{}' is no range", text));
  auto first = star ? std::optional(of.least) : number_or_name(ends[0], of);
  auto last = star ? std::optional(of.most) : ends.size() == 2 ? number_or_name(ends[1], of) : first;
  if (!first || !last) return wrong(fmt::format("'{}' is not understood", text));
  unsigned step = 1;
  if (step_parts.size() == 2) {
    step = to_number(step_parts[1]).value_or(0);
    if (step == 0) return wrong(fmt::format("the step of '{}' is no positive number", text));
    if (ends.size() == 1) last = of.most;
  }
  if (*first < of.least) return wrong(fmt::format("{} is below {}", *first, of.least));
  if (*first > of.most) return wrong(fmt::format("{} is above {}", *first, of.most));
  if (*last > of.most) return wrong(fmt::format("{} is above {}", *last, of.most));
  if (*first > *last) return wrong(fmt::format("'{}' ends before it begins", text));
  FieldBits field{.star = star && step == 1};
  for (unsigned value = *first; value <= *last; value += step) {
    field.bits |= std::uint64_t{1} << value;
    if (step > of.most) break;
  }
  return field;
}

Result<FieldBits> read_field(std::string_view text, const Bounds& of) {
  FieldBits field;
  for (std::string_view part : split(text, ',')) {
    if (part.empty()) return invalid(fmt::format("{}: '{}' has an empty part", of.field, text));
    auto range = read_range(part, of);
    if (!range) return range.error();
    field.bits |= range->bits;
    field.star = field.star || range->star;
  }
  return field;
}

bool has(std::uint64_t bits, unsigned value) {
  return (bits >> value & 1) != 0;
}

}  // namespace

class CronParser {
 public:
  static Result<CronSchedule> parse(std::string_view text) {
    CronSchedule schedule;
    std::string_view rest = trimmed(text);
    if (rest.size() > CronSchedule::bytes_max) {
      return invalid(fmt::format("it is longer than {} bytes", CronSchedule::bytes_max));
    }
    schedule.text_ = rest;
    if (auto zone = take_zone(rest); !zone) {
      return zone.error();
    } else {
      schedule.zone_ = std::move(*zone);
    }
    auto fields = read_fields(rest);
    if (!fields) return fields.error();
    schedule.fields_ = *fields;
    if (!schedule.next(Timestamp{})) return invalid("it never fires: no month has such a day");
    return schedule;
  }

 private:
  static Result<std::string> take_zone(std::string_view& rest) {
    for (std::string_view prefix : {"CRON_TZ=", "TZ="}) {
      if (!rest.starts_with(prefix)) continue;
      std::size_t end = prefix.size();
      while (end < rest.size() && !is_blank(rest[end])) ++end;
      std::string name(rest.substr(prefix.size(), end - prefix.size()));
      rest = trimmed(rest.substr(end));
      if (name == "UTC") return std::string();
      if (!time_zone_exists(name)) return invalid(fmt::format("time zone: '{}' is unknown", name));
      return name;
    }
    return std::string();
  }

  static Result<CronSchedule::Fields> read_fields(std::string_view text) {
    if (text.starts_with('@')) {
      auto found = std::ranges::find(descriptors, text, &Descriptor::name);
      if (found == descriptors.end()) return invalid(fmt::format("'{}' is not known", text));
      text = found->fields;
    }
    auto parts = words(text);
    if (parts.size() != bounds.size()) {
      return invalid(
          fmt::format("it has {} fields, not 5: minute, hour, day of month, month, day of week", parts.size()));
    }
    std::array<FieldBits, bounds.size()> read;
    for (std::size_t at = 0; at < bounds.size(); ++at) {
      auto field = read_field(parts[at], bounds[at]);
      if (!field) return field.error();
      read[at] = *field;
    }
    return CronSchedule::Fields{.minute = read[0].bits,
                                .hour = read[1].bits,
                                .day = read[2].bits,
                                .month = read[3].bits,
                                .weekday = read[4].bits,
                                .any_day = read[2].star,
                                .any_weekday = read[4].star};
  }
};

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  return CronParser::parse(text);
}

bool CronSchedule::matches(std::chrono::year_month_day date) const {
  if (!has(fields_.month, static_cast<unsigned>(date.month()))) return false;
  bool day = has(fields_.day, static_cast<unsigned>(date.day()));
  bool weekday = has(fields_.weekday, std::chrono::weekday(std::chrono::local_days(date)).c_encoding());
  return fields_.any_day || fields_.any_weekday ? day && weekday : day || weekday;
}

std::optional<Timestamp> CronSchedule::next(Timestamp after) const {
  auto zone = TimeZone::load(zone_);
  if (!zone) return std::nullopt;
  // The wall never shows an earlier minute at a later first time, so the first candidate that is later is the answer.
  auto begin = std::chrono::floor<minutes>(zone->local(after));
  auto today = std::chrono::floor<days>(begin);
  for (auto day = today; day < today + search_max; day += days(1)) {
    if (!matches(std::chrono::year_month_day(day))) continue;
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!has(fields_.hour, hour) || day + hours(hour + 1) <= begin) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        auto local = day + hours(hour) + minutes(minute);
        if (!has(fields_.minute, minute) || local < begin) continue;
        auto fires = zone->first_time(local);
        if (fires && *fires > after) return fires;
      }
    }
  }
  return std::nullopt;
}

}  // namespace millrace::delivery
