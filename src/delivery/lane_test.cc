#include "delivery/lane.h"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

Timestamp at(std::int64_t milliseconds) {
  return Timestamp(std::chrono::milliseconds(1'760'000'000'000 + milliseconds));
}

Lane lane(std::optional<int> parallelism, std::optional<int> rate) {
  return Lane("fk", {.parallelism = parallelism, .rate = rate}, {}, true);
}

TEST(Lane, ClosesAtItsParallelismUntilATurnIsGivenBack) {
  Lane two = lane(2, {});
  two.take(at(0));
  EXPECT_TRUE(two.open(at(0)));
  two.take(at(0));
  EXPECT_FALSE(two.open(at(5'000)));
  EXPECT_EQ(two.opens_at(at(0)), std::nullopt);
  two.give();

  EXPECT_TRUE(two.open(at(0)));
}

TEST(Lane, ClosesAtItsRateUntilThePeriodIsOver) {
  Lane three = lane({}, 3);
  for (int i = 0; i < 3; ++i) three.take(at(100));
  for (int i = 0; i < 3; ++i) three.give();

  EXPECT_FALSE(three.open(at(1'099)));
  EXPECT_EQ(three.opens_at(at(500)), at(1'100));
  EXPECT_TRUE(three.open(at(1'100)));
  EXPECT_EQ(three.opens_at(at(1'100)), std::nullopt);
}

TEST(Lane, OpensWhenTheClockIsSetBack) {
  Lane one = lane({}, 1);
  one.take(at(1'000'000));

  EXPECT_TRUE(one.open(at(0)));
}

TEST(Lane, TakesTheLimitsOfTheLatestMessageUnlessPinned) {
  Lane one = lane(1, 1);
  EXPECT_TRUE(one.say({"k", 5, 6, std::chrono::seconds(7)}));
  EXPECT_FALSE(one.say({"k", 5, 6, std::chrono::seconds(7)}));
  FlowRow pinned = one.limits();
  pinned.parallelism_pinned = true;
  one.set_limits(pinned);
  one.say({"k", 9, {}, std::chrono::seconds(1)});

  EXPECT_EQ(one.limits().parallelism, 5);
  EXPECT_EQ(one.limits().rate, std::nullopt);
}

TEST(Lane, IsClosedWhilePaused) {
  Lane paused("fk", {.paused = true}, {}, true);

  EXPECT_FALSE(paused.open(at(0)));
  EXPECT_EQ(paused.opens_at(at(0)), std::nullopt);
}

}  // namespace
}  // namespace millrace::delivery
