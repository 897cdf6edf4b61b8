#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::store::rdb {

// With Jones' polynomial, reflected, beginning with 0: "123456789" gives e9c6d914c4b8d9ca.
std::uint64_t crc64(std::string_view bytes);

}  // namespace millrace::store::rdb
