#pragma once

// What FUNCTION DUMP answers and FUNCTION RESTORE takes: the payload of Redis 7.2, which is that part of its RDB format
// (version 11) and a checksum, so that libraries move between both. Pure; the reader is total.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millrace::store {

std::string dump_libraries(std::span<const std::string> codes);

// The codes in it. Fails with `invalid`, with the text that the client sees.
Result<std::vector<std::string>> read_library_dump(std::string_view payload);

}  // namespace millrace::store
