#include <gtest/gtest.h>

#include "store/live/access_times.h"
#include "store/live/command_statistics.h"
#include "store/live/scan_cursors.h"
#include "store/live/slow_log.h"

namespace millrace::store {
namespace {

using std::chrono::microseconds;

TEST(SlowLog, KeepsTheLatestOfThoseThatTookLong) {
  SlowLog log;
  DatabaseId shop{1};
  log.set_limits(shop, {.slower_than = microseconds(100), .entries_max = 2});
  for (int i = 0; i < 3; ++i) log.took(shop, {"GET", std::to_string(i)}, {}, 5000, microseconds(100));
  log.took(shop, {"GET", "fast"}, {}, 5000, microseconds(99));

  const auto& entries = log.entries(shop);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].id, 2u);
  EXPECT_EQ(entries[0].at, 5);
  EXPECT_EQ(entries[0].words, (std::vector<std::string>{"GET", "2"}));
  EXPECT_TRUE(log.entries({2}).empty());
  log.set_limits(shop, {.slower_than = microseconds(-1), .entries_max = 2});
  log.took(shop, {"GET", "slow"}, {}, 5000, std::chrono::seconds(1));
  EXPECT_EQ(entries[0].id, 2u);
}

TEST(SlowLog, CutsOffWhatIsMuch) {
  SlowLog log;
  Command command(100, "word");
  command[1] = std::string(200, 'x');
  log.took({1}, command, {}, 0, std::chrono::seconds(1));

  const auto& words = log.entries({1}).at(0).words;
  ASSERT_EQ(words.size(), 32u);
  EXPECT_EQ(words[1], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(words[31], "... (69 more arguments)");
}

TEST(CommandStatistics, CountErrorsByTheirCode) {
  CommandStatistics statistics;
  statistics.ran(3, microseconds(5), false);
  statistics.ran(3, microseconds(7), true);
  statistics.answered_error("ERR one");
  statistics.answered_error("ERR two");
  for (int i = 0; i < 1000; ++i) statistics.answered_error("CODE" + std::to_string(i));

  EXPECT_EQ(statistics.by_row().at(3).calls, 2u);
  EXPECT_EQ(statistics.by_row().at(3).failed, 1u);
  EXPECT_EQ(statistics.by_row().at(3).time, microseconds(12));
  EXPECT_EQ(statistics.errors().at("ERR"), 2u);
  EXPECT_EQ(statistics.errors().size(), 128u);
}

TEST(AccessTimes, TellHowLongAKeyWasIdle) {
  AccessTimes times(1'000'000);
  EXPECT_EQ(times.idle_seconds({1}, "a", 1'005'000), 5);

  times.used({1}, "a", 1'005'000);
  EXPECT_EQ(times.idle_seconds({1}, "a", 1'009'000), 4);
  times.used({1}, "a", -9'000'000);
  EXPECT_EQ(times.idle_seconds({1}, "a", 1'000'000), 10'000);
}

TEST(ScanCursors, BelongToTheirIteration) {
  ScanCursors cursors;
  Iteration keys{{1}, {0}, std::nullopt};
  Iteration members{{1}, {0}, "set"};
  std::uint64_t cursor = cursors.remember(members, "m");

  EXPECT_EQ(cursors.find(members, cursor), "m");
  EXPECT_EQ(cursors.find(keys, cursor), std::nullopt);
  EXPECT_EQ(cursors.find({{1}, {0}, "other"}, cursor), std::nullopt);
  EXPECT_EQ(cursors.find(members, cursor + 1), std::nullopt);
}

}  // namespace
}  // namespace millrace::store
