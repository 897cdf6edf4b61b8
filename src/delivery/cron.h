#pragma once

// When a schedule fires: a line of five fields, as the cron parser of robfig/cron for Go reads it (its documentation is
// the source of the rules), in UTC or in a zone of the IANA time zone database, which the system holds
// (/usr/share/zoneinfo).
//
//   minute 0-59   hour 0-23   day of month 1-31   month 1-12 or JAN-DEC   day of week 0-6 or SUN-SAT
//
// A field is a list of *, ?, N, N-M, each with an optional /STEP ("5/15": from 5 on). Of day of month and day of week
// either is enough when both are restricted, that is, neither begins with * or ?. Also @hourly, @daily (@midnight),
// @weekly, @monthly, @yearly (@annually), each behind an optional CRON_TZ=ZONE or TZ=ZONE.
//
// A local time that the clock jumps over does not fire; one that comes twice fires the first time.
//
// Immutable, so any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace millrace::delivery {

class CronSchedule {
 public:
  static constexpr std::size_t bytes_max = 1024;  // a list of every minute fits

  // Fails with `invalid` and names the field: "invalid cron: minute: 61 is above 59". Also when it never fires.
  static Result<CronSchedule> parse(std::string_view text);

  // The first time after `after`. Nothing when there is none within ten years, as when the zone's file has gone.
  std::optional<Timestamp> next(Timestamp after) const;

  // As it was given, without the blanks around it.
  const std::string& text() const { return text_; }

 private:
  // A bit for each value that matches.
  struct Fields {
    std::uint64_t minute = 0;
    std::uint64_t hour = 0;
    std::uint64_t day = 0;
    std::uint64_t month = 0;
    std::uint64_t weekday = 0;
    bool any_day = false;  // the field began with a star
    bool any_weekday = false;
  };
  friend class CronParser;

  bool matches(std::chrono::year_month_day date) const;

  std::string text_{};
  std::string zone_{};  // empty: UTC
  Fields fields_{};
};

}  // namespace millrace::delivery
