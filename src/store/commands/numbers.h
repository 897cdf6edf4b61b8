#pragma once

// Numbers among the arguments of commands, and what Redis answers to those that are none. Pure.

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace millrace::store {

Result<std::int64_t> parse_integer(std::string_view text);

// 0 or more; `otherwise` is the answer to anything else, an integer or not.
Result<std::int64_t> parse_count(std::string_view text,
                                 std::string_view otherwise = "ERR value is out of range, must be positive");

// Without words of its own the answer names the bounds.
Result<std::int64_t> parse_between(std::string_view text, std::int64_t least, std::int64_t most,
                                   std::string_view otherwise = {});

// The timeout of a blocking command: seconds, maybe with a fraction; until when, in milliseconds since 1970, where 0 is
// for ever.
Result<std::int64_t> parse_timeout(std::string_view text, std::int64_t now);

}  // namespace millrace::store
