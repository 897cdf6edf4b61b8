#pragma once

// The HTTP status of an error, for the doors whose protocol has no other word for it. Pure.

#include "base/result.h"

namespace millrace::front {

int error_status(ErrorCode code);

}  // namespace millrace::front
