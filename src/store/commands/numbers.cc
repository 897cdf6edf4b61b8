#include "store/commands/numbers.h"

#include <cmath>
#include <fmt/format.h>
#include <string>

#include "store/commands/errors.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Error refused(std::string_view words) {
  return {ErrorCode::invalid, std::string(words)};
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text) {
  auto number = to_integer(text);
  if (!number) return not_an_integer();
  return *number;
}

Result<std::int64_t> parse_count(std::string_view text, std::string_view otherwise) {
  return parse_between(text, 0, INT64_MAX, otherwise);
}

Result<std::int64_t> parse_between(std::string_view text, std::int64_t least, std::int64_t most,
                                   std::string_view otherwise) {
  auto number = to_integer(text);
  if (number && *number >= least && *number <= most) return *number;
  if (!otherwise.empty()) return refused(otherwise);
  if (!number) return not_an_integer();
  return refused(fmt::format("ERR value is out of range, value must between {} and {}", least, most));
}

Result<std::int64_t> parse_timeout(std::string_view text, std::int64_t now) {
  auto seconds = to_long_real(text);
  if (!seconds) return refused("ERR timeout is not a float or out of range");
  long double milliseconds = std::ceil(*seconds * 1000);
  constexpr auto most = static_cast<long double>(INT64_MAX);
  if (milliseconds > most) return refused("ERR timeout is out of range");
  if (milliseconds < 0) return refused("ERR timeout is negative");
  if (milliseconds > most - static_cast<long double>(now)) return refused("ERR timeout is out of range");
  auto span = static_cast<std::int64_t>(milliseconds);
  return span == 0 ? 0 : now + span;
}

}  // namespace millrace::store
