#include "delivery/duration.h"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;

TEST(Duration, TakesUnitsAndTheirSums) {
  EXPECT_EQ(parse_duration("50s").value(), 50s);
  EXPECT_EQ(parse_duration("3m").value(), 3min);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
  EXPECT_EQ(parse_duration("1d10h30m").value(), 34h + 30min);
  EXPECT_EQ(parse_duration("1h30m3s").value(), 5403s);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(Duration, TakesAPlainNumberAsSeconds) {
  EXPECT_EQ(parse_duration("30").value(), 30s);
  EXPECT_EQ(parse_duration("0").value(), 0s);
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "s", "10x", "-1s", "+1s", "1.5s", "1m30", "10 s", " 10s", "1h-2m", "s10", "99999999999d",
                           "9223372036854775807s", "18446744073709551616s", "1s\n"}) {
    auto parsed = parse_duration(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed || parsed.error().code == ErrorCode::invalid);
  }
}

TEST(AskedDelay, ReadsSecondsAndDurations) {
  Timestamp now{};
  EXPECT_EQ(parse_asked_delay("0", now), 0ms);
  EXPECT_EQ(parse_asked_delay("120", now), 120s);
  EXPECT_EQ(parse_asked_delay("1.5", now), 1500ms);
  EXPECT_EQ(parse_asked_delay("6m5s", now), 365s);
  EXPECT_EQ(parse_asked_delay("6m5.25s", now), 365'250ms);
  EXPECT_EQ(parse_asked_delay("20ms", now), 20ms);
  EXPECT_EQ(parse_asked_delay("1500us", now), 2ms);
  EXPECT_EQ(parse_asked_delay("1500\u00b5s", now), 2ms);
}

TEST(AskedDelay, ReadsADateAgainstTheClock) {
  Timestamp now{784'111'777s};  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_asked_delay("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_asked_delay("Sun, 06 Nov 1994 08:00:00 GMT", now), 0ms);
}

TEST(AskedDelay, HasNothingForOtherText) {
  Timestamp now{};
  for (const char* text : {"", "soon", "-5", "5 s", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:49:37 CET", "1e400", "inf", "nan"}) {
    EXPECT_EQ(parse_asked_delay(text, now), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace::delivery
