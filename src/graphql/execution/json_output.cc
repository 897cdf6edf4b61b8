#include "graphql/execution/json_output.h"

#include <algorithm>

#include "base/json_writer.h"

namespace millrace::graphql {

void JsonOutput::grow(std::size_t bytes) {
  auto written = size();
  buffer_.resize(std::max(buffer_.size() * 2, written + bytes));
  set_bounds(written);
}

// Leaves room for the closing quote.
void JsonOutput::escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view short_names = "btn\0fr";  // 0x08 … 0x0d
  for (char byte : text) {
    reserve(6 + 1 + text.size());
    auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code != '"' && code != '\\') {
      *at_++ = byte;
      continue;
    }
    *at_++ = '\\';
    if (code >= 0x20) {
      *at_++ = byte;
    } else if (code >= 0x08 && code <= 0x0d && code != 0x0b) {
      *at_++ = short_names[code - 0x08u];
    } else {
      std::memcpy(at_, "u00", 3);
      at_[3] = digits[code >> 4];
      at_[4] = digits[code & 15];
      at_ += 5;
    }
  }
  reserve(1);
}

void JsonOutput::number(double value) {
  constexpr double exact = 9007199254740992.0;  // 2^53: up to here every whole number is its own digits
  if (std::fabs(value) < exact && std::trunc(value) == value) return integer(static_cast<std::int64_t>(value));
  std::string digits;
  append_json_number(digits, value);
  raw(digits);
}

}  // namespace millrace::graphql
