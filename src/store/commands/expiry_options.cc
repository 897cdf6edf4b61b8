#include "store/commands/expiry_options.h"

#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Error invalid_time(std::string_view command) {
  return {ErrorCode::invalid, fmt::format("ERR invalid expire time in '{}' command", command)};
}

}  // namespace

std::optional<TimeForm> time_form_of(std::string_view word) {
  if (equals_ignoring_case(word, "EX")) return TimeForm{.seconds = true, .relative = true};
  if (equals_ignoring_case(word, "PX")) return TimeForm{.seconds = false, .relative = true};
  if (equals_ignoring_case(word, "EXAT")) return TimeForm{.seconds = true, .relative = false};
  if (equals_ignoring_case(word, "PXAT")) return TimeForm{.seconds = false, .relative = false};
  return std::nullopt;
}

Result<std::int64_t> any_expiry_time(std::string_view text, TimeForm form, std::int64_t now, std::string_view command) {
  auto number = to_integer(text);
  if (!number) return not_an_integer();
  std::int64_t time = *number;
  if (form.seconds && __builtin_mul_overflow(time, 1000, &time)) return invalid_time(command);
  if (form.relative && __builtin_add_overflow(time, now, &time)) return invalid_time(command);
  return time;
}

Result<std::int64_t> expiry_time(std::string_view text, TimeForm form, std::int64_t now, std::string_view command) {
  auto number = to_integer(text);
  if (number && *number <= 0) return invalid_time(command);
  return any_expiry_time(text, form, now, command);
}

}  // namespace millrace::store
