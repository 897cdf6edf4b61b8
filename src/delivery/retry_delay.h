#pragma once

// When a failed attempt is tried again. Pure: the clock stays with the caller. Source of the rules: the documentation
// of QStash (retry, Upstash-Retry-Delay).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace millrace::delivery {

// A sum over `retried`, the number of retries made already, in milliseconds: "min(pow(2, retried) * 1000, 60000)".
// Numbers, + - * / ( ), unary minus, pow sqrt abs exp floor ceil round min max. Immutable.
class RetryDelayExpression {
 public:
  // 512 bytes, 64 operations, 32 levels: far beyond any sensible sum, small enough to evaluate without a thought.
  static constexpr std::size_t bytes_max = 512;
  static constexpr std::size_t steps_max = 64;
  static constexpr int depth_max = 32;

  // Fails with `invalid` and says where, also when the sum is no finite number for `retried` = 0.
  static Result<RetryDelayExpression> parse(std::string_view text);

  // May be infinite or not a number.
  double evaluate(double retried) const;

 private:
  friend class RetryDelayParser;

  enum class Operation : std::uint8_t {
    push,
    retried,
    add,
    subtract,
    multiply,
    divide,
    negate,
    pow,
    sqrt,
    abs,
    exp,
    floor,
    ceil,
    round,
    min,
    max,
  };
  struct Step {
    Operation operation = Operation::push;
    double number = 0;
  };

  static double apply(Operation operation, double left, double right);

  std::vector<Step> steps_{};  // in the order of a stack machine
};

// A day: what a receiver may ask for, and what an expression may give, at most.
inline constexpr std::chrono::milliseconds retry_delay_max = std::chrono::hours(24);

// 12 s, 2 m 28 s, 30 m 8 s, 6 h 7 m 6 s, then a day: e to the power of 2.5 times (retried + 1), in whole seconds.
std::chrono::milliseconds usual_retry_delay(int retried);

using ResponseHeaders = std::span<const std::pair<std::string, std::string>>;

// What a receiver asks for: by Retry-After, else X-RateLimit-Reset, X-RateLimit-Reset-Requests or
// X-RateLimit-Reset-Tokens. Nothing when it does not, or asks for more than a day (a time since 1970, mostly).
std::optional<std::chrono::milliseconds> asked_retry_delay(ResponseHeaders headers, Timestamp now);

// How long to wait after the attempt that followed `retried` retries: what the receiver asks for, else what
// `expression` (may be empty) gives, else the usual. A delay below 0 is 0.
std::chrono::milliseconds retry_delay(ResponseHeaders headers, std::string_view expression, int retried, Timestamp now);

}  // namespace millrace::delivery
