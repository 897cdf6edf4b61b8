// The vectors of the first tables follow the published tests of robfig/cron (spec_test.go, parser_test.go): the same
// lines, times and answers, without its field of seconds.
#include "delivery/cron.h"

#include <gtest/gtest.h>
#include <random>

#include "delivery/time_zone.h"

namespace millrace::delivery {
namespace {

Timestamp at(std::string_view text) {
  auto time = from_rfc3339(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(Timestamp{});
}

std::string next(std::string_view cron, std::string_view after) {
  auto schedule = CronSchedule::parse(cron);
  if (!schedule) return schedule.error().message;
  auto time = schedule->next(at(after));
  return time ? to_rfc3339(*time).substr(0, 19) : "never";
}

struct Vector {
  const char* after = "";
  const char* cron = "";
  const char* fires = "";
};

void check(std::initializer_list<Vector> vectors) {
  for (const Vector& vector : vectors) {
    EXPECT_EQ(next(vector.cron, vector.after), vector.fires) << vector.cron << " after " << vector.after;
  }
}

TEST(Cron, FiresAtTheNextMatchingMinute) {
  check({
      {"2012-07-09T14:45:00Z", "0/15 * * * *", "2012-07-09T15:00:00"},
      {"2012-07-09T14:59:00Z", "0/15 * * * *", "2012-07-09T15:00:00"},
      {"2012-07-09T14:59:59Z", "0/15 * * * *", "2012-07-09T15:00:00"},
      {"2012-07-09T15:45:00Z", "20-35/15 * * * *", "2012-07-09T16:20:00"},
      {"2012-07-09T23:46:00Z", "*/15 * * * *", "2012-07-10T00:00:00"},
      {"2012-07-09T23:45:00Z", "20-35/15 * * * *", "2012-07-10T00:20:00"},
      {"2012-07-09T23:35:51Z", "20-35/15 1/2 * * *", "2012-07-10T01:20:00"},
      {"2012-07-09T23:35:51Z", "20-35/15 10-12 * * *", "2012-07-10T10:20:00"},
      {"2012-07-09T23:35:51Z", "20-35/15 * 9-20 Jul *", "2012-07-10T00:20:00"},
      {"2012-12-31T23:59:45Z", "* * * * *", "2013-01-01T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "2012-08-09T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 */5 Apr,Aug,Oct Mon", "2012-08-01T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 */5 Oct Mon", "2012-10-01T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 * Feb Mon", "2013-02-04T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 * Feb Mon/2", "2013-02-01T00:00:00"},
      {"2012-07-09T23:35:00Z", "0 0 29 Feb ?", "2016-02-29T00:00:00"},
      {"2096-03-01T00:00:00Z", "0 0 29 2 *", "2104-02-29T00:00:00"},
  });
}

TEST(Cron, TakesEitherDayWhenBothAreRestricted) {
  // Mondays (the 9th, 16th) and the 15th.
  check({
      {"2012-07-09T00:00:00Z", "0 0 15 * Mon", "2012-07-15T00:00:00"},
      {"2012-07-15T00:00:00Z", "0 0 15 * Mon", "2012-07-16T00:00:00"},
      {"2012-07-09T00:00:00Z", "0 0 * * Sun", "2012-07-15T00:00:00"},
      {"2012-07-09T00:00:00Z", "0 0 15 * *", "2012-07-15T00:00:00"},
      {"2012-07-01T00:00:00Z", "0 0 ? * Wed", "2012-07-04T00:00:00"},
      // A step makes a star a restriction.
      {"2012-07-09T00:00:00Z", "0 0 */10 * Mon", "2012-07-11T00:00:00"},
      {"2012-07-09T00:00:00Z", "0 0 1,15 * 6", "2012-07-14T00:00:00"},
  });
}

TEST(Cron, KnowsTheDescriptors) {
  check({
      {"2012-07-09T14:45:00Z", "@hourly", "2012-07-09T15:00:00"},
      {"2012-07-09T14:45:00Z", "@daily", "2012-07-10T00:00:00"},
      {"2012-07-09T14:45:00Z", "@midnight", "2012-07-10T00:00:00"},
      {"2012-07-09T14:45:00Z", "@weekly", "2012-07-15T00:00:00"},
      {"2012-07-09T14:45:00Z", "@monthly", "2012-08-01T00:00:00"},
      {"2012-07-09T14:45:00Z", "@yearly", "2013-01-01T00:00:00"},
      {"2012-07-09T14:45:00Z", "CRON_TZ=Asia/Tokyo @daily", "2012-07-09T15:00:00"},
  });
}

TEST(Cron, ReadsTheClockOfAZone) {
  check({
      {"2026-01-05T00:00:00Z", "CRON_TZ=Europe/Berlin 0 9 * * 1", "2026-01-05T08:00:00"},
      {"2026-07-06T00:00:00Z", "CRON_TZ=Europe/Berlin 0 9 * * 1", "2026-07-06T07:00:00"},
      {"2026-07-06T00:00:00Z", "TZ=Asia/Kolkata   30 9 * * *", "2026-07-06T04:00:00"},
      {"2026-07-06T00:00:00Z", "CRON_TZ=UTC 30 9 * * *", "2026-07-06T09:30:00"},
      {"2026-07-05T23:00:00Z", "CRON_TZ=America/New_York 0 0 6 * *", "2026-07-06T04:00:00"},
  });
}

// New York: at 02:00 on 2012-03-11 the clock jumps to 03:00; at 02:00 on 2012-11-04 it goes back to 01:00.
TEST(Cron, SkipsALocalTimeThatTheClockJumpsOver) {
  check({
      {"2012-03-11T05:00:00Z", "TZ=America/New_York 30 2 11 Mar ?", "2013-03-11T06:30:00"},
      {"2012-03-10T12:00:00Z", "TZ=America/New_York 30 2 * * *", "2012-03-12T06:30:00"},
      {"2012-03-11T05:00:00Z", "TZ=America/New_York 0 * * * ?", "2012-03-11T06:00:00"},
      {"2012-03-11T06:00:00Z", "TZ=America/New_York 0 * * * ?", "2012-03-11T07:00:00"},
      {"2012-03-11T06:59:59Z", "TZ=America/New_York * * * * *", "2012-03-11T07:00:00"},
  });
}

TEST(Cron, FiresOnceAtALocalTimeThatComesTwice) {
  check({
      {"2012-11-04T04:00:00Z", "TZ=America/New_York 30 1 * * ?", "2012-11-04T05:30:00"},
      {"2012-11-04T05:30:00Z", "TZ=America/New_York 30 1 * * ?", "2012-11-05T06:30:00"},
      {"2012-11-04T06:15:00Z", "TZ=America/New_York 30 1 * * ?", "2012-11-05T06:30:00"},
      {"2012-11-04T05:59:00Z", "TZ=America/New_York * * * * *", "2012-11-04T07:00:00"},
  });
}

TEST(Cron, SkipsADayThatAZoneLeftOut) {
  // Samoa went from the 29th to the 31st of December 2011.
  check({{"2011-12-29T12:00:00Z", "TZ=Pacific/Apia 0 12 * * *", "2011-12-29T22:00:00"},
         {"2011-12-29T22:00:00Z", "TZ=Pacific/Apia 0 12 * * *", "2011-12-30T22:00:00"},
         {"2011-12-29T22:00:00Z", "TZ=Pacific/Apia 0 12 30 12 *", "2012-12-29T22:00:00"}});
}

TEST(Cron, TrimsTheBlanksAroundIt) {
  EXPECT_EQ(CronSchedule::parse("  */10 * * * * ").value().text(), "*/10 * * * *");
  EXPECT_EQ(CronSchedule::parse(" CRON_TZ=Europe/Berlin 0 9 * * 1\t").value().text(),
            "CRON_TZ=Europe/Berlin 0 9 * * 1");
}

TEST(Cron, NamesTheFieldThatItCannotRead) {
  auto fault = [](std::string_view text) {
    auto parsed = CronSchedule::parse(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };

  EXPECT_EQ(fault("61 * * * *"), "invalid cron: minute: 61 is above 59");
  EXPECT_EQ(fault("* 24 * * *"), "invalid cron: hour: 24 is above 23");
  EXPECT_EQ(fault("* * 0 * *"), "invalid cron: day of month: 0 is below 1");
  EXPECT_EQ(fault("* * * Foo *"), "invalid cron: month: 'Foo' is not understood");
  EXPECT_EQ(fault("* * * * 7"), "invalid cron: day of week: 7 is above 6");
  EXPECT_EQ(fault("5-2 * * * *"), "invalid cron: minute: '5-2' ends before it begins");
  EXPECT_EQ(fault("*/0 * * * *"), "invalid cron: minute: the step of '*/0' is no positive number");
  EXPECT_EQ(fault("1,,2 * * * *"), "invalid cron: minute: '1,,2' has an empty part");
  EXPECT_EQ(fault("CRON_TZ=Mars/Base * * * * *"), "invalid cron: time zone: 'Mars/Base' is unknown");
  EXPECT_EQ(fault("@every 5m"), "invalid cron: '@every 5m' is not known");
  EXPECT_EQ(fault("0 0 31 2,4 *"), "invalid cron: it never fires: no month has such a day");
}

TEST(Cron, RefusesWhatIsNoSchedule) {
  for (const char* text : {"",
                           "* * * *",
                           "* * * * * *",
                           "a b c d e",
                           "*-5 * * * *",
                           "1-2-3 * * * *",
                           "1/2/3 * * * *",
                           "-1 * * * *",
                           "+1 * * * *",
                           "1- * * * *",
                           "/5 * * * *",
                           "*/ * * * *",
                           "TZ=",
                           "TZ= * * * * *",
                           "CRON_TZ=UTC",
                           "TZ=../../etc/passwd * * * * *",
                           "TZ=/etc/localtime * * * * *",
                           "TZ=right/UTC * * * * *",
                           "4294967296 * * * *",
                           "*/4294967297 * * * *",
                           "* * * * mon-",
                           "\n* * * * *"}) {
    EXPECT_FALSE(CronSchedule::parse(text)) << text;
  }
  EXPECT_FALSE(CronSchedule::parse(std::string(3000, '1') + " * * * *"));
}

// What the next time is by walking minute by minute.
TEST(Cron, AgreesWithWalkingEachMinute) {
  std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 dice(seed);
  auto number = [&](unsigned least, unsigned most) { return least + dice() % (most - least + 1); };
  for (int round = 0; round < 200; ++round) {
    unsigned minute = number(0, 59), step = number(1, 20), hour = number(0, 23), day = number(1, 28),
             weekday = number(0, 6);
    std::string text = std::to_string(minute) + "/" + std::to_string(step) + " " + std::to_string(hour) + " ";
    bool days = round % 2 == 0, weekdays = round % 3 == 0;
    text += (days ? std::to_string(day) : "*") + " * " + (weekdays ? std::to_string(weekday) : "*");
    auto schedule = CronSchedule::parse(text).value();
    Timestamp after = at("2024-02-20T10:20:30Z") + std::chrono::minutes(number(0, 500'000));
    auto walked = std::chrono::ceil<std::chrono::minutes>(after + std::chrono::milliseconds(1));
    for (;; walked += std::chrono::minutes(1)) {
      auto midnight = std::chrono::floor<std::chrono::days>(walked);
      auto of_day = std::chrono::hh_mm_ss(walked - midnight);
      unsigned m = static_cast<unsigned>(of_day.minutes().count());
      std::chrono::year_month_day date(midnight);
      bool on_day = static_cast<unsigned>(date.day()) == day;
      bool on_weekday = std::chrono::weekday(midnight).c_encoding() == weekday;
      bool right_day = days && weekdays ? on_day || on_weekday : (!days || on_day) && (!weekdays || on_weekday);
      if (right_day && of_day.hours().count() == hour && m >= minute && (m - minute) % step == 0) break;
    }
    EXPECT_EQ(schedule.next(after), Timestamp(walked)) << text << " after " << to_rfc3339(after);
  }
}

TEST(TimeZone, KnowsNoOtherFiles) {
  for (const char* name : {"", "zone.tab", "Europe", "../zoneinfo/UTC", "Europe/../UTC", "localtime\n", "UTC "}) {
    EXPECT_FALSE(time_zone_exists(name)) << name;
  }
  EXPECT_TRUE(time_zone_exists("Europe/Berlin"));
}

}  // namespace
}  // namespace millrace::delivery
