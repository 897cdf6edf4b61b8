#include "base/crc64.h"

#include <array>

namespace millrace {
namespace {

constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5;  // ad93d23594c935a9 with its bits in reverse

constexpr std::array<std::uint64_t, 256> make_table() {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < table.size(); ++byte) {
    std::uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? polynomial : 0);
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint64_t, 256> table = make_table();

}  // namespace

std::uint64_t crc64(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (const char byte : bytes) sum = (sum >> 8) ^ table[(sum ^ static_cast<std::uint8_t>(byte)) & 0xff];
  return sum;
}

}  // namespace millrace
