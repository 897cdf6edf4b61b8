#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {

// Which bit an argument names, within the largest string.
inline Result<std::uint64_t> parse_bit_offset(std::string_view text, std::uint64_t factor = 1) {
  constexpr auto offset_max = static_cast<std::int64_t>(string_bytes_max) * 8;
  auto number = to_integer(text);
  std::int64_t offset = 0;
  bool valid = number && *number >= 0 && !__builtin_mul_overflow(*number, static_cast<std::int64_t>(factor), &offset) &&
               offset < offset_max;
  if (!valid) return Error{ErrorCode::invalid, "ERR bit offset is not an integer or out of range"};
  return static_cast<std::uint64_t>(offset);
}

}  // namespace millrace::store
