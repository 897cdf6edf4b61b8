#include "store/rdb/crc64.h"

#include <array>

namespace millrace::store::rdb {
namespace {

constexpr std::array<std::uint64_t, 256> make_table() {
  constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5;  // ad93d23594c935a9 with its bits reversed
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
    table[byte] = value;
  }
  return table;
}

constexpr auto table = make_table();

}  // namespace

std::uint64_t crc64(std::string_view bytes) {
  std::uint64_t crc = 0;
  for (char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return crc;
}

}  // namespace millrace::store::rdb
