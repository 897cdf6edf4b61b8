#pragma once

// The smallest parts of a payload: numbers and strings. A reader never trusts what it reads: after the first thing that
// is not there `ok` is false for good, and what it gives is empty.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store::rdb {

class Reader {
 public:
  // `expanded_max` bounds all that its strings have together.
  Reader(std::string_view bytes, std::size_t expanded_max) : rest_(bytes), expanded_left_(expanded_max) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  std::string_view take(std::uint64_t size);
  std::uint8_t byte();

  // The lowest byte first.
  template <class Number>
  Number little_endian() {
    std::string_view bytes = take(sizeof(Number));
    Number number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      number = static_cast<Number>(number << 8 | static_cast<unsigned char>(bytes[i - 1]));
    }
    return number;
  }
  std::uint64_t big_endian();

  std::uint64_t length();

  // The same for how many elements follow, each of at least one byte.
  std::uint64_t count();

  // Plain, compressed, or an integer in its shortest form.
  std::string string();

  double binary_double();
  double text_double();

  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  struct Length {
    std::uint64_t number = 0;
    bool special = false;  // `number` tells which encoding a string has
  };
  Length read_length();
  std::string special_string(std::uint64_t encoding);
  std::string compressed_string();
  bool expand(std::uint64_t size);

  std::string_view rest_;
  std::size_t expanded_left_;
  bool ok_ = true;
};

// Undoes LZF; nothing unless that gives exactly `size` bytes.
std::optional<std::string> decompress_lzf(std::string_view bytes, std::size_t size);

}  // namespace millrace::store::rdb
