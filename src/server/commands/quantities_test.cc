#include "server/commands/quantities.h"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using std::chrono::milliseconds;

TEST(Quantities, ReadsSizes) {
  EXPECT_EQ(parse_bytes("17").value(), 17u);
  EXPECT_EQ(parse_bytes("2KB").value(), 2048u);
  EXPECT_EQ(parse_bytes("3gb").value(), std::uint64_t{3} << 30);
  for (const char* text : {"", "gb", "1.5gb", "-1", "1tbx", "9999999999999"}) EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(Quantities, ReadsTimes) {
  EXPECT_EQ(parse_duration("90s").value(), milliseconds(90'000));
  EXPECT_EQ(parse_duration("7d").value(), milliseconds(604'800'000));
  EXPECT_EQ(parse_duration("1w").value(), milliseconds(604'800'000));
  for (const char* text : {"", "7", "d", "7 d", "1y"}) EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Quantities, WritesThemForPeople) {
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(duration_text(milliseconds(604'800'000)), "7d");
  EXPECT_EQ(duration_text(milliseconds(90'000)), "90s");
  EXPECT_EQ(duration_text(milliseconds(1'001)), "1001ms");
}

}  // namespace
}  // namespace millrace::server
