#include "store/commands/numbers.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

std::string refusal(const Result<std::int64_t>& parsed) {
  return parsed ? "" : parsed.error().message;
}

TEST(Numbers, ReadsIntegersWithinBounds) {
  EXPECT_EQ(parse_integer("-7").value(), -7);
  EXPECT_EQ(refusal(parse_integer("7.0")), "ERR value is not an integer or out of range");
  EXPECT_EQ(parse_count("0").value(), 0);
  EXPECT_EQ(refusal(parse_count("-1")), "ERR value is out of range, must be positive");
  EXPECT_EQ(refusal(parse_count("x")), "ERR value is out of range, must be positive");
  EXPECT_EQ(refusal(parse_between("x", 1, 5)), "ERR value is not an integer or out of range");
  EXPECT_EQ(refusal(parse_between("6", 1, 5)), "ERR value is out of range, value must between 1 and 5");
  EXPECT_EQ(refusal(parse_between("0", 1, 5, "ERR at least one")), "ERR at least one");
}

TEST(Numbers, ReadsTimeoutsInSeconds) {
  EXPECT_EQ(parse_timeout("0", 1000).value(), 0);
  EXPECT_EQ(parse_timeout("1.5", 1000).value(), 2500);
  EXPECT_EQ(parse_timeout("0.0001", 1000).value(), 1001);
  EXPECT_EQ(refusal(parse_timeout("-0.5", 1000)), "ERR timeout is negative");
  EXPECT_EQ(refusal(parse_timeout("soon", 1000)), "ERR timeout is not a float or out of range");
  EXPECT_EQ(refusal(parse_timeout("0x7FFFFFFFFFFFFF", 1000)), "ERR timeout is out of range");
  EXPECT_EQ(refusal(parse_timeout("9223372036854775", 1'700'000'000'000)), "ERR timeout is out of range");
}

}  // namespace
}  // namespace millrace::store
