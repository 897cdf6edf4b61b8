#pragma once

// The smallest parts of a payload, as reader.h reads them.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::store::rdb {

template <class Number>
inline void append_little_endian(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

inline void append_big_endian(std::string& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) out.push_back(static_cast<char>(number >> (8 * (i - 1))));
}

inline void append_length(std::string& out, std::uint64_t number) {
  if (number < 64) {
    out.push_back(static_cast<char>(number));
  } else if (number < 16'384) {
    append_big_endian(out, number | 0x4000, 2);
  } else if (number <= UINT32_MAX) {
    out.push_back(static_cast<char>(0x80));
    append_big_endian(out, number, 4);
  } else {
    out.push_back(static_cast<char>(0x81));
    append_big_endian(out, number, 8);
  }
}

inline void append_string(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out.append(text);
}

inline void append_double(std::string& out, double number) {
  append_little_endian(out, std::bit_cast<std::uint64_t>(number));
}

}  // namespace millrace::store::rdb
