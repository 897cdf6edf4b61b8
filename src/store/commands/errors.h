#pragma once

// Errors that several commands answer, in the words of Redis.

#include <fmt/format.h>

#include "base/result.h"

namespace millrace::store {

inline Error syntax_error() {
  return {ErrorCode::invalid, "ERR syntax error"};
}
inline Error not_an_integer() {
  return {ErrorCode::invalid, "ERR value is not an integer or out of range"};
}
inline Error not_a_float() {
  return {ErrorCode::invalid, "ERR value is not a valid float"};
}
inline Error wrong_arity(std::string_view name) {
  return {ErrorCode::invalid, fmt::format("ERR wrong number of arguments for '{}' command", name)};
}

}  // namespace millrace::store
