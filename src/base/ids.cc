#include "base/ids.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <memory>

#include "base/crypto.h"

namespace millrace {
namespace {

struct ClockId {
  std::int64_t milliseconds = 0;
  int count = 0;
};

ClockId read_clock_id(std::string_view text) {
  ClockId id;
  const char* end = text.data() + text.size();
  auto [dot, wrong] = std::from_chars(text.data(), end, id.milliseconds);
  if (wrong != std::errc{} || dot == end || *dot != '.') return {};
  if (std::from_chars(dot + 1, end, id.count).ec != std::errc{}) return {};
  return id;
}

}  // namespace

OrderedIds::OrderedIds(Dice dice) : dice_(std::move(dice)) {
  if (dice_) return;
  // The system's generator has a price for each call, not for each byte.
  struct Store {
    std::array<std::uint8_t, 1000> bytes{};
    std::size_t used = 1000;
  };
  dice_ = [store = std::make_shared<Store>()](std::span<std::uint8_t> out) {
    if (store->used + out.size() > store->bytes.size()) {
      random_bytes(store->bytes);
      store->used = 0;
    }
    std::copy_n(store->bytes.begin() + static_cast<std::ptrdiff_t>(store->used), out.size(), out.begin());
    store->used += out.size();
  };
}

void OrderedIds::advance(Timestamp now) {
  auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::array<std::uint8_t, 16> next{};
  for (std::size_t i = 0; i < 6; ++i) next[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
  if (std::lexicographical_compare(last_.begin(), last_.begin() + 6, next.begin(), next.begin() + 6)) {
    dice_(std::span(next).subspan(6));
    next[6] &= 0x7f;  // room to count on
    last_ = next;
    return;
  }
  for (std::size_t i = last_.size(); i-- > 0 && ++last_[i] == 0;) {
  }
}

std::string OrderedIds::ulid(Timestamp now) {
  constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  advance(now);
  std::string text(26, '0');
  unsigned pending = 0;
  int bits = 0;
  std::size_t at = text.size();
  for (std::size_t i = last_.size(); i-- > 0;) {
    pending |= static_cast<unsigned>(last_[i]) << bits;
    for (bits += 8; bits >= 5; bits -= 5, pending >>= 5) text[--at] = digits[pending & 31];
  }
  text[0] = digits[pending & 31];
  return text;
}

std::string OrderedIds::uuidv7(Timestamp now) {
  // The 74 random bits are the upper ones of those that count, so that order is kept: 12 behind the version, 62 behind
  // the variant.
  advance(now);
  std::array<std::uint8_t, 16> id = last_;
  std::uint16_t high = static_cast<std::uint16_t>(last_[6] << 8 | last_[7]);
  std::uint64_t low = 0;
  for (std::size_t i = 8; i < 16; ++i) low = low << 8 | last_[i];
  id[6] = static_cast<std::uint8_t>(0x70 | high >> 12);
  id[7] = static_cast<std::uint8_t>(high >> 4);
  std::uint64_t rest = (static_cast<std::uint64_t>(high & 15) << 58) ^ (low & 0x03ff'ffff'ffff'ffff);
  for (std::size_t i = 0; i < 8; ++i) id[8 + i] = static_cast<std::uint8_t>(rest >> (8 * (7 - i)));
  id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3f));
  std::string hex = to_hex(id);
  for (std::size_t dash : {8, 13, 18, 23}) hex.insert(dash, 1, '-');
  return hex;
}

std::string next_clock_id(std::string_view last, Timestamp now) {
  constexpr int count_max = 999;
  ClockId before = read_clock_id(last);
  ClockId next{now.time_since_epoch().count(), 1};
  if (before.milliseconds >= next.milliseconds) {
    next = {before.milliseconds, before.count + 1};
    if (next.count % 10 == 0) ++next.count;
    if (next.count > count_max) next = {before.milliseconds + 1, 1};
  }
  return fmt::format("{}.{:03}", next.milliseconds, next.count);
}

}  // namespace millrace
