#include "store/rdb/reader.h"

#include <bit>
#include <cmath>
#include <limits>

#include "store/commands/text.h"

namespace millrace::store::rdb {
namespace {

// The encodings of strings that are not plain.
enum Special : std::uint64_t { int8 = 0, int16 = 1, int32 = 2, lzf = 3 };

// The two highest bits of a length say how long it is itself.
enum Form : unsigned { six_bits = 0, fourteen_bits = 1, whole_numbers = 2, special = 3 };
constexpr unsigned four_bytes = 0x80;
constexpr unsigned eight_bytes = 0x81;

}  // namespace

std::string_view Reader::take(std::uint64_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t Reader::byte() {
  std::string_view taken = take(1);
  return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
}

std::uint64_t Reader::big_endian() {
  std::uint64_t number = 0;
  for (char c : take(8)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

Reader::Length Reader::read_length() {
  unsigned first = byte();
  switch (first >> 6) {
    case six_bits: return {first & 63};
    case fourteen_bits: {
      std::uint64_t high = first & 63;
      return {high << 8 | byte()};
    }
    case special: return {first & 63, true};
    case whole_numbers: break;
  }
  if (first == eight_bytes) return {big_endian()};
  if (first != four_bytes) fail();
  std::uint64_t number = 0;
  for (char c : take(4)) number = number << 8 | static_cast<unsigned char>(c);
  return {number};
}

std::uint64_t Reader::length() {
  Length length = read_length();
  if (length.special) fail();
  return ok_ ? length.number : 0;
}

std::uint64_t Reader::count() {
  std::uint64_t number = length();
  if (number > rest_.size()) fail();
  return ok_ ? number : 0;
}

bool Reader::expand(std::uint64_t size) {
  if (size > expanded_left_) {
    fail();
    return false;
  }
  expanded_left_ -= size;
  return true;
}

std::string Reader::string() {
  Length length = read_length();
  if (length.special) return special_string(length.number);
  if (!ok_ || !expand(length.number)) return {};
  return std::string(take(length.number));
}

std::string Reader::special_string(std::uint64_t encoding) {
  switch (encoding) {
    case int8: return std::to_string(static_cast<std::int8_t>(byte()));
    case int16: return std::to_string(static_cast<std::int16_t>(little_endian<std::uint16_t>()));
    case int32: return std::to_string(static_cast<std::int32_t>(little_endian<std::uint32_t>()));
    case lzf: return compressed_string();
  }
  fail();
  return {};
}

std::string Reader::compressed_string() {
  std::uint64_t packed = length();
  std::uint64_t size = length();
  std::string_view bytes = take(packed);
  if (!ok_ || !expand(size)) return {};
  auto text = decompress_lzf(bytes, size);
  if (!text) {
    fail();
    return {};
  }
  return std::move(*text);
}

double Reader::binary_double() {
  return std::bit_cast<double>(little_endian<std::uint64_t>());
}

// The length in a byte, of which three are names, then the digits.
double Reader::text_double() {
  constexpr unsigned nan = 253;
  constexpr unsigned infinity = 254;
  constexpr unsigned minus_infinity = 255;
  unsigned size = byte();
  if (size == nan) return std::numeric_limits<double>::quiet_NaN();
  if (size == infinity) return std::numeric_limits<double>::infinity();
  if (size == minus_infinity) return -std::numeric_limits<double>::infinity();
  auto number = to_real(take(size));
  if (!number) fail();
  return number.value_or(0);
}

std::optional<std::string> decompress_lzf(std::string_view bytes, std::size_t size) {
  constexpr std::size_t ratio_max = 132;  // three bytes stand for at most 264 others, or two for eight
  if (size > bytes.size() * ratio_max) return std::nullopt;
  std::string out;
  out.reserve(size);
  auto next = [&]() -> std::size_t {
    auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return byte;
  };
  while (!bytes.empty()) {
    std::size_t control = next();
    if (control < 32) {  // so many bytes and one more as they are
      std::size_t literal = control + 1;
      if (literal > bytes.size() || literal > size - out.size()) return std::nullopt;
      out.append(bytes.substr(0, literal));
      bytes.remove_prefix(literal);
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (bytes.empty()) return std::nullopt;
      length += next();
    }
    if (bytes.empty()) return std::nullopt;
    std::size_t distance = ((control & 31) << 8 | next()) + 1;
    length += 2;
    if (distance > out.size() || length > size - out.size()) return std::nullopt;
    for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
  }
  if (out.size() != size) return std::nullopt;
  return out;
}

}  // namespace millrace::store::rdb
