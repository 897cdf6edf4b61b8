#pragma once

// The checksum at the end of Redis's dumps: CRC-64 with the polynomial ad93d23594c935a9, reflected, from 0. Pure.

#include <cstdint>
#include <string_view>

namespace millrace {

std::uint64_t crc64(std::string_view bytes);

}  // namespace millrace
