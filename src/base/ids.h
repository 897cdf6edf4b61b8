#pragma once

// Identifiers that sort in the order of their making: ULID (the ULID specification), UUID version 7 (RFC 9562), and
// clock ids, which are milliseconds, a dot and three digits that count.

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace millrace {

// Makes ULIDs and UUIDs that ascend even within a millisecond and when the clock goes back. Confined to its user.
class OrderedIds {
 public:
  using Dice = std::function<void(std::span<std::uint8_t>)>;

  // Without dice of its own it takes the system's random bytes.
  explicit OrderedIds(Dice dice = {});

  std::string ulid(Timestamp now);    // 26 letters of Crockford's base32
  std::string uuidv7(Timestamp now);  // "018f…-7…-8…-…"

 private:
  // 48 bits of milliseconds and 80 that are random or count on.
  void advance(Timestamp now);

  Dice dice_;
  std::array<std::uint8_t, 16> last_{};
};

// The clock id after `last` (or the first one, when `last` is none): greater than it, of this millisecond where that
// allows. Its last digit is never 0, so that it survives as a JSON number.
std::string next_clock_id(std::string_view last, Timestamp now);

}  // namespace millrace
