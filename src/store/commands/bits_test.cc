#include "store/commands/bits.h"

#include <gtest/gtest.h>
#include <random>

namespace millrace::store {
namespace {

TEST(Bits, CountsAndFindsWhatACheckOfEachBitDoes) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 dice(seed);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(1 + dice() % 20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice() % 3 == 0 ? dice() : (dice() % 2) * 255);
    std::uint64_t first = dice() % (bytes.size() * 8);
    std::uint64_t last = first + dice() % (bytes.size() * 8 - first);
    std::uint64_t count = 0;
    std::optional<std::uint64_t> one;
    std::optional<std::uint64_t> zero;
    for (std::uint64_t at = first; at <= last; ++at) {
      auto& found = bit_at(bytes, at) ? one : zero;
      if (!found) found = at;
      count += bit_at(bytes, at) ? 1 : 0;
    }

    EXPECT_EQ(count_bits(bytes, first, last), count);
    EXPECT_EQ(find_bit(bytes, true, first, last), one);
    EXPECT_EQ(find_bit(bytes, false, first, last), zero);
  }
}

TEST(Bits, CombinesStringsOfDifferentLengths) {
  std::vector<std::string> sources{"\xf0\xff", "\xcc", "\xaa"};

  EXPECT_EQ(combine_bits(BitOperation::all, sources), std::string("\x80\x00", 2));
  EXPECT_EQ(combine_bits(BitOperation::any, sources), "\xfe\xff");
  EXPECT_EQ(combine_bits(BitOperation::odd, sources), "\x96\xff");
  EXPECT_EQ(combine_bits(BitOperation::inverse, {"\xf0"}), "\x0f");
  EXPECT_EQ(combine_bits(BitOperation::first_only, sources), "\x10\xff");
  EXPECT_EQ(combine_bits(BitOperation::others_only, sources), std::string("\x0e\x00", 2));
  EXPECT_EQ(combine_bits(BitOperation::first_and_others, sources), std::string("\xe0\x00", 2));
  EXPECT_EQ(combine_bits(BitOperation::exactly_one, sources), "\x16\xff");
}

TEST(BitFields, ReadBackWhatWasWritten) {
  std::string bytes(20, '\x5a');
  write_field(bytes, {true, 5}, 3, -7);
  write_field(bytes, {false, 63}, 50, INT64_MAX);
  write_field(bytes, {true, 64}, 8, INT64_MIN);

  EXPECT_EQ(read_field(bytes, {true, 5}, 3), -7);
  EXPECT_EQ(read_field(bytes, {true, 64}, 8), INT64_MIN);
  EXPECT_EQ(read_field("", {true, 64}, 1000), 0);
  EXPECT_EQ(read_field("\xff", {true, 8}, 0), -1);
  EXPECT_EQ(read_field("\xff", {false, 8}, 4), 0xf0);
}

TEST(BitFields, OverflowAsTheyAreTold) {
  BitFieldType i8{true, 8};
  BitFieldType u8{false, 8};

  EXPECT_EQ(add_to_field(i8, Overflow::wrap, 127, 1), -128);
  EXPECT_EQ(add_to_field(i8, Overflow::saturate, 127, 1), 127);
  EXPECT_EQ(add_to_field(i8, Overflow::saturate, -128, -1), -128);
  EXPECT_EQ(add_to_field(i8, Overflow::fail, 127, 1), std::nullopt);
  EXPECT_EQ(add_to_field(u8, Overflow::wrap, 255, 2), 1);
  EXPECT_EQ(add_to_field(u8, Overflow::saturate, 0, -1), 0);
  EXPECT_EQ(fit_field(u8, Overflow::saturate, -1), 255);
  EXPECT_EQ(fit_field(u8, Overflow::wrap, 257), 1);
  EXPECT_EQ(add_to_field({true, 64}, Overflow::wrap, INT64_MAX, 1), INT64_MIN);
}

TEST(BitFields, KnowTheirTypes) {
  EXPECT_TRUE(parse_field_type("i64"));
  EXPECT_TRUE(parse_field_type("u63"));
  for (std::string_view text : {"", "i", "u64", "i65", "x8", "i0", "u-1", "8", "u08"}) {
    EXPECT_FALSE(parse_field_type(text)) << text;
  }
}

}  // namespace
}  // namespace millrace::store
