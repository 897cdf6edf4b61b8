#include "store/embedded/sorted_set_order.h"

#include <bit>

#include "base/bytes.h"

namespace millrace::store {
namespace {

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

// Larger scores have larger codes.
std::uint64_t code_of(double score) {
  auto bits = std::bit_cast<std::uint64_t>(score == 0 ? 0.0 : score);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

std::string bytes_of(std::uint64_t code) {
  std::string bytes;
  append_big_endian(bytes, code);
  return bytes;
}

}  // namespace

std::string order_key(double score, std::string_view member) {
  std::string key;
  key.reserve(score_bytes + member.size());
  append_big_endian(key, code_of(score));
  return key.append(member);
}

double score_of(std::string_view order_key) {
  auto code = ByteReader(order_key).big_endian<std::uint64_t>();
  return std::bit_cast<double>((code & sign_bit) != 0 ? code & ~sign_bit : ~code);
}

OrderRange range_of(const ScoreBounds& bounds) {
  return {bytes_of(code_of(bounds.least) + (bounds.without_least ? 1 : 0)),
          bytes_of(code_of(bounds.most) + (bounds.without_most ? 0 : 1))};
}

}  // namespace millrace::store
