#pragma once

// Bytes of rows: how engines write the keys and values that they keep in kv. Numbers in keys are big-endian, so that
// rows sort by them; in values they are varints (seven bits a byte, the lowest first, the top bit says that more
// follow). A reader never trusts what it reads: after the first thing that is not there, `ok` is false for good.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

template <class Number>
inline void append_big_endian(std::string& out, Number number) {
  char bytes[sizeof(Number)];
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * (sizeof(Number) - 1 - i)));
  }
  out.append(bytes, sizeof(Number));
}

inline void append_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

// The length as a varint, then the bytes.
inline void append_sized(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::uint8_t byte() {
    if (rest_.empty()) return fail();
    auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  template <class Number>
  Number big_endian() {
    std::string_view taken = take(sizeof(Number));
    Number number = 0;
    for (char one : taken) number = static_cast<Number>(number << 8 | static_cast<std::uint8_t>(one));
    return number;
  }

  // Accepts only the shortest form of a number, so that equal values have equal bytes.
  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      std::uint8_t next = byte();
      if (shift == 63 && next > 1) return fail();
      number |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return next == 0 && shift > 0 ? fail() : number;
    }
    return fail();
  }

  // Fails for a number beyond `most`.
  std::uint64_t varint_up_to(std::uint64_t most) {
    std::uint64_t number = varint();
    return number <= most ? number : fail();
  }

  std::string_view sized() { return take(varint()); }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::uint8_t fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace millrace
