#pragma once

// Times of expiry as options of commands give them: EX seconds, PX milliseconds, EXAT and PXAT since 1970. Pure.

#include <optional>
#include <string_view>

#include "base/result.h"

namespace millrace::store {

struct TimeForm {
  bool seconds = false;
  bool relative = false;
};

// The form that the words EX, PX, EXAT and PXAT stand for, in any case.
std::optional<TimeForm> time_form_of(std::string_view word);

// The time in milliseconds since 1970; an error in Redis' words, which name the command, unless it is positive and can
// be written as such.
Result<std::int64_t> expiry_time(std::string_view text, TimeForm form, std::int64_t now, std::string_view command);

// The same for the EXPIRE family, where any integer is a time, also one in the past.
Result<std::int64_t> any_expiry_time(std::string_view text, TimeForm form, std::int64_t now, std::string_view command);

}  // namespace millrace::store
