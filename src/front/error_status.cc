#include "front/error_status.h"

namespace millrace::front {

int error_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return 400;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::denied: return 403;
    case ErrorCode::over_limit: return 413;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::corrupt: return 500;
  }
  return 500;
}

}  // namespace millrace::front
