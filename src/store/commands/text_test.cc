#include "store/commands/text.h"

#include <gtest/gtest.h>
#include <limits>

namespace millrace::store {
namespace {

TEST(ToInteger, TakesOnlyTheOneFormOfANumber) {
  EXPECT_EQ(to_integer("0"), 0);
  EXPECT_EQ(to_integer("-1"), -1);
  EXPECT_EQ(to_integer("-9223372036854775808"), INT64_MIN);
  for (std::string_view text : {"", "-", "+1", "01", "-0", "00", " 1", "1 ", "1.0", "9223372036854775808", "0x1"}) {
    EXPECT_FALSE(to_integer(text)) << text;
  }
}

TEST(ToReal, TakesWhatRedisTakes) {
  EXPECT_EQ(to_real("1.5"), 1.5);
  EXPECT_EQ(to_real("-3e2"), -300);
  EXPECT_EQ(to_real("+inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_real("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_real("0x10"), 16);
  for (std::string_view text : {"", " 1", "1 ", "nan", "1e999", "1.0x", "abc", "\t1"}) {
    EXPECT_FALSE(to_real(text)) << text;
    EXPECT_FALSE(to_long_real(text) && text != "1e999") << text;
  }
  EXPECT_FALSE(to_real(std::string_view("1\0", 2)));
}

TEST(FormatReal, WritesTheShortestForm) {
  EXPECT_EQ(format_real(3), "3");
  EXPECT_EQ(format_real(-0.0), "-0");
  EXPECT_EQ(format_real(0.1), "0.1");
  EXPECT_EQ(format_real(13.361389338970184), "13.361389338970184");
  EXPECT_EQ(format_real(1e21), "1e+21");
  EXPECT_EQ(format_real(2.5e-7), "2.5e-7");
  EXPECT_EQ(format_real(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(FormatLongReal, HasNoTrailingZeros) {
  EXPECT_EQ(format_long_real(3.0L), "3");
  EXPECT_EQ(format_long_real(10.5L + 0.1L), "10.6");
  EXPECT_EQ(format_long_real(-0.0L), "0");
  EXPECT_EQ(format_long_real(5.0e3L + 2.0e2L), "5200");
}

TEST(Matches, UnderstandsPatternsAsKeysDoes) {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool matched;
  };
  const Row rows[] = {
      {"", "", true},
      {"*", "", true},
      {"a", "", false},
      {"?", "", false},
      {"h?llo", "hello", true},
      {"h*o", "hello", true},
      {"h*x", "hello", false},
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"[a-c]", "b", true},
      {"[c-a]", "b", true},
      {"[a-c]", "d", false},
      {"\\*", "*", true},
      {"\\*", "x", false},
      {"[\\]]", "]", true},
      {"[abc", "b", true},
      {"a\\", "a\\", true},
      {"**a**", "bab", true},
      {"*a*b*c", "xaybzc", true},
      {"*a*b*c", "xaybz", false},
      {"a*b", "ab", true},
      {"[^", "x", true},
      {"a[", "ab", false},
  };
  for (const Row& row : rows) EXPECT_EQ(matches(row.pattern, row.text), row.matched) << row.pattern << " " << row.text;
}

TEST(Matches, AManyStarredPatternTakesNoTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";

  EXPECT_FALSE(matches(pattern + "b", std::string(10'000, 'a')));
}

TEST(LiteralPrefix, EndsAtTheFirstSpecialCharacter) {
  EXPECT_EQ(literal_prefix("task:*"), "task:");
  EXPECT_EQ(literal_prefix("plain"), "plain");
  EXPECT_EQ(literal_prefix("\\a"), "");
}

}  // namespace
}  // namespace millrace::store
