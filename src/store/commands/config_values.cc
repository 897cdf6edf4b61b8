// What the parameters of CONFIG take.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "store/commands/config_parameters.h"
#include "store/commands/text.h"
#include "store/live/notifications.h"

namespace millrace::store {
namespace {

using Kind = ConfigParameter::Kind;
using Words = std::vector<std::string_view>;

Error refused(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Words split(std::string_view text, char separator) {
  Words words;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string join(const Words& words, std::string_view separator) {
  std::string text;
  for (std::string_view word : words) text.append(text.empty() ? "" : separator).append(word);
  return text;
}

Result<std::string> normalize_boolean(std::string_view value) {
  if (equals_ignoring_case(value, "YES")) return std::string("yes");
  if (equals_ignoring_case(value, "NO")) return std::string("no");
  return refused("argument must be 'yes' or 'no'");
}

Error not_a_choice(const Words& choices) {
  return refused(fmt::format("argument(s) must be one of the following: {}", join(choices, ", ")));
}

Result<std::string> normalize_choice(const ConfigParameter& parameter, std::string_view value) {
  Words choices = split(parameter.choices, '|');
  std::string lower = lower_case(value);
  if (std::ranges::find(choices, lower) == choices.end()) return not_a_choice(choices);
  return lower;
}

// The words come back in the order of the choices.
Result<std::string> normalize_choices(const ConfigParameter& parameter, std::string_view value) {
  Words choices = split(parameter.choices, '|');
  std::string lower = lower_case(value);
  Words given = split(lower, ' ');
  bool known = std::ranges::all_of(given, [&](auto word) { return std::ranges::find(choices, word) != choices.end(); });
  if (given.empty() || !known) return not_a_choice(choices);
  Words kept;
  for (std::string_view choice : choices) {
    bool is_default = choice == "default" && given.size() > 1;
    if (!is_default && std::ranges::find(given, choice) != given.end()) kept.push_back(choice);
  }
  bool both = std::ranges::find(kept, "save") != kept.end() && std::ranges::find(kept, "nosave") != kept.end();
  if (both) return refused("SAVE and NOSAVE shouldn't be used together");
  return join(kept, " ");
}

Result<std::string> check_bounds(const ConfigParameter& parameter, std::int64_t number) {
  if (number < parameter.least || number > parameter.most) {
    return refused(fmt::format("argument must be between {} and {} inclusive", parameter.least, parameter.most));
  }
  return std::to_string(number);
}

Result<std::string> normalize_integer(const ConfigParameter& parameter, std::string_view value) {
  auto number = to_integer(value);
  if (!number) return refused("argument couldn't be parsed into an integer");
  return check_bounds(parameter, *number);
}

Result<std::string> normalize_octal(const ConfigParameter& parameter, std::string_view value) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number, 8);
  if (fault != std::errc() || end != value.data() + value.size()) {
    return refused("argument couldn't be parsed as an octal number");
  }
  auto checked = check_bounds(parameter, number);
  if (!checked) return checked;
  return fmt::format("{:o}", number);
}

Result<std::string> normalize_memory(const ConfigParameter& parameter, std::string_view value) {
  auto bytes = parse_memory(value);
  if (!bytes || *bytes > INT64_MAX) return refused("argument must be a memory value");
  return check_bounds(parameter, static_cast<std::int64_t>(*bytes));
}

Result<std::string> normalize_share(const ConfigParameter& parameter, std::string_view value) {
  if (!value.ends_with('%')) {
    if (!parse_memory(value)) return refused("argument must be a memory or percent value");
    return normalize_memory(parameter, value);
  }
  auto percent = to_integer(value.substr(0, value.size() - 1));
  if (!percent || *percent < 0) return refused("argument must be a memory or percent value");
  if (*percent > 100) return refused("percentage argument must be less or equal to 100");
  return std::string(value);
}

Result<std::string> normalize_events(std::string_view value) {
  auto normalized = Notifications::normalize(value);
  if (!normalized) return refused("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  return std::move(*normalized);
}

Result<std::string> normalize_save_points(std::string_view value) {
  Words words = split(value, ' ');
  bool valid = words.size() % 2 == 0;
  for (std::size_t i = 0; valid && i < words.size(); ++i) {
    auto number = to_integer(words[i]);
    valid = number && *number >= (i % 2 == 0 ? 1 : 0);
  }
  if (!valid) return refused("Invalid save parameters");
  return join(words, " ");
}

// A class that is not named keeps its initial limits.
Result<std::string> normalize_buffer_limits(const ConfigParameter& parameter, std::string_view value) {
  Words words = split(value, ' ');
  if (words.empty() || words.size() % 4 != 0) {
    return refused("Wrong number of arguments in buffer limit configuration.");
  }
  Words all = split(parameter.initial, ' ');
  std::vector<std::string> limits(all.begin(), all.end());
  for (std::size_t i = 0; i < words.size(); i += 4) {
    std::string name = lower_case(words[i] == "replica" ? "slave" : words[i]);
    std::size_t at = 0;
    while (at < limits.size() && limits[at] != name) at += 4;
    if (at == limits.size()) return refused("Invalid client class specified in buffer limit configuration.");
    auto hard = parse_memory(words[i + 1]);
    auto soft = parse_memory(words[i + 2]);
    auto seconds = to_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return refused("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[at + 1] = std::to_string(*hard);
    limits[at + 2] = std::to_string(*soft);
    limits[at + 3] = std::to_string(*seconds);
  }
  return join(Words(limits.begin(), limits.end()), " ");
}

Result<std::string> normalize_adjustments(std::string_view value) {
  Words words = split(value, ' ');
  if (words.size() != 3) return refused("wrong number of arguments");
  std::int64_t before = INT64_MIN;
  for (std::string_view word : words) {
    auto number = to_integer(word);
    if (!number || *number < -2000 || *number > 2000) {
      return refused("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    if (*number < before) {
      return refused(
          "The oom-score-adj-values component has been changed, elements must be in ascending order, from master to "
          "replica to bgsave child.");
    }
    before = *number;
  }
  return join(words, " ");
}

Result<std::string> normalize_percentiles(std::string_view value) {
  std::string text;
  for (std::string_view word : split(value, ' ')) {
    auto number = to_real(word);
    if (!number || *number < 0 || *number > 100) {
      return refused("latency-tracking-info-percentiles should contain values between 0.0 and 100.0");
    }
    if (!text.empty()) text += ' ';
    append_real(text, *number);
  }
  return text;
}

}  // namespace

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return std::nullopt;
  std::string unit = lower_case(text.substr(static_cast<std::size_t>(end - text.data())));
  struct Row {
    std::string_view unit;
    std::uint64_t bytes;
  };
  static constexpr Row rows[] = {{"", 1},          {"b", 1},        {"k", 1000},          {"kb", 1 << 10},
                                 {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30}};
  for (const Row& row : rows) {
    std::uint64_t bytes = 0;
    if (unit == row.unit && !__builtin_mul_overflow(number, row.bytes, &bytes)) return bytes;
  }
  return std::nullopt;
}

Result<std::string> normalize_parameter(const ConfigParameter& parameter, std::string_view value) {
  switch (parameter.kind) {
    case Kind::adjustments: return normalize_adjustments(value);
    case Kind::boolean: return normalize_boolean(value);
    case Kind::buffer_limits: return normalize_buffer_limits(parameter, value);
    case Kind::choice: return normalize_choice(parameter, value);
    case Kind::choices: return normalize_choices(parameter, value);
    case Kind::events: return normalize_events(value);
    case Kind::integer: return normalize_integer(parameter, value);
    case Kind::memory: return normalize_memory(parameter, value);
    case Kind::octal: return normalize_octal(parameter, value);
    case Kind::percentiles: return normalize_percentiles(value);
    case Kind::save_points: return normalize_save_points(value);
    case Kind::share: return normalize_share(parameter, value);
    case Kind::text: return std::string(value);
  }
  return refused("unknown parameter");
}

}  // namespace millrace::store
