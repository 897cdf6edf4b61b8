#pragma once

// Sizes and times as people write them on the command line. Pure.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace millrace::server {

// "500mb", "2gb", a number of bytes. As Redis counts: a kb is 1,024 bytes.
Result<std::uint64_t> parse_bytes(const std::string& text);

// "90s", "30m", "12h", "7d", "2w"; "500ms".
Result<std::chrono::milliseconds> parse_duration(const std::string& text);

std::string size_text(std::uint64_t bytes);                     // "1.5 MiB"
std::string duration_text(std::chrono::milliseconds duration);  // "7d": in the largest unit that is exact

}  // namespace millrace::server
