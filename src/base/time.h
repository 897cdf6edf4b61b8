#pragma once

// Times are UTC with milliseconds, everywhere.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// Where a rule's time comes from; tests give their own.
using Clock = std::function<Timestamp()>;

Timestamp system_now();

// RFC 3339, "2023-03-20T11:21:43.901Z". Years 0000 to 9999.
std::string to_rfc3339(Timestamp time);
// Takes any offset and 0 to 9 digits of a second (cut to milliseconds); nothing for text that is no such time.
std::optional<Timestamp> from_rfc3339(std::string_view text);

}  // namespace millrace
