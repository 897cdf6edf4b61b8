#pragma once

// Ids of messages and their kin: a word, then 28 digits of base58 that sort in the order of their making.
//
// Confined to its user.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace millrace::delivery {

class MessageIds {
 public:
  // "msg_1Bq7…". Greater than every id before it of the same word.
  std::string next(std::string_view word, Timestamp now);

 private:
  std::array<std::uint32_t, 5> last_{};  // 160 bits, the highest first: 48 of time, 112 that are random or count on
};

// 28 random digits of base58 behind `word`: for secrets.
std::string random_id(std::string_view word);

}  // namespace millrace::delivery
