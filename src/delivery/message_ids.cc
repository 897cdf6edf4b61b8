#include "delivery/message_ids.h"

#include <cstring>

#include "base/crypto.h"

namespace millrace::delivery {
namespace {

constexpr std::string_view digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t digits_count = 28;  // 58 to the power of 28 is just above 2 to the power of 160

// Four digits for each division of the whole number.
std::string written(std::string_view word, std::array<std::uint32_t, 5> number) {
  std::string text(word.size() + digits_count, '1');
  text.replace(0, word.size(), word);
  constexpr std::uint64_t base = 58ull * 58 * 58 * 58;
  for (std::size_t at = text.size(); at > word.size();) {
    std::uint64_t rest = 0;
    for (std::uint32_t& part : number) {
      std::uint64_t value = rest << 32 | part;
      part = static_cast<std::uint32_t>(value / base);
      rest = value % base;
    }
    for (int i = 0; i < 4; ++i, rest /= 58) text[--at] = digits[rest % 58];
  }
  return text;
}

std::array<std::uint32_t, 5> dice() {
  static thread_local std::array<std::uint8_t, 20 * 50> store;  // the system's generator has a price for each call
  static thread_local std::size_t used = store.size();
  if (used == store.size()) {
    random_bytes(store);
    used = 0;
  }
  std::array<std::uint32_t, 5> number;
  std::memcpy(number.data(), store.data() + used, sizeof number);
  used += sizeof number;
  return number;
}

}  // namespace

std::string MessageIds::next(std::string_view word, Timestamp now) {
  auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::uint64_t before = static_cast<std::uint64_t>(last_[0]) << 16 | last_[1] >> 16;
  if (milliseconds > before) {
    last_ = dice();
    last_[0] = static_cast<std::uint32_t>(milliseconds >> 16);
    last_[1] = static_cast<std::uint32_t>(milliseconds << 16) | (last_[1] & 0x7fff);  // room to count on
  } else {
    // A step of up to 2 to the power of 32, so that an id tells nothing of the next one.
    std::uint64_t step = dice()[0] | 1u;
    for (std::size_t at = last_.size(); at-- > 0 && step != 0;) {
      step += last_[at];
      last_[at] = static_cast<std::uint32_t>(step);
      step >>= 32;
    }
  }
  return written(word, last_);
}

std::string random_id(std::string_view word) {
  return written(word, dice());
}

}  // namespace millrace::delivery
