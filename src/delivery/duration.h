#pragma once

// Lengths of time as headers write them. Pure. Source of the rules: the documentation of QStash, which names the units
// of each header; Go's time.ParseDuration for what receivers send; RFC 9110 section 5.6.7 for dates.

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace millrace::delivery {

// "50s", "1d10h30m", or a whole number of seconds. Units s, m, h, d in any order, each with a whole number. Fails with
// `invalid` for anything else and beyond 1,000 years, which no sum of times overflows at.
Result<std::chrono::seconds> parse_duration(std::string_view text);

// What a receiver asks for by Retry-After and its relatives: seconds ("1.5"), a duration with units ns, us, µs, ms, s,
// m, h ("6m5.2s"), or a date ("Sun, 06 Nov 1994 08:49:37 GMT"), which may have passed already: zero then. Nothing for
// other text.
std::optional<std::chrono::milliseconds> parse_asked_delay(std::string_view text, Timestamp now);

}  // namespace millrace::delivery
