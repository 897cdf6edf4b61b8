#include "base/bytes.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Bytes, BigEndianNumbersSortAsBytes) {
  std::string small, large;
  append_big_endian<std::uint64_t>(small, 255);
  append_big_endian<std::uint64_t>(large, 256);

  EXPECT_LT(small, large);
  EXPECT_EQ(ByteReader(large).big_endian<std::uint64_t>(), 256u);
}

TEST(Bytes, VarintsComeBackAsTheyWere) {
  for (std::uint64_t number : {0ull, 1ull, 127ull, 128ull, 16'383ull, 16'384ull, ~0ull, ~0ull >> 1}) {
    std::string bytes;
    append_varint(bytes, number);
    ByteReader in(bytes);

    EXPECT_EQ(in.varint(), number);
    EXPECT_TRUE(in.ok() && in.at_end());
  }
}

TEST(Bytes, RefusesVarintsThatAreCutOffTooLongOrPadded) {
  for (std::string_view bytes :
       {std::string_view("\x80", 1), std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
        std::string_view("\x80\x00", 2), std::string_view()}) {
    ByteReader in(bytes);
    in.varint();

    EXPECT_FALSE(in.ok());
  }
}

TEST(Bytes, RefusesAVarintBeyondItsLimit) {
  std::string bytes;
  append_varint(bytes, 300);

  EXPECT_EQ(ByteReader(bytes).varint_up_to(300), 300u);
  ByteReader in(bytes);
  in.varint_up_to(299);
  EXPECT_FALSE(in.ok());
}

TEST(Bytes, StaysFailedAfterTheFirstFault) {
  ByteReader in(
      "\x05"
      "abc");
  EXPECT_EQ(in.sized(), "");
  in.byte();

  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.at_end());
}

}  // namespace
}  // namespace millrace
