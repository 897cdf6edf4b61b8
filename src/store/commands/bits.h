#pragma once

// Strings as sequences of bits, the highest of the first byte being the first. What lies behind the end is 0. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::store {

bool bit_at(std::string_view bytes, std::uint64_t at);
void set_bit(std::string& bytes, std::uint64_t at, bool bit);  // `at` lies within

// From `first` to `last`, that one included; both lie within.
std::uint64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last);
std::optional<std::uint64_t> find_bit(std::string_view bytes, bool bit, std::uint64_t first, std::uint64_t last);

enum class BitOperation { all, any, odd, inverse, first_only, others_only, first_and_others, exactly_one };

// As long as the longest of the sources.
std::string combine_bits(BitOperation operation, const std::vector<std::string>& sources);

// An integer of so many bits: up to 64 with a sign, up to 63 without.
struct BitFieldType {
  bool is_signed = false;
  unsigned bits = 0;
};
std::optional<BitFieldType> parse_field_type(std::string_view text);  // "i16", "u8"

std::int64_t read_field(std::string_view bytes, BitFieldType type, std::uint64_t at);
void write_field(std::string& bytes, BitFieldType type, std::uint64_t at, std::int64_t value);  // lies within

enum class Overflow { wrap, saturate, fail };

// What becomes of `value` + `change` in such a field; nothing when it does not fit and is to fail.
std::optional<std::int64_t> add_to_field(BitFieldType type, Overflow overflow, std::int64_t value, std::int64_t change);

// The same for a value that is set: one without a sign is taken as the bits that it has.
std::optional<std::int64_t> fit_field(BitFieldType type, Overflow overflow, std::int64_t value);

}  // namespace millrace::store
