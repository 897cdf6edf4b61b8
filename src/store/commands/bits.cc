#include "store/commands/bits.h"

#include <algorithm>
#include <bit>

#include "store/commands/text.h"

namespace millrace::store {
namespace {

__extension__ typedef __int128 Wide;  // not in ISO C++

unsigned byte_at(std::string_view bytes, std::uint64_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
}

struct FieldBounds {
  Wide least = 0;
  Wide most = 0;
};

FieldBounds bounds_of(BitFieldType type) {
  if (!type.is_signed) return {0, (Wide{1} << type.bits) - 1};
  return {-(Wide{1} << (type.bits - 1)), (Wide{1} << (type.bits - 1)) - 1};
}

std::int64_t wrapped(BitFieldType type, Wide value) {
  Wide modulus = Wide{1} << type.bits;
  Wide low = value & (modulus - 1);
  if (type.is_signed && low >= modulus / 2) low -= modulus;
  return static_cast<std::int64_t>(low);
}

std::optional<std::int64_t> fit(BitFieldType type, Overflow overflow, Wide value) {
  FieldBounds bounds = bounds_of(type);
  if (bounds.least <= value && value <= bounds.most) return static_cast<std::int64_t>(value);
  switch (overflow) {
    case Overflow::wrap: return wrapped(type, value);
    case Overflow::saturate: return static_cast<std::int64_t>(value < bounds.least ? bounds.least : bounds.most);
    case Overflow::fail: return std::nullopt;
  }
  return std::nullopt;
}

// What the sources have at one place, byte by byte.
unsigned combine(BitOperation operation, const std::vector<std::string>& sources, std::size_t at) {
  unsigned first = byte_at(sources[0], at);
  unsigned any = 0;  // of the others
  unsigned twice = 0;
  unsigned once = first;
  unsigned all = first;
  unsigned odd = first;
  for (std::size_t i = 1; i < sources.size(); ++i) {
    unsigned byte = byte_at(sources[i], at);
    any |= byte;
    all &= byte;
    odd ^= byte;
    twice |= once & byte;
    once |= byte;
  }
  switch (operation) {
    case BitOperation::all: return all;
    case BitOperation::any: return first | any;
    case BitOperation::odd: return odd;
    case BitOperation::inverse: return ~first;
    case BitOperation::first_only: return first & ~any;
    case BitOperation::others_only: return any & ~first;
    case BitOperation::first_and_others: return first & any;
    case BitOperation::exactly_one: return once & ~twice;
  }
  return 0;
}

}  // namespace

bool bit_at(std::string_view bytes, std::uint64_t at) {
  return (byte_at(bytes, at / 8) >> (7 - at % 8) & 1) != 0;
}

void set_bit(std::string& bytes, std::uint64_t at, bool bit) {
  unsigned mask = 0x80u >> (at % 8);
  unsigned byte = byte_at(bytes, at / 8);
  bytes[at / 8] = static_cast<char>(bit ? byte | mask : byte & ~mask);
}

std::uint64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) {
  std::uint64_t count = 0;
  std::uint64_t at = first;
  for (; at <= last && at % 8 != 0; ++at) count += bit_at(bytes, at) ? 1 : 0;
  for (; at + 7 <= last; at += 8) count += static_cast<std::uint64_t>(std::popcount(byte_at(bytes, at / 8)));
  for (; at <= last; ++at) count += bit_at(bytes, at) ? 1 : 0;
  return count;
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, bool bit, std::uint64_t first, std::uint64_t last) {
  unsigned skipped = bit ? 0x00u : 0xffu;
  for (std::uint64_t at = first; at <= last;) {
    if (at % 8 == 0 && byte_at(bytes, at / 8) == skipped) {
      at += 8;
    } else if (bit_at(bytes, at) == bit) {
      return at;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

std::string combine_bits(BitOperation operation, const std::vector<std::string>& sources) {
  std::size_t size = 0;
  for (const std::string& source : sources) size = std::max(size, source.size());
  std::string combined(size, '\0');
  for (std::size_t i = 0; i < size; ++i) combined[i] = static_cast<char>(combine(operation, sources, i));
  return combined;
}

std::optional<BitFieldType> parse_field_type(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  bool is_signed = text[0] == 'i';
  auto bits = to_integer(text.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
  return BitFieldType{is_signed, static_cast<unsigned>(*bits)};
}

std::int64_t read_field(std::string_view bytes, BitFieldType type, std::uint64_t at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < type.bits; ++i) value = value << 1 | (bit_at(bytes, at + i) ? 1 : 0);
  return wrapped(type, static_cast<Wide>(value));
}

void write_field(std::string& bytes, BitFieldType type, std::uint64_t at, std::int64_t value) {
  for (unsigned i = 0; i < type.bits; ++i) {
    set_bit(bytes, at + i, (static_cast<std::uint64_t>(value) >> (type.bits - 1 - i) & 1) != 0);
  }
}

std::optional<std::int64_t> add_to_field(BitFieldType type, Overflow overflow, std::int64_t value,
                                         std::int64_t change) {
  return fit(type, overflow, static_cast<Wide>(value) + change);
}

std::optional<std::int64_t> fit_field(BitFieldType type, Overflow overflow, std::int64_t value) {
  if (type.is_signed) return fit(type, overflow, value);
  return fit(type, overflow, static_cast<Wide>(static_cast<std::uint64_t>(value)));
}

}  // namespace millrace::store
